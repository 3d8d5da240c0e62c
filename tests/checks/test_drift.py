"""Drift of one window: statuses, the kept reference, small references, pictures."""

import itertools
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from checks import drift
from checks.columns import SortedReference
from governance.verdict import Distribution, Result, Status
from governance.window import Table

Run = Callable[..., dict[str, Result]]


@pytest.fixture
def run(make_system: Callable, make_loans: Callable, make_table: Callable) -> Run:
    """Judge drift of rows with changed columns against good rows; results by column."""

    def examined(rows: int = 5000, before: int = 5000, policy: dict | None = None, **changes: object) -> dict:
        system = make_system(checks={"drift": policy or {}})
        now, reference = make_table(make_loans(rows, seed=1, **changes)), make_table(make_loans(before))
        return {one.subject: one for one in drift.examine(system, now.path, reference, {})[0]}

    return examined


def test_every_feature_the_score_and_the_prediction_are_watched(run: Run) -> None:
    """All of them pass on rows like the reference's."""
    results = run()

    assert list(results) == ["income", "region", "score", "offered"]
    assert {one.status for one in results.values()} == {Status.PASS}


def test_a_shift_alarms_in_its_column_alone(run: Run) -> None:
    """Income half a deviation up."""
    rng = np.random.default_rng(1)

    results = run(income=rng.lognormal(8, 0.5, 5000) + 1000)

    assert {name: one.status for name, one in results.items() if one.status is not Status.PASS} == {
        "income": Status.ALARM
    }
    assert {one.cause for one in results.values()} == {"drift"}


def test_a_new_category_alarms(run: Run) -> None:
    """A third of the rows bear a region that the reference never saw."""
    regions = np.random.default_rng(0).choice(["north", "south", "nowhere"], 5000)

    assert run(region=regions)["region"].status is Status.ALARM


def test_a_small_window_is_insufficient_and_says_how_many_rows_are_missing(run: Run) -> None:
    """With that many rows it passes."""
    small = run(rows=200)["income"]

    enough = run(rows=200 + (small.needed or 0), before=60_000)["income"]

    assert small.status is Status.INSUFFICIENT
    assert enough.status is Status.PASS


def test_ignored_columns_are_not_watched_and_a_column_may_have_its_own_limit(run: Run) -> None:
    """Both are the policy's."""
    results = run(policy={"ignore": ["score"], "columns": {"income": 0.0001}})

    assert "score" not in results
    assert results["income"].limit is not None
    assert (results["income"].limit.max, results["region"].limit.max) == (0.0001, 0.1)


def test_a_small_reference_keeps_evidentlys_p_but_is_judged_by_the_distance(run: Run) -> None:
    """1000 rows or fewer: value is a p, low and high are the distance's."""
    result = run(before=1000, rows=4000, income=np.full(4000, 9e3) + np.arange(4000) % 7)["income"]

    assert (result.method, result.status) == ("K-S p_value", Status.ALARM)
    assert result.value is not None
    assert result.low is not None
    assert result.value < 1e-6
    assert result.low > 0.5


def test_the_kept_reference_changes_no_result(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """First run, second run from what was kept, and a run after all of it was damaged."""
    reference, now = make_table(make_loans(3000)), make_table(make_loans(3000, seed=2))
    judged = lambda: drift.examine(make_system(), now.path, reference, {})  # noqa: E731
    first, second = judged(), judged()
    kept = list(reference.path.with_name(reference.path.name + ".sorted").rglob("*.*"))

    for file in kept:
        file.write_bytes(b"damaged")

    assert len([file for file in kept if file.suffix == ".npy"]) == 2
    assert first == second == judged()


def test_another_reference_in_the_same_place_is_sorted_anew(make_loans: Callable, make_table: Callable) -> None:
    """What is kept is keyed by the file's digest."""
    first = make_table(make_loans(100))
    SortedReference(first).values("income")
    make_loans(100, income=np.arange(100.0)).write_parquet(first.path)

    values = SortedReference(Table(first.path, "another digest", 100)).values("income")

    assert list(values) == list(np.arange(100.0))


def test_a_refused_column_is_an_error_of_the_contract(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """It is neither silent nor a case of its own."""
    table = make_table(make_loans(500))

    results, _ = drift.examine(make_system(), table.path, table, {"income": "it holds no usable value"})

    assert (results[0].subject, results[0].status, results[0].cause) == ("income", Status.ERROR, "contract")


def test_a_reference_without_values_is_an_error(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """For that column alone."""
    empty = make_loans(500).with_columns(pl.lit(None, dtype=pl.Float64).alias("income"))

    results, _ = drift.examine(make_system(), make_table(make_loans(500)).path, make_table(empty), {})

    assert [one.subject for one in results if one.status is Status.ERROR] == ["income"]


def picture(column: str, found: tuple[Distribution, ...]) -> Distribution:
    """The distribution of one column."""
    (one,) = [each for each in found if each.column == column]
    return one


def test_pictures_count_every_row_between_round_edges(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """Edges are multiples of a round step inside the reference's range; the outer bins are open."""
    frame, other = make_loans(5000), make_loans(4000, seed=3)

    _, found = drift.examine(make_system(), make_table(other).path, make_table(frame), {})

    income = picture("income", found)
    marks = [float(mark) for mark in income.marks]
    assert (sum(income.current), sum(income.reference), len(income.marks)) == (4000, 5000, len(income.current) + 1)
    assert len({round(b - a, 6) for a, b in itertools.pairwise(marks)}) == 1
    assert frame["income"].min() < marks[1]
    assert marks[-2] < frame["income"].max()


def test_rare_categories_are_pooled_in_pictures(
    make_system: Callable, make_loans: Callable, make_table: Callable
) -> None:
    """A name that fewer than ten reference rows bear is not shown."""
    frame = make_loans(1000, region=["north"] * 991 + ["rare"] * 9)

    _, found = drift.examine(make_system(), make_table(frame).path, make_table(frame), {})

    assert picture("region", found).marks == ("north", "(other)")
    assert picture("region", found).reference == (991, 9)
