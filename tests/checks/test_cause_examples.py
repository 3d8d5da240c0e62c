"""The kinds of the examples' known changes: the bank's channel and economy, the bicycles' season, the car loans."""

import json
from collections.abc import Callable, Iterator
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
    return dict(verdicts("bank-calls", BANK, tmp_path_factory.mktemp("bank")))


def verdicts(name: str, names: tuple[str, ...], into: Path) -> Iterator[tuple[str, Verdict]]:
    """Windows of a shipped system in order of time."""
    home, history = ROOT / "deployments", dict[str, Any]()
    system = load_registry(home).systems[name]
    for period in system.window.due(NOW):
        if period.name in names:
            verdict = judge(system, pull_window(system, period, home=home, into=into, as_of=NOW), history)
            history = json.loads(json.dumps(verdict.state))
            yield period.name, verdict


def kinds(verdict: Verdict) -> dict[str, str]:
    """The kind of each cause by its lead."""
    return {one.lead: one.kind for one in verdict.causes}


def test_the_banks_change_of_channel_is_a_covariate_shift(bank: dict[str, Verdict]) -> None:
    """Led by the channel, with the score that follows it; labels by score did not move in the first month."""
    channel = next(one for one in bank["2008-08"].causes if one.lead == "contact")

    assert channel.kind == "covariate shift"
    assert "score" in channel.subjects
    assert "labels by score did not move" in channel.sentence


def test_the_banks_later_economy_is_a_prior_shift(bank: dict[str, Verdict]) -> None:
    """Half of those called subscribe, whatever their score; one in fourteen did before."""
    economy = next(one for one in bank["2009-12"].causes if one.id == "performance")

    assert economy.kind == "label or prior shift"
    assert "labels by score moved, alike at every score" in economy.sentence


def test_the_banks_causes_keep_their_ids(bank: dict[str, Verdict]) -> None:
    """The case of August 2008 is updated, not opened again."""
    assert all("drift:contact" in {one.id for one in bank[month].causes} for month in BANK)


def test_every_alarm_belongs_to_a_named_cause(bank: dict[str, Verdict]) -> None:
    """None is left out."""
    for verdict in bank.values():
        rings = {one.cause for one in verdict.of(Status.ALARM, Status.ERROR)}
        assert rings == {one.id for one in verdict.causes}


def test_the_bicycles_season_is_a_covariate_shift_and_their_growth_a_concept_shift(tmp_path: Path) -> None:
    """Temperature leads; the same prediction means more bicycles than it did."""
    ((_, verdict),) = verdicts("bike-demand", ("2011Q3",), tmp_path)

    season, growth = verdict.causes
    assert {"temp", "season", "prediction"} <= set(season.subjects)
    assert (season.kind, growth.id, growth.kind) == ("covariate shift", "performance", "concept shift")


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
