"""Performance against policy and reference."""

from collections.abc import Callable

import numpy as np
import pytest

from checks import performance
from checks.ranking import auc
from governance.verdict import Status


def test_the_area_equals_sklearns_with_ties() -> None:
    """Scores in steps, so that many are equal."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    truth = rng.random(3000) < 0.2
    score = np.round(rng.normal(0, 1, 3000) + truth, 1)

    area = auc(np.sort(score[truth]), np.sort(score[~truth]))

    assert area is not None
    assert area.value == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_delongs_interval_holds_the_truth_about_95_times_in_100() -> None:
    """Normal scores one deviation apart have an area of Phi(1 / sqrt 2)."""
    rng, truth = np.random.default_rng(1), 0.7602499389065233
    areas = [auc(np.sort(rng.normal(1, 1, 80)), np.sort(rng.normal(0, 1, 200))) for _ in range(1000)]

    covered = np.mean([low <= truth <= high for low, high in (area.interval(1.959964) for area in areas if area)])

    assert 0.92 <= covered <= 0.98


def test_a_perfect_sample_is_not_certainty() -> None:
    """Its interval keeps half a row of the smaller class."""
    area = auc(np.arange(50.0) + 100, np.arange(50.0))

    assert area is not None
    assert area.interval(1.96) == (0.99, 1.0)


def test_without_a_policy_the_main_metrics_are_held_to_the_reference(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Accuracy and area may fall by 0.05."""
    before, now = make_table(make_loans(5000)), make_table(make_loans(5000, seed=1))

    results = performance.examine(make_system(), now.path, before, {}, "")

    assert [(one.metric, one.status) for one in results] == [("roc_auc", Status.PASS), ("accuracy", Status.PASS)]
    assert all(one.limit and one.reference and one.limit.min == pytest.approx(one.reference - 0.05) for one in results)


def test_random_predictions_alarm(make_system: Callable, make_loans: Callable, make_table: Callable) -> None:
    """Scores that know nothing."""
    rng = np.random.default_rng(5)
    before = make_table(make_loans(5000))
    now = make_table(make_loans(5000, score=rng.normal(0, 1, 5000), offered=rng.choice(["0", "1"], 5000)))

    results = performance.examine(make_system(), now.path, before, {}, "")

    assert {one.status for one in results} == {Status.ALARM}
    assert {one.cause for one in results} == {"performance"}


def test_every_metric_of_the_policy_is_judged(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Their values are those of scikit-learn."""
    from sklearn.metrics import accuracy_score, precision_score, recall_score, roc_auc_score

    frame = make_loans(2000)
    metrics = {name: {"min": 0.5} for name in ("accuracy", "precision", "recall", "roc_auc")}
    system = make_system(checks={"performance": {"metrics": metrics}})

    results = performance.examine(system, make_table(frame).path, None, {}, "")

    truth, made = frame["repaid"].to_numpy() == "1", frame["offered"].to_numpy() == "1"
    theirs = {
        "accuracy": accuracy_score(truth, made),
        "precision": precision_score(truth, made),
        "recall": recall_score(truth, made),
        "roc_auc": roc_auc_score(truth, frame["score"].to_numpy()),
    }
    assert {one.metric: one.value for one in results} == pytest.approx(theirs, abs=1e-12)
    assert all(one.low is not None and one.high is not None and one.low < one.value < one.high for one in results)


def test_regression_is_judged_by_size_and_direction(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Mean absolute error, root mean square, bias, and the default limit of 1.25 times the reference's error."""
    rng = np.random.default_rng(2)
    truth = rng.normal(0, 5, 3000)
    before = make_table(make_loans(3000, repaid=truth, offered=truth + rng.normal(0, 1, 3000)))
    error = rng.normal(1, 1, 3000)
    now = make_table(make_loans(3000, repaid=truth, offered=truth + error))
    limits = {"rmse": {"max": 2}, "bias": {"min": -0.5, "max": 0.5}}
    system = make_system(task="regression", checks={"performance": {"metrics": limits}})

    results = {one.metric: one for one in performance.examine(system, now.path, before, {}, "")}

    values = {"mae": np.abs(error).mean(), "rmse": np.sqrt((error**2).mean()), "bias": error.mean()}
    assert {name: one.value for name, one in results.items()} == pytest.approx(values, abs=1e-9)
    statuses = {"mae": Status.ALARM, "rmse": Status.PASS, "bias": Status.ALARM}
    assert {name: one.status for name, one in results.items()} == statuses


def test_nothing_passes_before_labels_are_mature(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Every metric says what it waits for."""
    table = make_table(make_loans(500))

    results = performance.examine(make_system(), table.path, table, {}, "labels are early")

    assert {one.status for one in results} == {Status.INSUFFICIENT}
    assert all("labels are early" in one.sentence and one.value is None for one in results)


def test_without_limit_and_reference_nothing_passes(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """The result says that no limit is set."""
    results = performance.examine(make_system(), make_table(make_loans(500)).path, None, {}, "")

    assert {one.status for one in results} == {Status.INSUFFICIENT}
    assert "no limit is set" in results[0].sentence


def test_a_class_of_a_few_rows_is_insufficient(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Nine positives are not numbered."""
    table = make_table(make_loans(500, repaid=["1"] * 9 + ["0"] * 491))
    system = make_system(checks={"performance": {"metrics": {"recall": {"min": 0.5}, "roc_auc": {"min": 0.5}}}})

    results = performance.examine(system, table.path, None, {}, "")

    assert [(one.status, one.value, one.n) for one in results] == [(Status.INSUFFICIENT, None, 0)] * 2
