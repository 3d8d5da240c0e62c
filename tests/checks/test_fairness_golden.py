"""Who is named and who must not be, on German credit and on the survey of Massachusetts."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from checks import fairness
from governance.registry.system import System
from governance.verdict import GroupRate, Result, Status

DATA = Path(__file__).parents[1] / "data"
EXAMPLES = Path(__file__).parents[2] / "deployments" / "data" / "employment-ma"
FACTS = json.loads((DATA / "facts.json").read_text())

Examined = tuple[tuple[Result, ...], tuple[GroupRate, ...]]


@pytest.fixture
def german(make_system: Callable, make_table: Callable) -> Examined:
    """German credit, judged by sex and by foreign worker, and by both."""
    system = make_system({"protected": ["sex", "foreign_worker"], "prediction": "granted", "label": "good"})
    table = make_table(pl.read_parquet(DATA / "german-credit" / "applications.parquet"))
    return fairness.examine(system, table.path, table, {}, "")


def survey(system: System, make_table: Callable) -> Examined:
    """The survey of 2016 against that of 2015."""
    now = pl.read_parquet(EXAMPLES / "predictions-2016.parquet").join(
        pl.read_parquet(EXAMPLES / "labels-2016.parquet"), on="id"
    )
    names = ["SEX", "DIS", "RAC1P", "prediction", "employed"]
    before = pl.read_parquet(EXAMPLES / "reference-2015.parquet")
    tables = [make_table(frame.select(pl.col(names).cast(pl.String))) for frame in (now, before)]
    return fairness.examine(system, tables[0].path, tables[1], {}, "")


def test_german_women_do_not_alarm_at_310_applications(german: Examined) -> None:
    """0.326 against 0.355: a ratio of 0.92 whose interval reaches below four fifths."""
    (ratio,) = [one for one in german[0] if (one.group, one.metric) == ("female", "selection_rate_ratio")]

    assert (round(ratio.value or 0, 2), ratio.n) == (0.92, 310)
    assert (ratio.low or 0) < 0.8 < (ratio.high or 0)
    assert ratio.status is Status.INSUFFICIENT
    assert "more rows of the smaller group would tell" in ratio.sentence


def test_german_credit_names_nobody(german: Examined) -> None:
    """No alarm by sex, by foreign worker, or where they cross."""
    assert [one.name for one in german[0] if one.status in (Status.ALARM, Status.ERROR)] == []


def test_none_of_four_is_no_finding(german: Examined) -> None:
    """Among 37 people who are not foreign workers four should not get credit, and none did: no rate is shown."""
    rates = [one for one in german[0] if (one.subject, one.metric) == ("foreign_worker", "fpr_difference")]

    assert [(one.group, one.status, one.value, one.n) for one in rates] == [("A202", Status.INSUFFICIENT, None, 0)]
    assert (
        "A202 has fewer than 10 labelled rows that should not be selected where 30 are needed; more than 20 are missing"
        in rates[0].sentence
    )
    assert [one for one in german[1] if (one.group, one.metric) == ("A202", "fpr")] == []


@pytest.mark.parametrize(("attribute", "fact"), [("sex", "by_sex"), ("foreign_worker", "by_foreign_worker")])
def test_german_rates_are_the_facts(german: Examined, attribute: str, fact: str) -> None:
    """Every rate that is shown, to six digits."""
    facts = FACTS["german"][fact]

    shown = [rate for rate in german[1] if rate.attribute == attribute and rate.metric in facts[rate.group]]

    assert len(shown) >= 8
    for rate in shown:
        assert rate.value == pytest.approx(facts[rate.group][rate.metric], abs=1e-6)


def test_the_surveys_alarms_are_all_about_disability(make_system: Callable, make_table: Callable) -> None:
    """Crossings that alarm do so by their disability, and form one case with it; one person is never named."""
    protected = {"protected": ["SEX", "RAC1P", "DIS"], "prediction": "prediction", "label": "employed"}
    system = make_system(protected, checks={"fairness": {"reference_group": {"DIS": "2", "SEX": "1", "RAC1P": "1"}}})

    results, rates = survey(system, make_table)

    alarms = [one for one in results if one.status is Status.ALARM]
    assert {one.cause for one in alarms} == {"fairness:DIS"}
    assert {"DIS", "SEX & DIS", "RAC1P & DIS"} == {one.subject for one in alarms}
    groups = {(one.subject, one.group) for one in results} | {(one.attribute, one.group) for one in rates}
    assert ("RAC1P", "4") not in groups
    assert ("SEX & RAC1P", "(other)") in groups
