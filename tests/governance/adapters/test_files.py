"""Which files of a folder or glob are read for a period."""

from pathlib import Path

import pytest

from governance.adapters.files import concerns, named_periods
from governance.adapters.stores import Item
from governance.registry.system import Source
from governance.window import Length
from tests.row_builders import a_system, home, month, pull, rows, texts

NAMES = [
    ("rows-2008-08.csv", Length.MONTH, ["2008-08"]),
    ("2008-08/part-0.csv", Length.MONTH, ["2008-08"]),
    ("2008-08-15.csv", Length.MONTH, ["2008-08"]),
    ("2008-08-15.csv", Length.DAY, ["2008-08-15"]),
    ("2008-08-15T05.csv", Length.DAY, ["2008-08-15"]),
    ("2008-08-15T05.csv", Length.HOUR, ["2008-08-15T05"]),
    ("2016-10-30T02b.csv", Length.HOUR, ["2016-10-30T02b"]),
    ("2008-08.csv", Length.DAY, []),
    ("2008-08_2008-10.csv", Length.MONTH, ["2008-08", "2008-10"]),
    ("2008-13.csv", Length.MONTH, []),
    ("12008-080.csv", Length.MONTH, []),
    ("year 2016.parquet", Length.YEAR, ["2016"]),
    ("batch20161.parquet", Length.YEAR, []),
    ("2011Q2.csv", Length.QUARTER, ["2011Q2"]),
    ("2011Q5.csv", Length.QUARTER, []),
    ("2026-W48.csv", Length.WEEK, ["2026-W48"]),
    ("2026-W54.csv", Length.WEEK, []),
    ("rows.csv", Length.MONTH, []),
]


@pytest.mark.parametrize(("key", "length", "names"), NAMES)
def test_periods_are_found_in_names(key: str, length: Length, names: list[str]) -> None:
    """A file's path names whole periods of the window's length, or none."""
    found = named_periods(key, length, "Europe/Vienna")

    assert [period.name for period in found] == names


@pytest.mark.parametrize(
    ("key", "wanted"),
    [("2026-10.csv", True), ("2026-09.csv", False), ("2026-11.csv", False), ("any.csv", True), ("", True)],
)
def test_a_file_named_for_another_period_is_left_out(key: str, wanted: bool) -> None:
    """All others are read."""
    period = month("2026-10")

    assert concerns(Item("x", "x", key), period.start, period.end, Length.MONTH, "Europe/Vienna") is wanted


def test_a_reference_without_an_end_takes_all_later_files() -> None:
    """An open bound leaves nothing out on its side."""
    start = month("2026-10").start
    named = [Item("x", "x", f"2026-{number:02}.csv") for number in range(8, 13)]

    found = [item.key for item in named if concerns(item, start, None, Length.MONTH, "Europe/Vienna")]

    assert found == ["2026-10.csv", "2026-11.csv", "2026-12.csv"]


def folder(tmp_path: Path) -> Path:
    """A home whose folder `parts` holds October, and a broken file of December."""
    here = home(tmp_path / "home")
    parts = here / "parts"
    parts.mkdir()
    rows().write_csv(parts / "rows-2026-10.csv")
    (parts / "rows-2026-12.csv").write_bytes(b"\0")
    return here


def test_a_broken_file_of_december_does_not_block_october(tmp_path: Path) -> None:
    """It is not even opened."""
    window = pull(a_system(predictions=Source(address="parts")), folder(tmp_path))

    assert window.faults == ()
    assert window.current is not None
    assert [each.name for each in window.current.inputs] == ["parts/rows-2026-10.csv"]


def test_a_broken_file_without_a_period_in_its_name_blocks(tmp_path: Path) -> None:
    """Nobody can know that it does not concern the window."""
    here = folder(tmp_path)
    (here / "parts/rows-2026-12.csv").rename(here / "parts/rows-late.csv")

    window = pull(a_system(predictions=Source(address="parts")), here)

    assert window.current is None
    assert texts(window).startswith("parts/rows-late.csv:1: expected text, found a NUL byte.")


def test_every_broken_file_of_a_folder_is_told(tmp_path: Path) -> None:
    """Not only the first."""
    here = folder(tmp_path)
    for name in ("a.csv", "b.parquet", "c.csv.gz"):
        (here / "parts" / name).write_bytes(b"\x1f\x8bx")

    window = pull(a_system(predictions=Source(address="parts")), here)

    assert [fault.place.file for fault in window.faults] == ["parts/a.csv", "parts/b.parquet", "parts/c.csv.gz"]


@pytest.mark.parametrize("address", ["parts/*.csv", "empty", "parts/none-*.csv"])
def test_a_window_without_a_file_is_a_fault(tmp_path: Path, address: str) -> None:
    """A month that was not delivered is never a quiet month."""
    here = folder(tmp_path)
    (here / "empty").mkdir()

    window = pull(a_system(predictions=Source(address=address)), here, month("2026-09"))

    assert window.current is None
    assert len(window.faults) == 1
    assert window.faults[0].place.file == address
    assert window.faults[0].found in {"none", "no file for it among 2"}


def test_a_single_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    """The registry named it: there is nothing to choose."""
    here = folder(tmp_path)

    window = pull(a_system(predictions=Source(address="parts/rows-2026-10.csv")), here, month("2026-09"))

    assert window.faults == ()


def test_markers_hidden_files_and_links_to_folders_are_not_rows(tmp_path: Path) -> None:
    """Only data files of the folder itself are read."""
    here = folder(tmp_path)
    for name in ("_SUCCESS", ".rows.csv", "notes.md", "_temporary.csv"):
        (here / "parts" / name).write_text("x")
    (here / "parts/loop").symlink_to(here / "parts")

    assert pull(a_system(predictions=Source(address="parts")), here).faults == ()
