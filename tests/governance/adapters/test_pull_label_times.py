"""Labels that say when they became known: corrections are read as of the moment of judging."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from governance.registry.system import Labels, Source, System
from tests.row_builders import LATER, a_system, home, month, pull, read, rows

TIMED = Labels(source=Source(address="labels.parquet"), delay_days=30, time="known_on")
END = month().end


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder with predictions and reference."""
    return home(tmp_path / "home")


def timed(here: Path, told: list[tuple[int, int, datetime]]) -> System:
    """A system with these labels: id, label, when it became known."""
    rows().drop("label").write_parquet(here / "predictions.parquet")
    frame = pl.DataFrame(
        told, schema={"id": pl.Int64, "label": pl.Int64, "known_on": pl.Datetime("us", "UTC")}, orient="row"
    )
    frame.write_parquet(here / "labels.parquet")
    return a_system(labels=TIMED)


def label_of(window: object, row: str) -> str | None:
    """The label of one id of the window."""
    return dict(read(window).select("id", "label").iter_rows())[row]  # type: ignore[arg-type]


def test_a_later_label_corrects_an_earlier_one(here: Path) -> None:
    """It is no contradiction; it is counted."""
    day = timedelta(days=1)
    system = timed(here, [(1400, 0, END), (1400, 1, END + 9 * day), (1401, 1, END), (1401, 1, END + day)])

    window = pull(system, here)

    assert (label_of(window, "1400"), label_of(window, "1401")) == ("1", "1")
    assert (window.labels.corrections, window.labels.contradictions) == (1, 0)


def test_what_became_known_after_the_moment_of_judging_is_not_there(here: Path) -> None:
    """A window judged as of a day sees the labels of that day, whatever came since."""
    day = timedelta(days=1)
    system = timed(here, [(1400, 0, END), (1400, 1, END + 60 * day), (1401, 1, END + 60 * day)])

    then = read(pull(system, here, as_of=END + 31 * day)).filter(pl.col("id").is_in(["1400", "1401"]))
    later = read(pull(system, here, as_of=LATER)).filter(pl.col("id").is_in(["1400", "1401"]))

    assert then["label"].to_list() == ["0", None]
    assert later["label"].to_list() == ["1", "1"]


def test_two_labels_of_one_moment_contradict_each_other(here: Path) -> None:
    """Nobody can say which of them is true."""
    window = pull(timed(here, [(1400, 0, END), (1400, 1, END)]), here)

    assert label_of(window, "1400") is None
    assert (window.labels.corrections, window.labels.contradictions) == (0, 1)


def test_a_label_known_before_its_prediction_is_counted_as_impossible(here: Path) -> None:
    """It was no prediction then, or a clock is wrong."""
    window = pull(timed(here, [(1400, 0, month().start - timedelta(days=9)), (1401, 1, END)]), here)

    assert window.labels.impossible == 1
