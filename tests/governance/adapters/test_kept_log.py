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


def test_two_processes_without_a_file_write_one(counted: CountedArchive, tmp_path: Path) -> None:
    """Both read the archive and write what they read: the second finds it there."""
    file = tmp_path / "log.txt"
    logs = [KeptLog(file) for _ in range(2)]
    for log in logs:
        log._is_recalled = True  # both began before there was a file
    logs[0].refresh(counted)
    alone = file.read_bytes()
    logs[1].refresh(counted)

    assert file.read_bytes() == alone
    assert file.stat().st_mode & 0o777 == 0o600


WRITER = """
import sys
from pathlib import Path
from governance.adapters.kept_log import KeptLog
from governance.evidence import Entry

log = KeptLog(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    log.append([Entry("0" * 64, f"bundle/2026/11/24/00/early-help.{number}.r0.tar")])
"""


def test_processes_that_write_at_once_leave_the_file_of_one(tmp_path: Path) -> None:
    """Three processes, a thousand seals each, the same ones."""
    file, alone = tmp_path / "log.txt", tmp_path / "alone.txt"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file), "1000"]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    subprocess.run([sys.executable, "-c", WRITER, str(alone), "1000"], check=True)

    assert file.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("torn", [1, 9, 30, 150, 300])
def test_what_a_machine_wrote_when_it_died_is_cut_off(torn: int, counted: CountedArchive, tmp_path: Path) -> None:
    """The seals before it need not be read again; the file is whole afterwards."""
    file = tmp_path / "log.txt"
    whole, kept = lines(counted, file), file.read_bytes()
    file.write_bytes(kept[:-torn])
    counted.reads = 0

    assert lines(counted, file) == whole
    assert file.read_bytes() == kept
    assert counted.reads <= 5


@pytest.mark.parametrize("mark", [1, 2, 3, 4, 9, 10, 14, 15])
def test_lines_before_a_mark_are_taken_up_by_their_text(
    mark: int, counted: CountedArchive, tmp_path: Path, signing_keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same log as one that read every seal: lines, places, roots, and what is sealed next."""
    monkeypatch.setattr(kept_log, "MARK", mark)
    file = tmp_path / "log.txt"
    lines(counted, file)
    counted.reads = 0

    log, plain = KeptLog(file), Log.load(DirectoryArchive(tmp_path / "archive"))
    log.refresh(counted)

    assert counted.reads == 2
    assert [*log] == [*plain]
    assert [log.root(size) for size in range(len(log) + 1)] == [plain.root(size) for size in range(len(log) + 1)]
    assert [log.index(entry.key) for entry in plain] == [*range(len(plain))]
    store_bundle(counted, *make_run(signing_keys, 100), log=log)
    assert [*log] == [*Log.load(counted)]
    assert lines(counted, file) == [entry.line for entry in log]


def test_hashes_that_were_damaged_are_not_believed(
    counted: CountedArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is signed over a root that is not the log's."""
    monkeypatch.setattr(kept_log, "MARK", 14)
    file = tmp_path / "log.txt"
    whole, kept = lines(counted, file), file.read_bytes()
    at = kept.rindex(b"\n# ") + 8
    file.write_bytes(kept[:at] + (b"0" if kept[at : at + 1] != b"0" else b"1") + kept[at + 1 :])

    assert lines(counted, file) == whole
    assert file.read_bytes() == kept


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept.replace(b"credit", b"debit0", 1),
        lambda kept: kept[:-50] + b"\n" + kept,
        lambda kept: kept[40:],
        lambda kept: kept + b"= 99 00000000\n",
        lambda kept: kept + kept.split(b"= ")[0] + b"= 99 00000000\n",
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
