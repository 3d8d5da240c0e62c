"""Fairness from counts: a published table, an oracle, and the rules of who may be judged."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
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
from governance.window import Length, period_of

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


def of_rates(results: tuple[Result, ...]) -> list[Result]:
    """The comparisons, without what is said of the groups themselves."""
    return [one for one in results if one.cause == "fairness:sex"]


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

    assert {one.group for one in of_rates(results)} == {"m", "(other)"}


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

    assert {one.status for one in of_rates(results)} == {Status.INSUFFICIENT}
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

    assert [(one.metric, one.status) for one in of_rates(results)] == [("mean_error_difference", Status.ALARM)]
    means = {(rate.metric, rate.group): rate.value for rate in rates}
    assert means["mean_error", "f"] == pytest.approx(-1, abs=0.1)


def test_an_attribute_without_any_limit_is_not_passed(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """A regression whose policy bounds only selection says what to set."""
    table = make_table(make_loans(500, repaid=[1.0] * 500, offered=[1.0] * 500))

    results, _ = fairness.examine(make_system(task="regression"), table.path, table, {}, "")

    assert [one.status for one in of_rates(results)] == [Status.INSUFFICIENT]
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


def test_a_crossing_that_each_attribute_hides_is_found(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Selected are women of the north and men of the south: by sex and by region alone all are alike."""
    sex, region = ["f", "m"] * 2000, (["n"] * 2 + ["s"] * 2) * 1000
    chosen = ["1" if (one == "f") == (where == "n") else "0" for one, where in zip(sex, region, strict=True)]
    table = make_table(make_loans(4000, sex=sex, region=region, offered=chosen))
    system = make_system({"protected": ["sex", "region"]})

    results, _ = fairness.examine(system, table.path, table, {}, "early")

    alarms = [one for one in results if one.status is Status.ALARM]
    assert {(one.subject, one.cause) for one in alarms} == {("sex & region", "fairness:sex & region")}
    assert "People with sex=f and region=s" in alarms[0].sentence


def test_the_policys_depth_bounds_the_crossings(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """One is none; three attributes at depth three have a crossing of all."""
    table = make_table(make_loans(900, income=["low", "high", "low"] * 300))
    subjects = []
    for depth in (1, 3):
        system = make_system({"protected": ["sex", "region", "income"]}, checks={"fairness": {"depth": depth}})
        results, _ = fairness.examine(system, table.path, table, {}, "early")
        subjects.append({one.subject for one in results})

    assert not any("&" in subject for subject in subjects[0])
    assert "sex & region & income" in subjects[1]


def test_a_crossing_with_few_people_is_told_once_with_what_is_missing(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Not once a metric."""
    sex, region = ["f"] * 500 + ["m"] * 500, ["n"] * 250 + ["s"] * 250 + ["n"] * 480 + ["s"] * 20
    table = make_table(make_loans(1000, sex=sex, region=region))

    results, _ = fairness.examine(make_system({"protected": ["sex", "region"]}), table.path, table, {}, "")

    (small,) = [one for one in results if one.group == "m & s"]
    assert (small.metric, small.status, small.needed) == ("rates", Status.INSUFFICIENT, 10)
    assert "sex=m and region=s has 20 rows where 30 are needed; 10 more would do" in small.sentence


def test_a_rare_crossing_of_common_groups_is_pooled(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Nine rows of the reference: it may point at people."""
    sex, region = ["f"] * 500 + ["m"] * 500, ["n"] * 250 + ["s"] * 250 + ["n"] * 491 + ["s"] * 9
    before, now = (
        make_table(make_loans(1000, sex=sex, region=region)),
        make_table(make_loans(1000, sex=sex, region=["n", "s"] * 500)),
    )

    results, _ = fairness.examine(make_system({"protected": ["sex", "region"]}), now.path, before, {}, "early")

    told = {one.group for one in results if one.subject == "sex & region" and one.group}
    assert told == {"f & s", "m & n", "(other)"}


def test_each_group_is_compared_with_all_others(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """By policy; the sums of the others are one group's."""
    table = make_table(make_loans(3000, sex=["a", "b", "c"] * 1000))
    system = make_system(checks={"fairness": {"compare": "rest"}})

    results, _ = fairness.examine(system, table.path, table, {}, "early")

    ratios = by_metric(results, "selection_rate_ratio")
    assert [(one.group, one.reference_group, one.n) for one in ratios] == [
        (group, "(all others)", 1000) for group in "abc"
    ]
    assert "all others" in ratios[0].sentence


def test_two_groups_are_compared_once_against_the_rest(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """The other comparison is the same."""
    table = make_table(make_loans(1000))

    results, _ = fairness.examine(make_system(checks={"fairness": {"compare": "rest"}}), table.path, table, {}, "early")

    assert len(by_metric(results, "selection_rate_ratio")) == 1


@pytest.mark.parametrize(("direction", "status"), [("lower", Status.ALARM), ("higher", Status.PASS)])
def test_a_limit_has_a_direction(
    make_system: Callable, make_loans: Callable, make_table: Callable, direction: str, status: Status
) -> None:
    """A group selected less rings only where less is bad; the reason of the limit is told."""
    offered = ["1", "1"] * 500 + ["0", "1"] * 500
    table = make_table(make_loans(2000, sex=["f", "m"] * 1000, offered=offered))
    rule = {"limit": 0.1, "direction": direction, "basis": "section 3 of our policy"}
    checks = {"fairness": {"difference": {"selection_rate": rule}, "ratio": {}, "reference_group": {"sex": "m"}}}

    results, _ = fairness.examine(make_system(checks=checks), table.path, table, {}, "early")

    (gap,) = by_metric(results, "selection_rate_difference")
    assert gap.status is status
    assert "(section 3 of our policy)" in gap.sentence


def test_defaults_say_why(make_system: Callable) -> None:
    """Each limit carries its reason."""
    reasons = {ask.name: ask.limit.basis for ask in asked(make_system())}

    assert reasons["selection_rate_ratio"] == "four-fifths rule, 29 CFR 1607.4 D"
    assert reasons["tpr_difference"].startswith("default: the range that AI Fairness 360 calls fair; no law")


def test_every_class_is_judged(make_system: Callable, make_loans: Callable, make_table: Callable) -> None:
    """Class c is given to women alone; each class's rates are those of one class against the rest."""
    made = ["a", "a", "b", "b", "c", "a"] * 500
    table = make_table(make_loans(3000, sex=["f", "m"] * 1500, offered=made, repaid=made))
    system = make_system({"positive": "a"}, task="multiclass")

    results, rates = fairness.examine(system, table.path, table, {}, "")

    alarms = {one.subject for one in results if one.status is Status.ALARM}
    assert "sex for class c" in alarms
    assert {one.cause for one in results if "class" in one.subject} == {"fairness:sex"}
    sentences = [one.sentence for one in results if one.subject == "sex for class c" and "selection" in one.metric]
    assert "People with sex=m are given class c 0.0 % of the time, sex=f 33.3 %" in sentences[0]
    shown = {(rate.attribute, rate.metric) for rate in rates}
    assert ("sex", "accuracy") in shown
    assert ("sex for class b", "tpr") in shown
    assert ("sex", "tpr") not in shown


def test_a_regression_without_limits_is_held_to_a_small_effect(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """A fifth of the reference's standard deviation, and the sentence says why; predictions need no labels."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], 4000)
    made = rng.normal(10, 2, 4000) + 2.0 * (sex == "f")
    table = make_table(make_loans(4000, repaid=made, offered=made, sex=sex))

    results, _ = fairness.examine(make_system(task="regression"), table.path, table, {}, "early")

    (gap,) = by_metric(results, "mean_prediction_difference")
    assert gap.status is Status.ALARM
    assert gap.limit is not None
    assert gap.limit.max == pytest.approx(0.2 * 2.236, abs=0.02)
    assert "a small effect by Cohen" in gap.sentence
    assert [one.status for one in by_metric(results, "mean_error_difference")] == []


def test_holm_is_over_everything_in_the_window(make_system: Callable) -> None:
    """A doubtful gap alarms with one attribute and not beside sixty others."""
    system = make_system(checks={"fairness": {"ratio": {}, "difference": {"selection_rate": 0.1}, "depth": 1}})
    doubtful = {("f",): Tally(rows=400, selected=134), ("m",): Tally(rows=1000, selected=500)}
    quiet = {("f",): Tally(rows=400, selected=200), ("m",): Tally(rows=1000, selected=500)}
    first = Compared(("sex",), doubtful, asked(system))
    others = [Compared((f"a{number}",), quiet, asked(system)) for number in range(60)]

    alone, among = judge(system, [first])[0], judge(system, [first, *others])[0]

    assert (alone.status, among.status) == (Status.ALARM, Status.INSUFFICIENT)


def test_a_window_goes_on_from_the_one_before(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """The state names the windows; early labels leave the part of errors out."""
    table, system, history, told = make_table(make_loans(600)), make_system(), {}, []
    first = period_of(datetime(2026, 3, 10, tzinfo=UTC), Length.MONTH, "UTC")
    for period in (first, period_of(first.end, Length.MONTH, "UTC")):
        *_, history = fairness.examine_after(system, table.path, table, {}, "early", period=period, history=history)
        told.append(history["fairness"])

    assert [set(one) for one in told] == [{"selection"}, {"selection"}]
    assert [(one["selection"]["after"], one["selection"]["window"]) for one in told] == [
        ("", "2026-03"),
        ("2026-03", "2026-04"),
    ]


def test_the_reference_tells_whether_a_gap_stood_before(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """The same gap, measured there."""
    sex, unequal = ["f", "m"] * 1000, ["0", "1"] * 600 + ["0", "0"] * 400
    now = make_table(make_loans(2000, sex=sex, offered=unequal))
    before = make_table(make_loans(2000, sex=sex, offered=["1", "1"] * 500 + ["0", "0"] * 500))
    system = make_system(checks={"fairness": {"reference_group": {"sex": "m"}}})

    results, _ = fairness.examine(system, now.path, before, {}, "early")

    assert [(one.value, one.reference) for one in by_metric(results, "selection_rate_difference")] == [(-0.6, 0.0)]
