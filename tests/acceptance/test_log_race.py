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
from governance.evidence import Archive, Keys, Log, initialise_archive, store_bundle, sweep, verify_archive
from tests.evidence_builders import ORIGIN, make_run

WRITERS, RUNS, SEALERS = 16, 2, 8


def test_sixteen_writers_and_eight_sweepers_with_kills_lose_and_double_nothing(
    archive: Archive, signing_keys: Keys
) -> None:
    """A fifth of the writers stop after the put; the sweepers, and the repeated runs, seal what they left."""
    initialise_archive(archive, signing_keys, ORIGIN)
    chance = random.Random(7)
    runs = [make_run(signing_keys, number) for number in range(WRITERS * RUNS)]
    killed = {key for key, _ in runs if chance.random() < 0.2}

    def write(mine: list[tuple[str, bytes]]) -> None:
        log = Log()
        for key, body in mine:
            if key in killed:
                archive.put_new(key, body)  # and no more
            else:
                store_bundle(archive, key, body, log=log)

    with ThreadPoolExecutor(WRITERS + SEALERS) as pool:
        writers = [pool.submit(write, runs[number::WRITERS]) for number in range(WRITERS)]
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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_writer_killed_anywhere_loses_nothing_that_it_said_was_stored(tmp_path: Path, seed: int) -> None:
    """SIGKILL at a random moment: what was acknowledged is sealed, the archive verifies, a repeat goes on."""
    from governance.adapters.keys import create_keys

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
