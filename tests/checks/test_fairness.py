"""Fairness from counts: a published table, an oracle, and the rules of who may be judged."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from checks import fairness
from checks.comparison import Comparison
from checks.fairness import judge
from checks.fairness_groups import Compared
from checks.fairness_policy import asked
from checks.intervals import Share, z_of
from checks.rates import RATES, Tally, tally
from checks.scan import Cell, cells
from governance.verdict import Limit, Result, Status

FACTS = json.loads((Path(__file__).parents[1] / "data" / "facts.json").read_text())
RACES = FACTS["compas"]["by_race"]


def counts(fact: dict[str, int]) -> Tally:
    """A group's counts as facts.json names them."""
    table = {name: fact[name] for name in ("tp", "fp", "fn", "tn")}
    return Tally(rows=fact["n"], selected=fact["tp"] + fact["fp"], hits=fact["tp"] + fact["tn"], **table)


@pytest.mark.parametrize(("race", "fpr", "fnr"), [("African-American", 44.85, 27.99), ("Caucasian", 23.45, 47.72)])
def test_propublicas_error_rates_are_reproduced(race: str, fpr: float, fnr: float) -> None:
    """False positive and false negative rates as published in 2016."""
    group = counts(RACES[race])

    rates = [round(100 * group.rate(metric).value, 2) for metric in ("fpr", "fnr")]

    assert rates == [fpr, fnr]


@pytest.mark.parametrize(
    ("form", "value", "low", "high"), [("difference", 0.2139, 0.182, 0.245), ("ratio", 1.91, 1.72, 2.12)]
)
def test_propublicas_gap_has_the_known_interval(form: str, value: float, low: float, high: float) -> None:
    """False positive rates of Black and white defendants: gap .2139 [.182, .245], ratio 1.91 [1.72, 2.12]."""
    black, white = (counts(RACES[race]).rate("fpr") for race in ("African-American", "Caucasian"))
    comparison = Comparison("African-American", "Caucasian", "fpr", form, black, white, Limit())

    bounds = comparison.interval(z_of(0.05))

    digits = 4 if form == "difference" else 2
    assert round(comparison.value, digits) == value
    assert bounds == pytest.approx((low, high), abs=0.006)


def test_compas_alarms_and_its_small_groups_do_not(make_system: Callable) -> None:
    """False positive rates alarm for Black defendants; 18 Native Americans are too few to judge."""
    system = make_system({"protected": ["race"]}, checks={"fairness": {"reference_group": {"race": "Caucasian"}}})
    compared = Compared(("race",), {(race,): counts(fact) for race, fact in RACES.items()}, asked(system))

    results = {(one.group, one.metric): one for one in judge(system, [compared])}

    assert results["African-American", "fpr_difference"].status is Status.ALARM
    assert results["Native American", "fpr_difference"].status is Status.INSUFFICIENT
    assert {one.cause for one in results.values()} == {"fairness:race"}


def test_the_sentence_is_plain(make_system: Callable) -> None:
    """Groups, rates, ratio, interval, limit and power in words."""
    system = make_system({"protected": ["DIS"]}, checks={"fairness": {"reference_group": {"DIS": "2"}}})
    groups = {(group,): counts(fact) for group, fact in FACTS["acs"]["2016_by_DIS"].items()}

    results = judge(system, [Compared(("DIS",), groups, asked(system))])

    (ratio,) = [one for one in results if one.metric == "selection_rate_ratio"]
    assert ratio.sentence == (
        "People with DIS=1 are selected 9.1 % of the time, DIS=2 60.6 %: a ratio of 0.15 (0.14 to 0.16), below the "
        "limit 0.8 (four-fifths rule, 29 CFR 1607.4 D). With 9,383 rows in the smaller group we would have seen a "
        "ratio of 0.77 in 8 of 10 windows."
    )


def test_rates_equal_fairlearns(make_loans: Callable, make_table: Callable) -> None:
    """Every rate of every group is what Fairlearn's MetricFrame gives."""
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    frame = make_loans(2000, sex=np.random.default_rng(1).choice(["f", "m", "x"], 2000, p=[0.5, 0.45, 0.05]))
    found = cells(make_table(frame).path, {"sex": ((), ())}, "offered", "repaid", "1")

    mine = {
        (metric, group): tally(cell for cell in found if cell.groups == (group,)).rate(metric).value
        for metric in RATES
        for group in "fmx"
    }

    metrics = {
        "selection_rate": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "fnr": false_negative_rate,
        "ppv": precision_score,
        "accuracy": accuracy_score,
    }
    truth, made = ((frame[name] == "1").cast(pl.Int8).to_numpy() for name in ("repaid", "offered"))
    theirs = MetricFrame(
        metrics=metrics, y_true=truth, y_pred=made, sensitive_features=frame["sex"].to_numpy()
    ).by_group
    assert mine == pytest.approx({(metric, group): theirs.loc[group, metric] for metric, group in mine}, abs=1e-12)


def by_metric(results: tuple[Result, ...], metric: str) -> list[Result]:
    """The results of one metric."""
    return [one for one in results if one.metric == metric]


def test_error_rates_wait_for_labels_and_selection_does_not(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """While labels are early, one insufficient result a metric stands for all groups."""
    table = make_table(make_loans(3000))

    results, rates = fairness.examine(make_system(), table.path, table, {}, "labels are early")

    assert [one.status for one in by_metric(results, "tpr_difference")] == [Status.INSUFFICIENT]
    assert "labels are early" in by_metric(results, "tpr_difference")[0].sentence
    assert [one.status for one in by_metric(results, "selection_rate_difference")] == [Status.PASS]
    assert {rate.metric for rate in rates} == {"selection_rate"}


def test_groups_of_a_number_are_cut_as_declared(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """A cut point opens its group; whoever has no age is a group of their own."""
    ages = [24.0, 24.9, 25.0, 59.0, 60.0, None] * 100
    system = make_system({"protected": ["age"], "groups": {"age": [25, 60]}})
    table = make_table(make_loans(600, age=ages))

    _, rates = fairness.examine(system, table.path, table, {}, "")

    sizes = {rate.group: rate.n for rate in rates if rate.metric == "selection_rate"}
    assert sizes == {"<25": 200, "25-59": 200, "60+": 100, "(missing)": 100}


def test_a_group_that_the_reference_hardly_knows_is_pooled(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Its name may point at a person."""
    before = make_table(make_loans(1000, sex=["f", "m"] * 500))
    now = make_table(make_loans(1000, sex=(["f", "m"] * 470) + ["unheard"] * 60))

    results, _ = fairness.examine(make_system(), now.path, before, {}, "")

    assert {one.group for one in results} == {"m", "(other)"}


@pytest.mark.parametrize(("rows", "told"), [(6, "fewer than 10 rows"), (20, "20 rows")])
def test_a_small_group_is_insufficient_and_a_tiny_one_is_not_numbered(
    make_system: Callable, make_loans: Callable, make_table: Callable, rows: int, told: str
) -> None:
    """Below ten rows no count and no rate is shown."""
    system = make_system(checks={"contract": {"columns": {"sex": {"values": ["f", "m", "x"]}}}})
    table = make_table(make_loans(1000, sex=["x"] * rows + ["f"] * (500 - rows) + ["m"] * 500))

    results, rates = fairness.examine(system, table.path, table, {}, "")

    small = [one for one in results if one.group == "x"]
    assert {one.status for one in small} == {Status.INSUFFICIENT}
    assert told in by_metric(tuple(small), "selection_rate_ratio")[0].sentence
    assert {(one.value, one.n) for one in small} == {(None, 0)}
    assert ("x" in {rate.group for rate in rates}) == (rows >= 10)


def test_one_group_alone_cannot_be_compared(make_system: Callable, make_loans: Callable, make_table: Callable) -> None:
    """Said, not passed."""
    table = make_table(make_loans(500, sex=["f"] * 500))

    results, _ = fairness.examine(make_system(), table.path, table, {}, "")

    assert {one.status for one in results} == {Status.INSUFFICIENT}
    assert "only one group" in results[0].sentence


def test_a_regression_with_unequal_errors_alarms(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Mean error by group, with the limit of the policy."""
    rng = np.random.default_rng(0)
    truth, sex = rng.normal(10, 1, 4000), rng.choice(["f", "m"], 4000)
    table = make_table(make_loans(4000, repaid=truth, offered=truth + rng.normal(0, 1, 4000) - (sex == "f"), sex=sex))
    system = make_system(task="regression", checks={"fairness": {"difference": {"mean_error": 0.5}}})

    results, rates = fairness.examine(system, table.path, table, {}, "")

    assert [(one.metric, one.status) for one in results] == [("mean_error_difference", Status.ALARM)]
    means = {(rate.metric, rate.group): rate.value for rate in rates}
    assert means["mean_error", "f"] == pytest.approx(-1, abs=0.1)


def test_an_attribute_without_any_limit_is_not_passed(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """A regression whose policy bounds only selection says what to set."""
    table = make_table(make_loans(500, repaid=[1.0] * 500, offered=[1.0] * 500))

    results, _ = fairness.examine(make_system(task="regression"), table.path, table, {}, "")

    assert [one.status for one in results] == [Status.INSUFFICIENT]
    assert "checks.fairness.difference" in results[0].sentence


def test_the_margins_of_one_group_by_add_up(make_loans: Callable, make_table: Callable) -> None:
    """The finest cells sum to the file, whichever attribute is rolled up."""
    path = make_table(make_loans(1234)).path
    found: list[Cell] = cells(path, {"sex": ((), ()), "region": ((), ())}, "offered", "repaid", "1")

    whole = tally(found)

    assert whole == tally(cells(path, {}, "offered", "repaid", "1"))
    assert (whole.rows, whole.labelled) == (1234, 1234)


def test_a_rate_without_rows_has_no_value() -> None:
    """Not zero."""
    assert Share(0, 0).value != Share(0, 0).value
