"""Car loans (synthetic): quiet months, then from 31 March 2019 on a known drift, told by name and by nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from governance.cli import check

DATA = Path(__file__).parents[1] / "data" / "car-loans"
HOME = Path(__file__).parents[2] / "deployments"
ENTRY: dict[str, Any] = {
    "id": "car-loans",
    "title": "Car loans",
    "purpose": "Predicts whether a car loan will be repaid.",
    "task": "binary",
    "model": {"name": "car-loan", "version": "1"},
    "ai_act": {"risk_class": "high", "role": "deployer", "reason": "Annex III point 5(b), creditworthiness"},
    "people": {"owner": "ada-okafor", "deputy": "ben-lind", "reviewer": "eve-marsh", "escalation": ["femi-adeyemi"]},
    "predictions": {"address": str(DATA / "predictions.parquet")},
    "reference": {"address": str(DATA / "reference.parquet")},
    "labels": {"source": {"address": str(DATA / "labels.parquet")}, "delay_days": 60},
    "columns": {
        "id": "id",
        "time": "timestamp",
        "prediction": "y_pred",
        "score": "y_pred_proba",
        "label": "repaid",
        "numeric": ["car_value", "debt_to_income_ratio", "loan_length", "driver_tenure"],
        "categorical": ["repaid_loan_on_prev_car", "size_of_downpayment", "salary_range"],
        "protected": ["salary_range"],
    },
    "schedule": {"cron": "0 6 1 * *"},
}
QUIET, DRIFTED = ["2019-02"], ["2019-04"]
ALL_QUIET, ALL_DRIFTED = ["2018-11", "2018-12", "2019-01", *QUIET], [*DRIFTED, "2019-05", "2019-06", "2019-07"]

Verdicts = dict[str, dict[str, Any]]


def judged(home: Path, since: str, until: str) -> Verdicts:
    """Each month's verdict, by `aims check`."""
    entry = ENTRY | {"window": {"length": "P1M", "zone": "UTC", "since": since, "until": until}}
    (home / "systems").mkdir()
    (home / "systems" / "car-loans.yaml").write_text(yaml.safe_dump(entry))
    (home / "people.yaml").write_text((HOME / "people.yaml").read_text())
    app = typer.Typer()
    check.register(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIMS_HOME", str(home))
        done = CliRunner().invoke(app, ["car-loans", "--json", "--current", str(DATA / "predictions.parquet")])
    return {one["window"]: one for one in map(json.loads, done.output.splitlines())}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """February to April 2019."""
    return judged(tmp_path_factory.mktemp("registry"), "2019-02-01", "2019-05-01")


def drifting(verdict: dict[str, Any]) -> set[str]:
    """Columns whose drift alarms."""
    return {one["subject"] for one in verdict["results"] if one["check"] == "drift" and one["status"] == "alarm"}


@pytest.mark.parametrize("month", QUIET)
def test_a_quiet_month_has_no_drift(verdicts: Verdicts, month: str) -> None:
    """The first 25,000 rows are from the reference's own distribution."""
    assert drifting(verdicts[month]) == set()


@pytest.mark.parametrize("month", DRIFTED)
def test_a_drifted_month_names_what_moved_and_nothing_else(verdicts: Verdicts, month: str) -> None:
    """Car value, loan length and salary range, and the model's own output; never the debt ratio or the tenure."""
    found = drifting(verdicts[month])

    assert {"car_value", "loan_length", "salary_range"} <= found
    assert found.isdisjoint({"debt_to_income_ratio", "driver_tenure"})


@pytest.mark.long
def test_all_months_keep_both_rules(tmp_path: Path) -> None:
    """Nine months: quiet before the drift, named after it."""
    verdicts = judged(tmp_path, "2018-11-01", "2019-08-01")

    assert {month: drifting(verdicts[month]) for month in ALL_QUIET} == {month: set() for month in ALL_QUIET}
    assert all({"car_value", "loan_length", "salary_range"} <= drifting(verdicts[month]) for month in ALL_DRIFTED)
    assert not any(drifting(one) & {"debt_to_income_ratio", "driver_tenure"} for one in verdicts.values())
