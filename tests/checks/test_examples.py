"""The three shipped examples, pulled and judged as in production, against the facts measured from their data."""

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from checks.drift import watched
from checks.judge import judge
from governance.adapters.pull import pull_window
from governance.adapters.registry_files import load_registry
from governance.registry.system import System
from governance.verdict import Result, Status, Verdict
from governance.window import Window

HOME = Path(__file__).parents[2] / "deployments"
FACTS = json.loads((Path(__file__).parents[1] / "data" / "facts.json").read_text())
NOW = datetime(2026, 11, 24, tzinfo=UTC)

Judged = tuple[System, Window, Verdict]


def also(*windows: str) -> list[Any]:
    """Windows that only the long test judges."""
    return [pytest.param(window, marks=pytest.mark.long) for window in windows]


Judge = Callable[[str, str], Judged]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Pull and judge one window of a shipped system, once."""
    registry, into = load_registry(HOME), tmp_path_factory.mktemp("pulled")
    seen: dict[tuple[str, str], Judged] = {}

    def run(name: str, period: str) -> Judged:
        if (name, period) not in seen:
            system = registry.systems[name]
            (due,) = [one for one in system.window.due(NOW) if one.name == period]
            window = pull_window(system, due, home=HOME, into=into, as_of=NOW)
            seen[name, period] = (system, window, judge(system, window))
        return seen[name, period]

    return run


def of(verdict: Verdict, check: str, *statuses: Status) -> list[Result]:
    """The results of one check, with one of these statuses if any are named."""
    return [one for one in verdict.results if one.check == check and (not statuses or one.status in statuses)]


def test_employment_has_no_drift(example: Judge) -> None:
    """2016 against 2015: every column passes, though every p-value at 69,000 rows is tiny."""
    _, _, verdict = example("employment-ma", "2016")

    assert len(of(verdict, "drift")) == 15
    assert {one.status for one in of(verdict, "drift")} == {Status.PASS}


def test_employment_alarms_for_disability_alone(example: Judge) -> None:
    """No alarm by sex or by race; one cause."""
    _, _, verdict = example("employment-ma", "2016")

    alarms = verdict.of(Status.ALARM, Status.ERROR)
    assert {one.cause for one in alarms} == {"fairness:DIS"}
    assert {one.metric for one in alarms} == {
        "selection_rate_ratio",
        "selection_rate_difference",
        "tpr_difference",
        "fpr_difference",
    }


def test_a_race_of_four_rows_is_insufficient_and_has_no_rate(example: Judge) -> None:
    """RAC1P=4 is declared by the registry, so it is named; its numbers are not."""
    _, _, verdict = example("employment-ma", "2016")

    four = [one for one in of(verdict, "fairness") if one.subject == "RAC1P" and one.group == "4"]
    assert {(one.status, one.value, one.n) for one in four} == {(Status.INSUFFICIENT, None, 0)}
    assert [rate for rate in verdict.rates if (rate.attribute, rate.group) == ("RAC1P", "4")] == []


@pytest.mark.parametrize("attribute", ["SEX", "DIS", "RAC1P"])
def test_employments_rates_are_the_facts(example: Judge, attribute: str) -> None:
    """Every rate that is shown, to six digits."""
    _, _, verdict = example("employment-ma", "2016")
    facts = FACTS["acs"][f"2016_by_{attribute}"]

    shown = [rate for rate in verdict.rates if rate.attribute == attribute and rate.metric != "accuracy"]

    assert len(shown) >= 10
    for rate in shown:
        assert rate.value == pytest.approx(facts[rate.group][rate.metric], abs=1e-6)


def test_employments_area_is_the_fact_and_passes(example: Judge) -> None:
    """0.902 against 0.903 the year before."""
    _, _, verdict = example("employment-ma", "2016")

    (area,) = [one for one in of(verdict, "performance") if one.metric == "roc_auc"]
    assert (area.value, area.reference) == (
        pytest.approx(FACTS["acs"]["auc"]["2016"], abs=1e-6),
        pytest.approx(FACTS["acs"]["auc"]["2015"], abs=1e-6),
    )
    assert area.status is Status.PASS


@pytest.mark.parametrize("month", ["2008-08", *also("2008-11", "2009-05", "2010-03", "2010-10")])
def test_the_banks_change_of_channel_alarms_from_august_2008(example: Judge, month: str) -> None:
    """The calls went from telephone to cellular."""
    _, _, verdict = example("bank-calls", month)

    assert "contact" in [one.subject for one in of(verdict, "drift", Status.ALARM)]


@pytest.mark.parametrize("month", ["2008-08", "2008-11"])
def test_the_banks_figures_by_age_are_the_facts(example: Judge, month: str) -> None:
    """Groups cut at 25 and 60; what is below ten rows is not shown."""
    _, _, verdict = example("bank-calls", month)
    facts = FACTS["bank"][month]

    rates = [rate for rate in verdict.rates if rate.metric in facts["by_age"].get(rate.group, {})]

    assert {rate.group for rate in rates} == {group for group, fact in facts["by_age"].items() if fact["n"] >= 10}
    for rate in rates:
        assert rate.value == pytest.approx(facts["by_age"][rate.group][rate.metric], abs=1e-6)
    (area,) = [one for one in of(verdict, "performance") if one.metric == "roc_auc"]
    assert area.value == pytest.approx(facts["auc"], abs=5e-5)


def test_the_banks_ranking_fails_in_august_2008(example: Judge) -> None:
    """Its area of 0.48 is proven below the policy's 0.55."""
    _, _, verdict = example("bank-calls", "2008-08")

    assert "roc_auc" in [one.metric for one in of(verdict, "performance", Status.ALARM)]


@pytest.mark.parametrize("month", ["2008-09", "2010-12"])
def test_a_month_that_was_not_delivered_whole_is_an_error(example: Judge, month: str) -> None:
    """No file, or half a file."""
    _, _, verdict = example("bank-calls", month)

    assert verdict.status is Status.ERROR
    assert {one.check for one in verdict.results} == {"contract"}


@pytest.mark.parametrize("quarter", ["2011Q2", "2012Q3", *also("2011Q3", "2011Q4", "2012Q2", "2012Q4")])
def test_the_bicycles_temperature_drifts_with_the_season(example: Judge, quarter: str) -> None:
    """Against the first quarter of 2011."""
    _, _, verdict = example("bike-demand", quarter)

    assert "temp" in [one.subject for one in of(verdict, "drift", Status.ALARM)]


@pytest.mark.parametrize(
    ("quarter", "status"), [("2011Q2", Status.ALARM), ("2011Q4", Status.PASS), ("2012Q3", Status.ALARM)]
)
def test_the_bicycles_error_is_the_fact_and_is_held_to_60(example: Judge, quarter: str, status: Status) -> None:
    """Mean absolute error; 56 in the last quarter of 2011 is inside."""
    _, _, verdict = example("bike-demand", quarter)

    (mae,) = of(verdict, "performance")
    assert (mae.metric, mae.value, mae.status) == (
        "mae",
        pytest.approx(FACTS["bike"][quarter]["mae"], abs=0.01),
        status,
    )


def evidently(system: System, window: Window) -> dict[str, float]:
    """Evidently's own report on the same rows: each column's default drift value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.metrics import ValueDrift

        kinds = watched(system)
        definition = DataDefinition(
            numerical_columns=[name for name, numeric in kinds.items() if numeric],
            categorical_columns=[name for name, numeric in kinds.items() if not numeric],
        )
        frames = [
            pl.read_parquet(table.path, columns=list(kinds)).to_pandas() for table in (window.current, window.reference)
        ]
        datasets = [Dataset.from_pandas(frame, data_definition=definition) for frame in frames]
        found = Report([ValueDrift(column=name) for name in kinds]).run(*datasets).dict()["metrics"]
    return {name: float(metric["value"]) for name, metric in zip(kinds, found, strict=True)}


@pytest.mark.parametrize(
    ("name", "period"),
    [("employment-ma", "2016"), ("bank-calls", "2008-08"), ("bank-calls", "2009-12"), ("bike-demand", "2011Q2")],
)
def test_every_drift_value_is_evidentlys_own(example: Judge, name: str, period: str) -> None:
    """To 1e-9, on every watched column."""
    system, window, verdict = example(name, period)

    ours = {one.subject: one.value for one in of(verdict, "drift")}

    assert ours == pytest.approx(evidently(system, window), rel=1e-9, abs=1e-9)


def test_every_number_of_every_verdict_is_finite_and_named_once(example: Judge) -> None:
    """A statement's names are its keys."""
    for name, period in (("employment-ma", "2016"), ("bank-calls", "2008-12"), ("bike-demand", "2011Q2")):
        _, _, verdict = example(name, period)

        names = [one.name for one in verdict.results]
        assert len(set(names)) == len(names)
        assert b"NaN" not in verdict.to_json()


def test_the_banks_change_of_channel_is_a_covariate_shift(example: Judge) -> None:
    """Led by the channel, with the score that follows it; labels by score did not move in the first month."""
    _, _, verdict = example("bank-calls", "2008-08")

    channel = next(one for one in verdict.causes if one.lead == "contact")
    assert (channel.id, channel.kind) == ("drift:contact", "covariate shift")
    assert "score" in channel.subjects
    assert "labels by score did not move" in channel.sentence


def test_the_banks_later_economy_is_a_prior_shift(example: Judge) -> None:
    """Half of those called subscribe, whatever their score; one in fourteen did before."""
    _, _, verdict = example("bank-calls", "2009-12")

    economy = next(one for one in verdict.causes if one.id == "performance")
    assert economy.kind == "label or prior shift"
    assert "labels by score moved, alike at every score" in economy.sentence


def test_the_bicycles_season_is_a_covariate_shift_and_their_growth_a_concept_shift(example: Judge) -> None:
    """Temperature moved with the season; the same prediction means more bicycles than it did."""
    _, _, verdict = example("bike-demand", "2011Q3")

    kinds = {one.id: one.kind for one in verdict.causes}
    season = next(one for one in verdict.causes if "temp" in one.subjects)
    assert {"season", "prediction"} <= set(season.subjects)
    assert (season.kind, kinds["performance"]) == ("covariate shift", "concept shift")


def test_the_surveys_gap_by_disability_stood_before(example: Judge) -> None:
    """2015 shows it too, so nothing changed."""
    _, _, verdict = example("employment-ma", "2016")

    assert [(one.id, one.kind) for one in verdict.causes] == [("fairness:DIS", "standing gap")]
