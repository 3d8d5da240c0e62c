"""Estimates before labels come: what calibrated scores make likely, marked as such, never an alarm."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from checks.estimate import Cell, examine, expected, expected_auc
from checks.judge import judge
from governance.adapters.pull import pull_window
from governance.adapters.registry_files import load_registry
from governance.registry.system import Labels
from governance.verdict import Status
from tests.checks.conftest import MakeWindow, lending, loans

HOME = Path(__file__).parents[2] / "deployments"
CELLS = [Cell("", 0, selected=False, n=60), Cell("", 1, selected=False, n=20), Cell("", 1, selected=True, n=20)]
RATES = {0: 0.1, 1: 0.5}


def test_the_expected_table_is_the_sum_of_the_bins() -> None:
    """60 rows at 10 % and 40 at 50 %, of which 20 are selected."""
    table = expected(CELLS, RATES)

    assert (table.tp, table.fp, table.fn, table.tn) == pytest.approx((10, 10, 16, 64))
    assert (table.accuracy, table.tpr, table.fpr) == pytest.approx((0.74, 10 / 26, 10 / 74))


def test_the_expected_area_counts_pairs_of_bins() -> None:
    """20 positives above 54 negatives, ties within a bin counting one half."""
    pairs = 6 * 54 / 2 + 20 * (54 + 20 / 2)

    assert expected_auc(CELLS, RATES) == pytest.approx(pairs / (26 * 74))


def test_estimates_are_near_the_truth_and_say_what_they_assume(make_window: MakeWindow) -> None:
    """Two samples of one world: the truth that is withheld lies close by, and nothing rings."""
    current, system = loans(3000, seed=2), lending()
    window = make_window(current, loans(3000, seed=1))

    found = {one.metric: one for one in examine(system, window, {})}

    truth = float((current["offered"] == current["repaid"]).mean())  # type: ignore[arg-type]
    assert found["estimated_accuracy"].value == pytest.approx(truth, abs=0.03)
    assert set(found) == {
        "estimated_accuracy",
        "estimated_roc_auc",
        "estimated_tpr_difference",
        "estimated_fpr_difference",
    }
    assert {one.status for one in found.values()} == {Status.INSUFFICIENT}
    assert all("if a score still means what it meant in the reference" in one.sentence for one in found.values())
    assert abs(found["estimated_tpr_difference"].value or 0) < 0.1


def test_without_labels_in_the_reference_nothing_is_estimated(make_window: MakeWindow) -> None:
    """There is nothing to calibrate by."""
    blank = loans(3000, seed=1).with_columns(repaid=np.full(3000, None, dtype=object))

    assert examine(lending(), make_window(loans(3000, seed=2), blank.cast({"repaid": str})), {}) == ()


@pytest.mark.long
def test_employment_is_estimated_within_two_points(tmp_path: Path) -> None:
    """AUC 0.903 for 0.902, and the gap in true positive rate between people with and without a disability."""
    system = load_registry(HOME).system("employment-ma")
    late = system.model_copy(update={"labels": Labels(source=system.labels.source, delay_days=36500)})
    now = datetime(2026, 11, 24, tzinfo=UTC)
    (period,) = [one for one in system.window.due(now) if one.name == "2016"]

    verdict = judge(late, pull_window(late, period, home=HOME, into=tmp_path, as_of=now))

    found = {(one.subject, one.metric): one for one in verdict.results if one.metric.startswith("estimated")}
    assert found["binary", "estimated_roc_auc"].value == pytest.approx(0.902, abs=0.005)
    assert abs(found["DIS", "estimated_tpr_difference"].value or 0) == pytest.approx(0.597, abs=0.02)
