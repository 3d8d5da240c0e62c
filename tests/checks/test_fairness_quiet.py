"""Quiet windows of real records: the survey's people with their groups shuffled, so that all groups are alike."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from checks import fairness
from governance.adapters.registry_files import load_registry
from governance.verdict import Status
from governance.window import Length, Table, periods

HOME = Path(__file__).parents[2] / "deployments"
SURVEY = HOME / "data" / "employment-ma"
GROUPS = ("SEX", "DIS", "RAC1P")


def shuffled(rng: np.random.Generator) -> pl.DataFrame:
    """Predictions and labels of 2016, with groups that belong to others."""
    rows = pl.read_parquet(SURVEY / "predictions-2016.parquet").join(
        pl.read_parquet(SURVEY / "labels-2016.parquet"), on="id"
    )
    rows = rows.select(pl.col(*GROUPS, "prediction", "employed").cast(pl.String))
    return rows.with_columns(pl.Series(name, rows[name].to_numpy()[rng.permutation(rows.height)]) for name in GROUPS)


@pytest.mark.long
@pytest.mark.parametrize(
    ("windows", "rows", "length"), [(365, 500, Length.DAY), (730, 50, Length.DAY), (24, 5000, Length.MONTH)]
)
def test_real_records_without_unequal_treatment_do_not_ring(
    tmp_path: Path, windows: int, rows: int, length: Length
) -> None:
    """No comparison, crossing, spelling, group or mix, over one or two years."""
    rng, history, alarms = np.random.default_rng(5), dict[str, Any](), list[str]()
    people, system = shuffled(rng), load_registry(HOME).systems["employment-ma"]
    system = system.model_copy(update={"window": system.window.model_copy(update={"length": length})})
    people.write_parquet(tmp_path / "reference.parquet")
    reference = Table(tmp_path / "reference.parquet", "", people.height)
    years = periods(datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC), length, "UTC")

    for _, period in zip(range(windows), years, strict=False):
        people[rng.integers(0, people.height, rows)].write_parquet(tmp_path / "window.parquet")
        results, _, history = fairness.examine_after(
            system, tmp_path / "window.parquet", reference, {}, "", period=period, history=history
        )
        alarms += [f"{period.name} {one.name}" for one in results if one.status is Status.ALARM]

    assert alarms == []
