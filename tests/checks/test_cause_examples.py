"""Causes of the examples over several windows, and of the car loans; those of one window: test_examples.py."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from checks import cause
from checks.judge import judge
from governance.adapters.pull import pull_window
from governance.adapters.registry_files import load_registry
from governance.verdict import Result, Status, Verdict

ROOT = Path(__file__).parents[2]
LOANS = ROOT / "tests" / "data" / "car-loans"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
BANK = ("2008-08", "2008-11", "2009-12")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """Three months of the bank, each judged after the one before."""
    home, into, history = ROOT / "deployments", tmp_path_factory.mktemp("bank"), dict[str, Any]()
    system, found = load_registry(home).systems["bank-calls"], dict[str, Verdict]()
    for period in system.window.due(NOW):
        if period.name in BANK:
            found[period.name] = judge(system, pull_window(system, period, home=home, into=into, as_of=NOW), history)
            history = json.loads(json.dumps(found[period.name].state))
    return found


@pytest.mark.long
def test_the_banks_causes_keep_their_ids(bank: dict[str, Verdict]) -> None:
    """The case of August 2008 is updated, not opened again."""
    assert all("drift:contact" in {one.id for one in bank[month].causes} for month in BANK)


@pytest.mark.long
def test_every_alarm_belongs_to_a_named_cause(bank: dict[str, Verdict]) -> None:
    """None is left out."""
    for verdict in bank.values():
        rings = {one.cause for one in verdict.of(Status.ALARM, Status.ERROR)}
        assert rings == {one.id for one in verdict.causes}


def test_the_car_loans_change_is_one_covariate_shift(make_system: Callable, make_window: Callable) -> None:
    """Four inputs that know nothing of each other began on one day, and the score moved with them."""
    names = ["car_value", "debt_to_income_ratio", "loan_length", "driver_tenure"]
    columns = {
        "id": "id",
        "prediction": "y_pred",
        "score": "y_pred_proba",
        "label": "repaid",
        "numeric": names,
        "categorical": ["salary_range", "repaid_loan_on_prev_car", "size_of_downpayment"],
    }
    labels = pl.read_parquet(LOANS / "labels.parquet")
    before = pl.read_parquet(LOANS / "reference.parquet")
    now = pl.read_parquet(LOANS / "predictions.parquet").sort("timestamp")[30_000:35_000].join(labels, on="id")
    moved = ["car_value", "loan_length", "salary_range", "y_pred_proba"]
    alarms = [Result("drift", name, "d", Status.ALARM, "s", "drift") for name in moved]

    (found,) = cause.examine(make_system(columns), make_window(now, before), alarms).causes

    assert (found.kind, found.lead) == ("covariate shift", "car_value")
    assert set(found.subjects) == set(moved)
