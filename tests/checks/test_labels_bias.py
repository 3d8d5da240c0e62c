"""Labels that would mislead are found: known for one group only, or copied from the predictions."""

import polars as pl

from checks.judge import judge
from checks.labels import examine
from governance.verdict import Result, Status, Verdict
from governance.window import LabelCounts
from tests.checks.conftest import PERIOD, MakeWindow, lending, loans


def of(verdict: Verdict, metric: str) -> list[Result]:
    """The label results of one metric."""
    return [one for one in verdict.results if one.check == "labels" and one.metric == metric]


def test_labels_known_for_one_group_only_are_an_alarm(make_window: MakeWindow) -> None:
    """Women's outcomes are known half as often: what is judged by labels speaks of a selection."""
    few = pl.when((pl.col("sex") == "f") & (pl.int_range(pl.len()) % 2 == 0)).then(None).otherwise("repaid")
    window = make_window(loans(2000, seed=2).with_columns(repaid=few), loans(2000, seed=1))

    verdict = judge(lending(), window)

    gaps = {one.subject: one for one in of(verdict, "coverage_gap")}
    assert gaps["sex"].status is Status.ALARM
    assert gaps["sex"].group in ("f", "m")
    assert abs(gaps["sex"].value or 0) > 0.4
    assert gaps["offered"].status is Status.PASS


def test_early_labels_show_their_gap_and_ring_nothing(make_window: MakeWindow) -> None:
    """More may come; until then it is only shown."""
    few = pl.when(pl.col("offered") == "1").then("repaid")
    window = make_window(loans(2000, seed=2).with_columns(repaid=few), loans(2000, seed=1), as_of=PERIOD.end)

    verdict = judge(lending(labels={"delay_days": 30}), window)

    gaps = {one.subject: one for one in of(verdict, "coverage_gap")}
    assert gaps["offered"].status is Status.INSUFFICIENT
    assert gaps["offered"].value in (-1.0, 1.0)
    assert verdict.of(Status.ALARM, Status.ERROR) == []


def test_labels_copied_from_the_predictions_ring_and_are_not_used(make_window: MakeWindow) -> None:
    """Otherwise the model would seem to be perfect."""
    copied = loans(2000, seed=2).with_columns(repaid=pl.col("offered"))

    verdict = judge(lending(), make_window(copied, loans(2000, seed=1)))

    assert [one.status for one in of(verdict, "copies")] == [Status.ALARM]
    measured = [one for one in verdict.results if one.check == "performance"]
    assert {one.status for one in measured} == {Status.INSUFFICIENT}


def test_ordinary_labels_are_no_copies(make_window: MakeWindow) -> None:
    """A good model still errs."""
    verdict = judge(lending(), make_window(loans(2000, seed=2), loans(2000, seed=1)))

    assert of(verdict, "copies") == []
    assert {one.status for one in of(verdict, "coverage_gap")} == {Status.PASS}


def test_a_label_known_before_its_prediction_rings(make_window: MakeWindow) -> None:
    """With labels that have times, what came before the prediction is an alarm; a correction is only told."""
    counts = LabelCounts(corrections=3, impossible=2)
    window = make_window(loans(2000, seed=2), loans(2000, seed=1), labels=counts)
    source = {"source": {"address": "l.parquet"}, "time": "known_on"}

    known = examine(lending(labels=source), window)

    found = {one.metric: one for one in known.results}
    assert (found["impossible_times"].status, found["impossible_times"].value) == (Status.ALARM, 2)
    assert (found["corrections"].status, found["corrections"].value) == (Status.PASS, 3)
