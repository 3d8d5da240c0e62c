"""The embedded S3 server: what its locks hold, which doors are closed, and that it never stays behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import Credentials, SeaweedFS
from governance.errors import ArchiveUnavailable
from tests.servers import S3Server

pytestmark = pytest.mark.servers
Attack = Callable[[Any, str, str, str], object]


def client(server: S3Server, who: Credentials) -> Any:
    """A plain boto3 client, as an attacker with this key would have."""
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    session = boto3.session.Session(who.key, who.secret, region_name="us-east-1")
    return session.client("s3", endpoint_url=server.endpoint, config=config)


def soon(**span: int) -> datetime:
    """A moment from now, to the second."""
    return (datetime.now(UTC) + timedelta(**span)).replace(microsecond=0)


def opened(server: SeaweedFS, who: Credentials) -> S3Archive:
    """The server's bucket as our archive, with this key."""
    return S3Archive(server.bucket, endpoint=server.endpoint, credentials=(who.key, who.secret))


@pytest.fixture
def locked(seaweed: SeaweedFS, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Key and version of an object that is locked for a day in the writer's bucket."""
    key = f"bundle/2026/11/24/05/{abs(hash(request.node.name))}.tar"
    archive = opened(seaweed, seaweed.writer)
    assert archive.put_new(key, b"record", retain_until=soon(days=1))
    return key, next(iter(archive.versions(key))).version_id


ATTACKS: dict[str, Attack] = {
    "delete the version": lambda s3, bucket, key, version: s3.delete_object(Bucket=bucket, Key=key, VersionId=version),
    "delete with bypass": lambda s3, bucket, key, version: s3.delete_object(
        Bucket=bucket, Key=key, VersionId=version, BypassGovernanceRetention=True
    ),
    "shorten the lock": lambda s3, bucket, key, version: s3.put_object_retention(
        Bucket=bucket, Key=key, VersionId=version, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon(minutes=1)}
    ),
    "weaken the mode": lambda s3, bucket, key, version: s3.put_object_retention(
        Bucket=bucket, Key=key, VersionId=version, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(days=2)}
    ),
    "suspend versions": lambda s3, bucket, _key, _version: s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    "delete the bucket": lambda s3, bucket, _key, _version: s3.delete_bucket(Bucket=bucket),
    "write again": lambda s3, bucket, key, _version: s3.put_object(
        Bucket=bucket, Key=key, Body=b"better", IfNoneMatch="*"
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("who", ["writer", "reader"])
def test_a_locked_record_stands_against_the_keys_of_s3(
    seaweed: SeaweedFS, locked: tuple[str, str], attack: str, who: str
) -> None:
    """Each try is refused, and the record is what it was."""
    key, version = locked
    credentials: Credentials = getattr(seaweed, who)

    with pytest.raises(ClientError):
        ATTACKS[attack](client(seaweed, credentials), seaweed.bucket, key, version)

    archive = opened(seaweed, seaweed.reader)
    lock = archive.lock_of(key)
    assert archive.get(key) == b"record"
    assert lock is not None
    assert lock.mode == "COMPLIANCE"
    assert lock.until > soon(hours=23)


def test_an_overwrite_without_a_condition_makes_a_version_and_the_record_stays(
    seaweed: SeaweedFS, locked: tuple[str, str]
) -> None:
    """S3 lets a second version be laid over it; the record is the oldest."""
    key, _ = locked
    client(seaweed, seaweed.writer).put_object(Bucket=seaweed.bucket, Key=key, Body=b"better numbers")
    archive = opened(seaweed, seaweed.writer)

    assert archive.get(key) == b"record"
    assert [version.is_latest for version in archive.versions(key)] == [False, True]
    assert archive.put_new(key, b"third") is False


def test_a_reader_cannot_write(seaweed: SeaweedFS) -> None:
    """The auditor's key only reads; the refusal is told, not retried as a race."""
    archive = opened(seaweed, seaweed.reader)

    with pytest.raises(ArchiveUnavailable, match="AccessDenied"):
        archive.put_new("bundle/2026/11/24/05/by-reader.tar", b"x")


def test_a_lock_that_the_store_did_not_keep_is_an_error(seaweed: SeaweedFS) -> None:
    """Some stores take the headers and drop them: so does a bucket without Object Lock."""
    admin = seaweed.admin
    client(seaweed, admin).create_bucket(Bucket="unlocked")
    archive = S3Archive("unlocked", endpoint=seaweed.endpoint, credentials=(admin.key, admin.secret))

    with pytest.raises(ArchiveUnavailable):
        archive.put_new("bundle/2026/11/24/05/a.tar", b"x", retain_until=soon(days=1))


def test_a_wrong_checksum_is_refused(seaweed: SeaweedFS) -> None:
    """What was damaged on the way is not stored."""
    with pytest.raises(ClientError):
        client(seaweed, seaweed.writer).put_object(
            Bucket=seaweed.bucket, Key="bundle/damaged", Body=b"x", ChecksumSHA256="A" * 43 + "="
        )


SIDE_DOORS = {
    "master: delete the bucket's collection": ("GET", "master", "/col/delete?collection={bucket}"),
    "master: grow": ("GET", "master", "/vol/grow?count=1"),
    "filer: delete a file": ("DELETE", "filer", "/buckets/{bucket}/{key}"),
    "filer: delete the bucket": ("DELETE", "filer", "/buckets/{bucket}?recursive=true"),
    "volume: status": ("DELETE", "volume", "/1,000000000000"),
}


@pytest.mark.parametrize("door", SIDE_DOORS)
def test_a_side_door_is_closed(seaweed: SeaweedFS, locked: tuple[str, str], door: str) -> None:
    """An unsigned request of a local process changes nothing."""
    method, port, path = SIDE_DOORS[door]
    url = f"http://127.0.0.1:{seaweed.ports[port]}{path.format(bucket=seaweed.bucket, key=locked[0])}"

    with pytest.raises((urllib.error.HTTPError, OSError)):
        urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=3)

    archive = opened(seaweed, seaweed.writer)
    assert archive.get(locked[0]) == b"record"


def test_weed_shell_without_a_certificate_gets_nowhere(seaweed: SeaweedFS, locked: tuple[str, str]) -> None:
    """GRPC asks for a certificate that only the folder's owner can read."""
    weed = Path(sys.executable).with_name("weed")
    master, filer = seaweed.ports["master"], seaweed.ports["filer"]
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(
            [weed, "shell", f"-master=127.0.0.1:{master}", f"-filer=127.0.0.1:{filer}"],
            input=f"s3.bucket.delete -name={seaweed.bucket}\nexit\n".encode(),
            capture_output=True,
            timeout=4,
            check=False,
        )

    archive = opened(seaweed, seaweed.writer)
    assert archive.get(locked[0]) == b"record"


def test_it_listens_on_loopback_only(seaweed: SeaweedFS) -> None:
    """No port answers on another address of this host."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ports = {port + extra for port in seaweed.ports.values() for extra in (0, 10_000)}
    open_at = {line.split()[1].split(":")[0] for line in lines if int(line.split()[1].split(":")[1], 16) in ports}

    assert open_at == {"0100007F"}
    tcp6 = Path("/proc/net/tcp6")
    six = tcp6.read_text().splitlines()[1:] if tcp6.exists() else []
    assert not [line for line in six if int(line.split()[1].split(":")[1], 16) in ports and line.split()[3] == "0A"]


OWNER = """
import sys, time
from pathlib import Path
from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import SeaweedFS
server = SeaweedFS(Path(sys.argv[1])).start()
archive = S3Archive(server.bucket, endpoint=server.endpoint, credentials=(server.writer.key, server.writer.secret))
archive.put_new("bundle/kept", b"record")
print(*server.ports.values(), flush=True)
time.sleep(60)
"""


@pytest.mark.long
def test_a_killed_owner_leaves_no_server_and_loses_nothing(tmp_path: Path) -> None:
    """After SIGKILL the port is free, the folder can be used again, and what was acknowledged is there."""
    with subprocess.Popen([sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        ports = [int(port) for port in owner.stdout.readline().split()]
        owner.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 20
    while not all(map(is_free, ports)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert all(map(is_free, ports))
    (tmp_path / "conf/pid").write_text(str(os.getpid()))  # a stale pid file of whoever must harm nobody
    with SeaweedFS(tmp_path) as server:
        assert opened(server, server.reader).get("bundle/kept") == b"record"
        with pytest.raises(ArchiveUnavailable, match="in use by another server"):
            SeaweedFS(tmp_path, patience=0).start()


@pytest.mark.long
def test_a_server_started_right_after_a_kill_waits_for_the_one_before(tmp_path: Path) -> None:
    """A command repeated in the second after its SIGKILL does not stumble over what is still ending."""
    with subprocess.Popen([sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline()
        owner.send_signal(signal.SIGKILL)

    with SeaweedFS(tmp_path) as server:
        assert opened(server, server.reader).get("bundle/kept") == b"record"


@pytest.mark.long
def test_a_server_killed_ten_times_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """SIGKILL of the server itself right after the answer: each record is there in the next life, at the first look."""
    for life in range(10):
        with SeaweedFS(tmp_path) as server:
            kept = [opened(server, server.reader).get(f"bundle/{before}") for before in range(life)]
            assert kept == [b"%d" % before for before in range(life)]
            assert opened(server, server.writer).put_new(f"bundle/{life}", b"%d" % life, retain_until=soon(days=1))
            os.kill(weed_of(server), signal.SIGKILL)


def weed_of(server: SeaweedFS) -> int:
    """The process of the server, by the folder that it holds."""
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = status.read_bytes().split(b"\0")
            if words[0].endswith(b"/weed") and f"-s3.port={server.ports['s3']}".encode() in words:
                return int(status.parent.name)
    raise AssertionError("no server")


@pytest.mark.long
def test_a_port_taken_in_the_last_moment_is_left_for_others(tmp_path: Path) -> None:
    """Between looking and binding another program may be faster."""

    class Unlucky(SeaweedFS):
        thief: socket.socket | None = None

        def _launch(self) -> None:
            if self.thief is None:
                self.thief = socket.create_server(("127.0.0.1", self.ports["s3"]))
            super()._launch()

    with Unlucky(tmp_path) as server:
        assert server.thief
        assert server.thief.getsockname()[1] != server.ports["s3"]
        server.thief.close()


def is_free(port: int) -> bool:
    """Whether nobody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
