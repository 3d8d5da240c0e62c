"""Counts of a column for pictures, without any row's value.

Rules
1. Edges of numbers are multiples of a round step (1, 2 or 5 times a power of ten), from near the reference's 1 % to
   near its 99 % quantile, or further in so that ten rows lie beyond each; the outer bins are open.
2. Categories carry only names that `checks.names` lets through; the others are pooled.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from checks.distances import Sorted
from checks.names import LEAST_ROWS, OTHER, shown
from governance.verdict import Distribution, rounded

_BINS = 15
_MOST_NAMES = 30


def _step(span: float) -> float:
    """A round step that cuts `span` into about fifteen."""
    power = 10.0 ** math.floor(math.log10(span / _BINS))
    return power * next(factor for factor in (1, 2, 5, 10) if power * factor >= span / _BINS)


def edges(reference: Sorted) -> tuple[float, ...]:
    """Round edges for a sorted reference; none when it is too small or does not spread."""
    n = len(reference)
    beyond = max(LEAST_ROWS, n // 100)
    if n <= 2 * beyond:
        return ()
    low, high = float(reference[beyond]), float(reference[n - 1 - beyond])
    if not math.isfinite(high - low) or high - low <= abs(high) * 1e-9 or high - low < 1e-290:
        return ()
    step = _step(high - low)
    first, last = math.floor(low / step), math.ceil(high / step)
    return tuple(rounded(place * step) for place in range(first, last + 1))


def of_numbers(column: str, reference: Sorted, current: Sorted) -> Distribution | None:
    """Counts between round edges; None where no picture may be drawn."""
    marks = edges(reference)
    if len(marks) < 3:
        return None
    inner = np.asarray(marks[1:-1])
    return Distribution(column, "numeric", marks, _between(current, inner), _between(reference, inner))


def _between(values: Sorted, inner: Sorted) -> tuple[int, ...]:
    """Counts of sorted values below the first inner edge, between edges, and from the last on."""
    places = np.searchsorted(values, inner, "left")
    return tuple(int(rows) for rows in np.diff(np.concatenate([[0], places, [len(values)]])))


def of_categories(
    column: str, reference: Mapping[str, int], current: Mapping[str, int], allowed: Iterable[str]
) -> Distribution:
    """Counts by name, the most frequent first in the reference; rare and unknown names are pooled."""
    may = set(allowed)
    pooled: dict[str, list[int]] = {}
    for place, counts in enumerate((reference, current)):
        for name, rows in counts.items():
            pooled.setdefault(shown(name, may), [0, 0])[place] += rows
    order = sorted((name for name in pooled if name != OTHER), key=lambda name: (-pooled[name][0], name))
    for name in order[_MOST_NAMES:]:
        pooled[OTHER] = [a + b for a, b in zip(pooled.get(OTHER, [0, 0]), pooled[name], strict=True)]
    marks = (*order[:_MOST_NAMES], *([OTHER] if OTHER in pooled else []))
    return Distribution(
        column,
        "categorical",
        marks,
        tuple(pooled[name][1] for name in marks),
        tuple(pooled[name][0] for name in marks),
    )
