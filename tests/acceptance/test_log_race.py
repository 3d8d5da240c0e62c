"""Many writers at once, some killed between put and seal: every bundle stands in the log exactly once."""

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.evidence import (
    Archive,
    Keys,
    Log,
    checkpoint_over,
    initialise_archive,
    store_bundle,
    sweep,
    verify_archive,
)
from tests.evidence_builders import ORIGIN, make_run
from tests.servers import BUCKETS, S3Server, locked_bucket

WRITERS, SEALERS = 16, 8


def test_sixteen_writers_and_eight_sweepers_with_kills_lose_and_double_nothing(
    archive: Archive, signing_keys: Keys
) -> None:
    """A fifth of the writers stop after the put; the sweepers, and the repeated runs, seal what they left."""
    initialise_archive(archive, signing_keys, ORIGIN)
    chance = random.Random(7)
    runs = [make_run(signing_keys, number) for number in range(WRITERS)]
    killed = {key for key, _ in runs if chance.random() < 0.2}

    def write(key: str, body: bytes) -> None:
        if key in killed:
            archive.put_new(key, body)  # and no more
        else:
            store_bundle(archive, key, body)

    with ThreadPoolExecutor(WRITERS + SEALERS) as pool:
        writers = [pool.submit(write, *one) for one in runs]
        sweepers = [pool.submit(sweep, archive) for _ in range(SEALERS)]
        assert [each.result() for each in writers] == [None] * WRITERS
        assert all(isinstance(each.result(), list) for each in sweepers)
    repeated = [store_bundle(archive, key, body, log_signer=signing_keys.log, origin=ORIGIN) for key, body in runs[:4]]
    sweep(archive)

    keys = [entry.key for entry in Log.load(archive)]
    assert killed
    assert sorted(keys[6:]) == sorted(key for key, _ in runs)
    assert not any(receipt.created for receipt in repeated)
    assert [each.word for each in verify_archive(archive).findings if each.fails] == []


def test_after_a_hundred_kills_every_acknowledged_bundle_is_in_the_log_once(
    directory_archive: DirectoryArchive, tmp_path: Path
) -> None:
    """Sixteen writers and eight sealers; a fifth of their puts is the last thing that the process does."""
    race(directory_archive, tmp_path, kills=100)


@pytest.mark.long
@pytest.mark.parametrize("server", BUCKETS)
def test_after_a_thousand_kills_every_acknowledged_bundle_is_in_the_log_once(
    server: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same on each S3 server, whether it honours If-None-Match or not."""
    store: S3Server = request.getfixturevalue(server)
    for name, value in store.admin.environment().items():
        monkeypatch.setenv(name, value)

    race(locked_bucket(store, settle=None), tmp_path, kills=int(os.environ.get("AIMS_KILLS", "1000")))


def race(archive: Archive, folder: Path, kills: int) -> None:
    """Run it, let one sweep follow, and look at everything that was acknowledged, and everything that was put."""
    keys = create_keys(folder / "keys")
    initialise_archive(archive, keys, ORIGIN)
    begun = len(Log.load(archive))
    (folder / "told").mkdir()
    command = [sys.executable, "-m", "tests.race", archive.name, str(folder / "keys"), str(folder / "told"), str(kills)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, check=True)
    strangers = sweep(archive)
    log = Log.load(archive)
    checkpoint_over(archive, keys.log, ORIGIN, len(log) - 1, log=log, retain_until=None)

    acknowledged = {key for told in (folder / "told").glob("*.ack") for key in told.read_text().splitlines()}
    logged = [entry.key for entry in Log.load(archive)][begun:]
    assert int(done.stdout) >= kills
    assert strangers == []
    assert acknowledged <= {*logged}
    assert len(acknowledged) > kills
    assert sorted(logged) == list(archive.list("bundle/"))  # each once
    assert [str(each) for each in verify_archive(archive).findings if each.fails] == []


WRITER = """
import sys
from pathlib import Path
from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import load_keys
from governance.evidence import Log, store_bundle
from tests.evidence_builders import ORIGIN, make_run
archive, keys, log = DirectoryArchive(Path(sys.argv[1])), load_keys(Path(sys.argv[2])), Log()
for number in range(1000):
    key, body = make_run(keys, number)
    store_bundle(archive, key, body, log=log, log_signer=keys.log, origin=ORIGIN)
    print(key, flush=True)
"""


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_a_writer_killed_anywhere_loses_nothing_that_it_said_was_stored(tmp_path: Path, seed: int) -> None:
    """SIGKILL at a random moment: what was acknowledged is sealed, the archive verifies, a repeat goes on."""
    keys = create_keys(tmp_path / "keys")
    archive = DirectoryArchive(tmp_path / "archive")
    initialise_archive(archive, keys, ORIGIN)
    command = [sys.executable, "-c", WRITER, str(tmp_path / "archive"), str(tmp_path / "keys")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout
        first = writer.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.01, 0.25))
        os.kill(writer.pid, 9)
        said = [first.strip(), *writer.stdout.read().split("\n")[:-1]]

    acknowledged = {line for line in said if line.endswith(".tar")}
    log = {entry.key for entry in Log.load(archive)}
    assert acknowledged <= log
    assert sweep(archive) == []
    again = make_run(keys, 0)
    assert store_bundle(archive, *again, log_signer=keys.log, origin=ORIGIN).created is False
    report = verify_archive(archive)
    assert report.ok, report.lines()
