"""What a machine has read of the log it need not read again, and what its file says wrongly it does not believe."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.adapters import kept_log
from governance.adapters.directory import DirectoryArchive
from governance.adapters.kept_log import KeptLog
from governance.errors import ArchiveUnavailable, Fault, Place
from governance.evidence import Entry, Keys, Log, store_bundle
from tests.evidence_builders import fill, make_run


class CountedArchive(DirectoryArchive):
    """A folder that counts what is read of it, and may be away."""

    reads, is_away = 0, False

    def get(self, key: str, version_id: str | None = None) -> bytes:
        """As the folder does."""
        self.reads += 1
        if self.is_away:
            raise ArchiveUnavailable(Fault(Place(file=key), "an answer", "none", "Wait."))
        return super().get(key, version_id)


@pytest.fixture
def counted(tmp_path: Path, signing_keys: Keys) -> CountedArchive:
    """An archive of nine seals."""
    archive = CountedArchive(tmp_path / "archive")
    fill(archive, signing_keys, 8)
    archive.reads = 0
    return archive


def lines(archive: DirectoryArchive, file: Path) -> list[str]:
    """The log as a new process finds it."""
    log = KeptLog(file)
    log.refresh(archive)
    return [entry.line for entry in log]


def test_a_second_process_reads_only_the_last_seal_and_what_came_since(counted: CountedArchive, tmp_path: Path) -> None:
    """Two reads: the last seal of the file, and the free slot after it."""
    first = lines(counted, tmp_path / "log.txt")
    assert first == [entry.line for entry in Log.load(counted)]
    counted.reads = 0

    assert (
        lines(counted, tmp_path / "log.txt")
        == first
        == [entry.line for entry in Log.load(DirectoryArchive(tmp_path / "archive"))]
    )
    assert counted.reads == 2


def test_what_a_process_seals_itself_is_kept_too(counted: CountedArchive, tmp_path: Path, signing_keys: Keys) -> None:
    """The next process need not read it."""
    whole = KeptLog(tmp_path / "log.txt")
    store_bundle(counted, *make_run(signing_keys, 100), log=whole)
    counted.reads = 0

    assert lines(counted, tmp_path / "log.txt") == [entry.line for entry in whole]
    assert counted.reads == 2


def test_two_processes_that_read_the_same_seals_leave_a_file_that_is_read_once(
    counted: CountedArchive, tmp_path: Path, signing_keys: Keys
) -> None:
    """Both append; the second piece of a seal is passed over."""
    file = tmp_path / "log.txt"
    one, other = KeptLog(file), KeptLog(file)
    one.refresh(counted)
    other.refresh(counted)
    store_bundle(counted, *make_run(signing_keys, 100), log=one)
    other.refresh(counted)
    counted.reads = 0

    assert lines(counted, file) == [entry.line for entry in one]
    assert counted.reads == 2


def doubled(counted: CountedArchive, file: Path) -> bytes:
    """A file of nine seals of which two processes wrote each; gives it as one alone would have written it."""
    logs = [KeptLog(file) for _ in range(2)]
    for log in logs:
        log._is_recalled = True  # both began before there was a file
    logs[0].refresh(counted)
    alone = file.read_bytes()
    logs[1].refresh(counted)
    assert file.read_bytes() == alone * 2
    return alone


def test_a_file_that_holds_seals_twice_is_written_anew_when_it_is_read(counted: CountedArchive, tmp_path: Path) -> None:
    """Each once, as a process alone would have; the next process finds nothing to leave out."""
    file = tmp_path / "log.txt"
    alone = doubled(counted, file)

    whole = lines(counted, file)

    assert file.read_bytes() == alone
    written = file.stat().st_ino
    counted.reads = 0
    assert lines(counted, file) == whole == [entry.line for entry in Log.load(DirectoryArchive(tmp_path / "archive"))]
    assert (counted.reads, file.stat().st_ino) == (2, written)
    assert file.stat().st_mode & 0o777 == 0o600


KILLED = """
import os, sys
from pathlib import Path
from governance.adapters import kept_log

Path.replace = lambda path, target: os._exit(9)
kept_log.compact(Path(sys.argv[1]))
"""


def test_a_kill_before_the_new_file_stands_leaves_the_old_one(counted: CountedArchive, tmp_path: Path) -> None:
    """What was half written is in nobody's way."""
    file = tmp_path / "log.txt"
    alone = doubled(counted, file)

    assert subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False).returncode == 9

    assert file.read_bytes() == alone * 2
    lines(counted, file)
    assert file.read_bytes() == alone
    assert [path.name for path in tmp_path.glob("log.txt*")] == ["log.txt"]


def test_a_new_file_that_cannot_be_written_costs_nothing(counted: CountedArchive, tmp_path: Path) -> None:
    """The doubled one is read as before."""
    file = tmp_path / "log.txt"
    alone = doubled(counted, file)
    (tmp_path / "log.txt-new").mkdir()

    assert len(lines(counted, file)) == len(Log.load(counted))
    assert file.read_bytes() == alone * 2


WRITER = """
import sys
from pathlib import Path
from governance.adapters.kept_log import KeptLog
from governance.evidence import Entry

log = KeptLog(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    log.append([Entry("0" * 64, f"bundle/2026/11/24/00/early-help.{number}.r0.tar")])
"""


def test_what_another_process_appends_meanwhile_is_not_lost(tmp_path: Path) -> None:
    """A process appends a thousand seals while the file is written anew without rest."""
    file = tmp_path / "log.txt"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file), "1000"])
    while writer.poll() is None:
        kept_log.compact(file)

    alone = KeptLog(tmp_path / "alone.txt")
    for number in range(1000):
        alone.append([Entry("0" * 64, f"bundle/2026/11/24/00/early-help.{number}.r0.tar")])
    assert writer.returncode == 0
    assert file.read_bytes() == (tmp_path / "alone.txt").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept.replace(b"credit", b"debit0", 1),
        lambda kept: kept[:-50] + b"\n" + kept,
        lambda kept: kept[40:],
        lambda kept: kept + b"root 99 " + b"0" * 64 + b"\n",
        lambda kept: kept + kept.split(b"root")[0] + b"root 99 " + b"0" * 64 + b"\n",
        lambda _kept: b"\xff\0",
        lambda _kept: b"",
    ],
)
def test_a_damaged_file_changes_nothing_that_is_known(
    damage: Callable[[bytes], bytes], counted: CountedArchive, tmp_path: Path
) -> None:
    """It is dropped and written anew."""
    file = tmp_path / "log.txt"
    whole = lines(counted, file)
    file.write_bytes(damage(file.read_bytes()))

    assert lines(counted, file) == whole
    assert lines(counted, file) == whole


def test_a_file_of_another_archive_is_dropped(counted: CountedArchive, tmp_path: Path, signing_keys: Keys) -> None:
    """A state folder may be pointed at a new archive."""
    lines(counted, tmp_path / "log.txt")
    other = DirectoryArchive(tmp_path / "other")
    fill(other, signing_keys, 2)

    assert lines(other, tmp_path / "log.txt") == [entry.line for entry in Log.load(other)]


def test_a_store_that_is_away_costs_the_file_nothing(counted: CountedArchive, tmp_path: Path) -> None:
    """The file is kept, and read when the store answers."""
    file = tmp_path / "log.txt"
    whole = lines(counted, file)
    log = KeptLog(file)
    counted.is_away = True
    with pytest.raises(ArchiveUnavailable):
        log.refresh(counted)
    counted.is_away, counted.reads = False, 0

    log.refresh(counted)

    assert [entry.line for entry in log] == whole
    assert counted.reads == 2


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(counted: CountedArchive, tmp_path: Path) -> None:
    """The file is a convenience: the archive is read all the same."""
    assert lines(counted, tmp_path / "none" / "log.txt") == [entry.line for entry in Log.load(counted)]
