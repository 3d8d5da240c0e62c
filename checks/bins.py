"""The bins of a column, from its reference alone, and how a window and the reference's blocks fill them.

Numbers: between up to eleven quantiles of the reference (values up to a quantile lie below it). Categories: the eleven
most frequent of the reference, and all others. Bounds and names are row data: they are kept beside the sorted
reference, never in a verdict.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks import edetector, wobble
from checks.columns import SortedReference
from checks.distances import Sorted
from checks.edetector import Array, Scores
from checks.wobble import Blocks
from governance.window import Length

QUANTILES: Array = np.array([0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
CATEGORIES = 11

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Bins:
    """Bounds (numbers) or names (categories; the last bin holds all others), and rows of the reference by bin."""

    bounds: tuple[float, ...]
    names: tuple[str, ...]
    rows: tuple[int, ...]
    blocks: Blocks

    @property
    def scores(self) -> Scores:
        """What is bet on."""
        return _scores(self.rows, numeric=bool(self.bounds))

    def of_numbers(self, values: Sorted) -> Counts:
        """Rows by bin of sorted finite numbers."""
        below = np.searchsorted(values, np.array(self.bounds), "right")
        return np.diff(np.concatenate([[0], below, [len(values)]])).astype(np.int64)

    def of_categories(self, counts: Mapping[str, int]) -> Counts:
        """Rows by bin of category counts."""
        known = [counts.get(name, 0) for name in self.names]
        return np.array([*known, sum(counts.values()) - sum(known)], dtype=np.int64)

    def steps(self) -> Array:
        """How wide each bound's share of the axis is: weights of the trapezoid rule over the bounds."""
        bounds = np.array(self.bounds)
        if len(bounds) < 2:
            return np.zeros(len(bounds))
        gaps = np.diff(bounds)
        return np.asarray((np.concatenate([[0.0], gaps]) + np.concatenate([gaps, [0.0]])) / 2)


def _scores(rows: tuple[int, ...], *, numeric: bool) -> Scores:
    """Bets from the reference's rows by bin; an empty bin counts as one row."""
    filled = np.maximum(np.array(rows, np.float64), 1.0)
    shares = filled / filled.sum()
    return edetector.of_numbers(shares) if numeric else edetector.of_categories(shares)


def of_reference(kept: SortedReference, column: str, time: str, length: Length, zone: str, *, numeric: bool) -> Bins:
    """The bins of a column and what its blocks show; computed once for a reference and kept beside it."""
    name = f"{column}\n{time} {length} {zone} {'numeric' if numeric else 'categorical'}"
    found = _read(kept.facts(name))
    if found is None:
        found = _numeric(kept, column, time, length, zone) if numeric else _named(kept, column, time, length, zone)
        kept.remember(name, asdict(found))
    return found


def _read(facts: dict[str, Any] | None) -> Bins | None:
    """The bins that were kept; None for anything else."""
    try:
        told = dict(facts or {})
        blocks = Blocks(**{**told["blocks"], "variance": tuple(told["blocks"]["variance"])})
        return Bins(tuple(told["bounds"]), tuple(told["names"]), tuple(told["rows"]), blocks)
    except (KeyError, TypeError):
        return None


def _numeric(kept: SortedReference, column: str, time: str, length: Length, zone: str) -> Bins:
    values = kept.values(column)
    places = np.ceil(QUANTILES * len(values)).astype(np.int64) - 1
    bounds = np.unique(np.asarray(values[np.maximum(places, 0)], np.float64))
    bounds = bounds[bounds < values[-1]]
    if not len(bounds):
        bounds = np.array([np.nextafter(np.float64(values[-1]), -np.inf), np.float64(values[-1])])
    rows = Bins(tuple(bounds.tolist()), (), (), _NO_BLOCKS).of_numbers(values)
    blocks = kept.blocks_of_numbers(column, bounds, time, length, zone)
    return _measured(tuple(bounds.tolist()), (), rows, blocks)


def _named(kept: SortedReference, column: str, time: str, length: Length, zone: str) -> Bins:
    counts = kept.counts(column)
    names = tuple(sorted(counts, key=lambda name: (-counts[name], name))[:CATEGORIES])
    rows = Bins((), names, (), _NO_BLOCKS).of_categories(counts)
    blocks = kept.blocks_of_categories(column, names, time, length, zone)
    return _measured((), names, rows, blocks)


def _measured(bounds: tuple[float, ...], names: tuple[str, ...], rows: Counts, blocks: Counts) -> Bins:
    filled = tuple(int(one) for one in rows)
    shown = wobble.measure(_scores(filled, numeric=bool(bounds)), blocks, sum(filled))
    return Bins(bounds, names, filled, shown)


_NO_BLOCKS = Blocks(0, 0, 1.0, (), 1.0)
