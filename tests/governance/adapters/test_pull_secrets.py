"""No value of a row and no secret of an address is told."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from governance.registry.system import Source
from governance.window import Period
from tests.row_builders import LATER, a_system, home, pull, rows, texts


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder with predictions and reference."""
    return home(tmp_path / "home")


def test_a_variable_of_an_address_is_never_shown(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the registry is shown, what the environment adds is not."""
    (here / "s3cret").mkdir()
    (here / "predictions.parquet").rename(here / "s3cret/rows.parquet")
    monkeypatch.setenv("ROWS_FOLDER", str(here / "s3cret"))
    system = a_system(predictions=Source(address="${ROWS_FOLDER}/*.parquet"))

    window = pull(system, here)

    assert window.current is not None
    assert [each.name for each in window.current.inputs] == ["${ROWS_FOLDER}/rows.parquet"]


def test_a_variable_that_is_not_set_is_a_fault(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault names the variable."""
    monkeypatch.delenv("ROWS_FOLDER", raising=False)
    system = a_system(predictions=Source(address="${ROWS_FOLDER}/rows.csv"))

    window = pull(system, here)

    assert texts(window) == (
        "${ROWS_FOLDER}/rows.csv: expected environment variables, found ROWS_FOLDER not set. "
        "Set ROWS_FOLDER for the worker that runs this."
    )


def test_an_unknown_kind_of_address_is_a_fault(here: Path) -> None:
    """FTP is not a store."""
    window = pull(a_system(predictions=Source(address="ftp://example.org/rows.csv")), here)

    assert texts(window).startswith("ftp://example.org/rows.csv: expected a known kind of address")


@pytest.mark.parametrize("column", ["id", "time", "prediction", "score", "label", "age", "region", "sex"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_no_value_of_a_row_is_in_a_fault(here: Path, column: str, suffix: str) -> None:
    """A planted value shows nowhere, whether its own cell is broken or another of its row."""
    plant = "zq-Planted-73051"
    frame = rows(20, **{column: pl.lit(plant)}) if column != "time" else rows(20, time=pl.lit(plant))
    frame = frame.with_columns(score=pl.lit("broken"))
    path = here / f"predictions.{suffix}"
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    system = a_system(predictions=Source(address=path.name), task="regression")

    window = pull(system, here, Period(datetime(2000, 1, 1, tzinfo=UTC), LATER, "2026-10"))

    assert len(window.faults) >= 20
    assert plant not in repr(window)
    assert plant[:6] not in repr(window)
