"""What a machine has read of the log it need not read again, and what its file says wrongly it does not believe."""

from collections.abc import Callable
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.kept_log import KeptLog
from governance.errors import ArchiveUnavailable, Fault, Place
from governance.evidence import Keys, Log, store_bundle
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
