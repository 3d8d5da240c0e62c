"""Labels: maturity, coverage, contradictions."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from checks.labels import examine
from governance.verdict import Status
from governance.window import LabelCounts


def test_labels_are_early_until_the_delay_has_passed(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """One second before, they may not be used; then they may."""
    system = make_system(labels={"delay_days": 30})
    frame = make_loans(100)
    due = make_window(frame).period.end + timedelta(days=30)

    early, mature = (examine(system, make_window(frame, as_of=due - timedelta(seconds=gap))) for gap in (1, 0))

    assert "30 days" in early.waiting
    assert (early.results[0].status, early.results[0].needed) == (Status.INSUFFICIENT, 0)
    assert (mature.waiting, mature.results[0].status) == ("", Status.PASS)


@pytest.mark.parametrize(
    ("labels", "reason"), [([None] * 100, "no label"), (["1"] * 100, "one class"), (["0"] * 100, "one class")]
)
def test_missing_labels_and_one_class_are_insufficient(
    make_system: Callable, make_loans: Callable, make_window: Callable, labels: list, reason: str
) -> None:
    """Error rates would not be defined."""
    import polars as pl

    frame = make_loans(100).with_columns(pl.Series("repaid", labels, dtype=pl.String))

    found = examine(make_system(), make_window(frame))

    assert reason in found.waiting
    assert found.results[0].status is Status.INSUFFICIENT


def test_contradictions_alarm_and_orphans_are_shown(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """One id with two labels cannot be true."""
    window = make_window(make_loans(100), labels=LabelCounts(orphans=4, contradictions=2))

    results = {one.metric: one for one in examine(make_system(), window).results}

    assert (results["contradictions"].status, results["contradictions"].value) == (Status.ALARM, 2)
    assert (results["orphans"].status, results["orphans"].value) == (Status.PASS, 4)
