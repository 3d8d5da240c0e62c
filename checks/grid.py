"""How far two samples lie apart, from counts and sums by cell: bounds that hold for certain, whatever lies in a cell.

A grid cuts the axis into cells and keeps of each the rows, the sum and the sum of squares of x - origin. Grids over
the same edges add up: over parts of a table, over machines, over days. Inside a cell [a, b] with F(a) and F(b) known,
    integral of F dx = (b - o) F(b) - (a - o) F(a) - (sum of x - o in the cell) / n
is exact, so the integral of F - G is, and with it a lower bound of the first Wasserstein distance, the integral of
|F - G|. Upwards only cells in which F - G may change its sign leave room: there F - G lies within F(b) - G(a) and
G(b) - F(a). With 4,096 cells over the reference's body the room is some thousandths of a standard deviation where
nothing moved, and nothing where the samples really differ.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from checks.distances import Sorted
from governance.verdict import rounded

CELLS = 4096
BODY = 0.001
ROUNDING = 1e-9
_BLOCK = 1 << 20

Array = NDArray[np.float64]
Group = tuple[int, int, int, float, float, float, float]


@dataclass(frozen=True)
class Plan:
    """Where the axis is cut: CELLS even cells from `low` to `high`, one beyond each end, and cuts of their own.

    A number x lies in cell -1 if x < low, in CELLS if x >= high, else in floor((x - low) * scale), at most CELLS - 1;
    its rank is how many of the (rising) `cuts` lie below it. Both in IEEE doubles, so that every engine agrees.
    """

    low: float
    high: float
    cuts: tuple[float, ...] = ()

    @property
    def cells(self) -> int:
        """Even cells."""
        return CELLS

    @property
    def scale(self) -> float:
        """Cells for each unit."""
        return CELLS / (self.high - self.low)

    @cached_property
    def edges(self) -> Array:
        """All inner edges, rising."""
        return np.unique(np.concatenate([np.linspace(self.low, self.high, CELLS + 1), self.cuts]))

    def places(self, cell: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the interval between edges in which rows of a cell and rank lie; 0 is below the first edge."""
        starts = np.concatenate([[-np.inf], np.linspace(self.low, self.high, CELLS + 1)])[cell + 1]
        above = np.concatenate([[-np.inf], self.cuts])[rank]
        return np.asarray(np.searchsorted(self.edges, np.maximum(starts, above), "right"), np.int64)


@dataclass(frozen=True)
class Grid:
    """Rows, sums and sums of squares (of x - plan.low) by interval, rows by rank, the least and greatest x of all.

    The interval of a row that lies on an edge may be the one above or below; its rank is exact.
    """

    plan: Plan
    rows: NDArray[np.int64]
    ranked: NDArray[np.int64]
    sums: Array
    squares: Array
    least: float
    greatest: float

    @property
    def n(self) -> int:
        """All rows."""
        return int(self.rows.sum())

    @property
    def deviation(self) -> float:
        """The standard deviation, n in its denominator."""
        mean = float(self.sums.sum()) / self.n
        return float(np.sqrt(max(0.0, float(self.squares.sum()) / self.n - mean * mean)))


def plan_of(reference: Sorted, cuts: tuple[float, ...]) -> Plan | None:
    """The plan for a sorted reference: its body without the outermost thousandths, rounded outwards to hundredths.

    None where it does not spread. `low` and `high` may be told: they are no values of rows.
    """
    beyond = int(len(reference) * BODY)
    first, last = float(reference[beyond]), float(reference[len(reference) - 1 - beyond])
    if not (math.isfinite(last - first) and last - first > (abs(first) + abs(last)) * CELLS * ROUNDING):
        return None
    step = 10.0 ** math.floor(math.log10((last - first) / 10))
    low, high = math.floor(first / step) * step, math.ceil(last / step) * step
    return Plan(rounded(low), rounded(high), cuts)


def groups_of(plan: Plan, values: Sorted) -> Iterator[Group]:
    """What an engine would say of sorted numbers, in blocks."""
    for start in range(0, len(values), _BLOCK):
        yield from _groups(plan, np.asarray(values[start : start + _BLOCK], np.float64))


def _groups(plan: Plan, values: Array) -> Iterable[Group]:
    """The same of one block."""
    cell = np.clip(np.floor((np.clip(values, plan.low, plan.high) - plan.low) * plan.scale), 0, CELLS - 1)
    cell = np.where(values < plan.low, -1, np.where(values >= plan.high, CELLS, cell)).astype(np.int64)
    rank = np.searchsorted(np.array(plan.cuts), values, "left")
    starts = np.flatnonzero(np.diff(cell * (len(plan.cuts) + 1) + rank, prepend=-(len(plan.cuts) + 2)))
    ends, moved = [*starts[1:], len(values)], values - plan.low
    sums, squares = np.add.reduceat(moved, starts), np.add.reduceat(moved * moved, starts)
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        ours = (int(cell[start]), int(rank[start]), int(end - start))
        yield (*ours, float(sums[at]), float(squares[at]), float(values[start]), float(values[end - 1]))


def gathered(plan: Plan, groups: Iterable[Group]) -> Grid:
    """Groups (cell, rank, rows, sum, sum of squares, least, greatest), of one part or of many, as one grid."""
    told = np.array(list(groups), np.float64).reshape(-1, 7)
    cell, rank = told[:, 0].astype(np.int64), told[:, 1].astype(np.int64)
    places = plan.places(cell, rank)
    ranked = np.bincount(rank, told[:, 2], len(plan.cuts) + 1).astype(np.int64)
    width = len(plan.edges) + 1
    rows, sums, squares = (np.bincount(places, told[:, part], width).astype(np.float64) for part in (2, 3, 4))
    least, greatest = told[:, 5].min(initial=np.inf), told[:, 6].max(initial=-np.inf)
    return Grid(plan, rows.astype(np.int64), ranked, sums, squares, float(least), float(greatest))


def wasserstein(first: Grid, second: Grid) -> tuple[float, float]:
    """Bounds of the first Wasserstein distance of two samples over one plan, in the unit of the column."""
    edges = first.plan.edges
    ends = min(first.least, second.least, edges[0]), max(first.greatest, second.greatest, edges[-1])
    every = np.concatenate([[ends[0]], edges, [ends[1]]]) - first.plan.low
    a, b, width = every[:-1], every[1:], np.diff(every)
    f, g = (np.concatenate([[0.0], np.cumsum(one.rows) / one.n]) for one in (first, second))
    whole = (b * f[1:] - a * f[:-1] - first.sums / first.n) - (b * g[1:] - a * g[:-1] - second.sums / second.n)
    above, below = f[1:] - g[:-1], g[1:] - f[:-1]
    positive = np.minimum(width * above, np.maximum(whole, 0) + width * below)
    sure = (above <= 0) | (below <= 0)
    most = np.where(sure, np.abs(whole), np.maximum(np.abs(whole), 2 * positive - whole))
    low, high = float(np.abs(whole).sum()), float(most.sum())
    room = ROUNDING * max(high, first.plan.high - first.plan.low) + ROUNDING**1.5 * float(every[-1] - every[0])
    return max(0.0, low - room), high + room
