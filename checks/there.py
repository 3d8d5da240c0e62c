"""Drift judged where the rows lie: the reference is here, sorted; of the window only counts and sums come here.

Each column's distance is bounded by a grid (checks/grid.py). Where the status is the same at both ends of the bounds
it is the status of the exact distance, since all rules are monotone in it, and the column is done. Else, and for all
that a grid cannot bound (a reference of up to 1000 rows, whose value is a p; one of up to five values), the engine is
asked for the column's values with their counts, and the distance is exact. Categories, and the counts that the
e-detector bets on, are exact always.

A result that rests on bounds says so: its value is their middle, `low` and `high` are wide enough for both ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from checks import distances, drift, grid, noise, words
from checks.columns import SortedReference
from checks.drift import Moved
from checks.grid import Grid, Group, Plan
from checks.names import LEAST_ROWS
from checks.sequential import Followed, Follower
from governance.registry.system import System
from governance.verdict import Result, rounded
from governance.window import Period, Table

FAR = 1e4  # deviations; beyond, the window's own deviation cannot be had from sums
METHOD = f"{distances.WASSERSTEIN}, bounded by {grid.CELLS} cells"


class Rows(Protocol):
    """A window's rows in an engine (governance/adapters/engine.py)."""

    def grid(self, column: str, plan: Plan) -> Sequence[Group]:
        """Counts and sums by cell and rank of the finite numbers."""

    def counts(self, column: str) -> dict[str, int]:
        """How often each text occurs."""

    def ordered(self, column: str) -> Sequence[tuple[float, int]]:
        """The finite values with their counts, rising."""


def examine(
    system: System,
    rows: Rows,
    reference: Table,
    *,
    period: Period | None = None,
    history: Mapping[str, Any] | None = None,
) -> tuple[tuple[Result, ...], dict[str, Any]]:
    """Judge each watched column as `checks.drift.examine_after` does; the last is the state for the next window."""
    kept, columns = SortedReference(reference), drift.watched(system)
    follower = Follower(system, kept, columns=len(columns), digest=reference.sha256, period=period, history=history)
    results = []
    for column, numeric in columns.items():
        if numeric:
            results.append(_numbers(system, column, rows, kept, follower))
        else:
            results.append(drift.of_names(system, column, rows.counts(column), kept, follower)[0])
    return tuple(results), follower.state


def _numbers(system: System, column: str, rows: Rows, kept: SortedReference, follower: Follower) -> Result:
    """A numeric column: by its grid where that tells."""
    before = kept.values(column)
    if not len(before):
        return drift.no_reference(column)
    plan = None
    if len(before) > distances.LARGE_REFERENCE and distances.few_values(before) is None:
        plan = grid.plan_of(before, follower.bins(column, numeric=True).bounds)
    if plan is None:
        now = _values(rows, column)
        return drift.of_values(system, column, now, kept, lambda by: follower.numbers(column, by, now))[0]
    now_grid = grid.gathered(plan, rows.grid(column, plan))
    if now_grid.n < LEAST_ROWS:
        return drift.too_few(system, column)
    followed = follower.binned(column, drift.constants(kept, column, before)[0], now_grid.ranked)
    bounded = _bounded(system, column, kept, now_grid, followed)
    return bounded or drift.of_values(system, column, _values(rows, column), kept, lambda _: followed)[0]


def _values(rows: Rows, column: str) -> distances.Sorted:
    """The column's values, sorted."""
    told = np.array(rows.ordered(column), np.float64).reshape(-1, 2)
    return np.repeat(told[:, 0], told[:, 1].astype(np.int64))


def _bounded(system: System, column: str, kept: SortedReference, now: Grid, followed: Followed) -> Result | None:
    """The result if both ends of the bounds agree on its status; None if they do not, or cannot be computed."""
    before, reference = kept.values(column), _reference(kept, column, now.plan)
    deviation, mean = drift.constants(kept, column, before)
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = _outward(*(end / deviation for end in grid.wasserstein(reference, now)))
        spread, away = rounded(now.deviation / deviation), abs(float(now.sums.sum())) / now.n / deviation
    if not np.isfinite([low, high, mean, spread]).all() or away > FAR:
        return None
    noisy = noise.of_numbers(mean, spread, now.n, len(before))
    least, middle, most = (
        drift.result_of(
            system,
            column,
            Moved(distances.WASSERSTEIN, at, at, noisy, now.n, len(before), numeric=True, followed=followed),
        )
        for at in (low, (low + high) / 2, high)
    )
    if least.status is not most.status:
        return None
    told = f" It was counted where the rows lie; the distance is known to within {words.number((high - low) / 2)}."
    return replace(middle, low=least.low, high=most.high, method=METHOD, sentence=middle.sentence + told)


def _outward(low: float, high: float) -> tuple[float, float]:
    """Bounds on a raster of 1e-7: engines add up in any order, so the last digits of sums are not always the same."""
    return float(np.floor(low * 1e7) / 1e7), float(np.ceil(high * 1e7) / 1e7)


def _reference(kept: SortedReference, column: str, plan: Plan) -> Grid:
    """The reference's grid; counted once."""

    def counted() -> dict[str, Any]:
        return {"groups": list(grid.groups_of(plan, kept.values(column)))}

    return grid.gathered(plan, kept.once(f"{column}\n{plan}", counted)["groups"])
