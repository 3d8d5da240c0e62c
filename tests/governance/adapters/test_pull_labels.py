"""What pull promises of labels that stand apart, and of the reference."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from governance.registry.system import Labels, Source, System
from tests.row_builders import a_system, home, month, pull, read, rows, texts

APART = Labels(source=Source(address="labels.parquet"), delay_days=30)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder with predictions and reference."""
    return home(tmp_path / "home")


def labels(here: Path, frame: pl.DataFrame) -> System:
    """A system whose labels stand apart, in a file with these rows."""
    frame.write_parquet(here / "labels.parquet")
    rows().drop("label").write_parquet(here / "predictions.parquet")
    return a_system(labels=APART)


def test_labels_apart_are_joined_by_id(here: Path) -> None:
    """The window is the same as with the labels beside."""
    beside = pull(a_system(), here)
    apart = rows().select("id", "label").sample(fraction=1, shuffle=True, seed=1)

    window = pull(labels(here, apart), here)

    assert beside.current is not None
    assert window.current is not None
    assert window.current.sha256 == beside.current.sha256
    assert [each.name for each in window.current.inputs] == ["predictions.parquet", "labels.parquet"]
    assert (window.labels.orphans, window.labels.contradictions) == (0, 0)


def test_orphans_and_contradictions_are_counted(here: Path) -> None:
    """A label without a prediction is counted; an id with two labels has none."""
    told = pl.DataFrame({"id": [1400, 1400, 1401, 1401, 5, 6], "label": [0, 1, 1, 1, 0, 1]})

    window = pull(labels(here, told), here)

    found = dict(read(window).select("id", "label").iter_rows())
    assert (found["1400"], found["1401"], found["1402"]) == (None, "1", None)
    assert (window.labels.orphans, window.labels.contradictions) == (2, 1)


def test_an_id_predicted_twice_stays_twice(here: Path) -> None:
    """The contract judges duplicates; both rows get the label."""
    frame = rows(3, id=pl.lit(9), time=pl.lit(month().start)).drop("label")
    system = labels(here, pl.DataFrame({"id": [9], "label": [1]}))
    frame.write_parquet(here / "predictions.parquet")

    assert read(pull(system, here))["label"].to_list() == ["1"] * 3


def test_labels_may_be_missing_until_the_window_is_mature(here: Path) -> None:
    """Before, they are null; after, their absence is a fault."""
    system = labels(here, rows().select("id", "label"))
    (here / "labels.parquet").unlink()
    ripe = month().end + timedelta(days=30)

    early, late = (pull(system, here, as_of=moment) for moment in (ripe - timedelta(seconds=1), ripe))

    assert early.faults == ()
    assert read(early)["label"].null_count() == early.current.rows  # type: ignore[union-attr]
    assert late.current is None
    assert texts(late).startswith("labels.parquet: expected a file, found no such file.")


def test_a_reference_keeps_its_own_labels(here: Path) -> None:
    """Labels apart do not replace those of the reference's own file."""
    system = labels(here, rows().select("id", label=1 - pl.col("label")))

    window = pull(system, here)

    assert window.reference is not None
    assert [each.name for each in window.reference.inputs] == ["reference.parquet"]
    told = pl.read_parquet(window.reference.path)["label"].cast(pl.Int64)
    assert told.to_list() == rows()["label"].to_list()


def test_a_reference_without_labels_is_joined(here: Path) -> None:
    """A history whose labels stand apart serves as reference too."""
    system = labels(here, rows().select("id", "label"))
    rows().drop("label").write_parquet(here / "reference.parquet")

    window = pull(system, here)

    assert window.reference is not None
    assert [each.name for each in window.reference.inputs] == ["reference.parquet", "labels.parquet"]
    told = pl.read_parquet(window.reference.path)["label"].cast(pl.Int64)
    assert told.to_list() == rows()["label"].to_list()


def test_a_reference_is_cut_by_dates_in_the_zone(here: Path) -> None:
    """`since` belongs to it, `until` does not."""
    source = Source(address="reference.parquet", since=date(2026, 10, 1), until=date(2026, 11, 1))

    window = pull(a_system(reference=source), here)

    assert window.current is not None
    assert window.reference is not None
    assert window.reference.sha256 == window.current.sha256


def test_a_reference_is_written_once(here: Path) -> None:
    """The file is used again for each window, until its inputs change."""
    first = pull(a_system(), here).reference
    assert first is not None
    written = first.path.stat().st_ino
    second = pull(a_system(), here, month("2026-11")).reference
    rows(800).write_parquet(here / "reference.parquet")

    third = pull(a_system(), here).reference

    assert second == first
    assert first.path.stat().st_ino == written
    assert third is not None
    assert third.path != first.path
    assert third.rows == 800


def test_a_reference_file_that_was_damaged_is_written_anew(here: Path) -> None:
    """What stands in the working folder is only a cache."""
    first = pull(a_system(), here).reference
    assert first is not None
    first.path.write_bytes(b"PAR1 torn")

    assert pull(a_system(), here).reference == first
