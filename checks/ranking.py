"""The area under the ROC curve, exactly, with DeLong's interval.

AUC is the Mann-Whitney probability that a positive row scores above a negative one, ties counting one half. Its
variance is DeLong's (DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837-845) from the placements of each row
among the other class, found by binary search in the sorted scores: n log n.
"""

import math
from dataclasses import dataclass

import numpy as np

from checks.distances import Sorted
from checks.intervals import Interval

_BLOCK = 1 << 16


@dataclass(frozen=True)
class Auc:
    """The area, its standard error, and the rows of both classes."""

    value: float
    error: float
    positives: int
    negatives: int

    @property
    def n(self) -> int:
        """Rows of the smaller class."""
        return min(self.positives, self.negatives)

    def interval(self, z: float) -> Interval:
        """DeLong's, within [0, 1], and never narrower than half a row of the smaller class (a perfect sample)."""
        half = max(z * self.error, 0.5 / self.n)
        return max(0.0, self.value - half), min(1.0, self.value + half)


def _placements(values: Sorted, among: Sorted) -> tuple[float, float]:
    """Mean and variance of the share of `among` below each value, ties counting one half; both are sorted.

    Block by block, so that memory is bounded: sums around one half, where a score that tells nothing has its mean.
    """
    n, total, squares = len(values), 0.0, 0.0
    for start in range(0, n, _BLOCK):
        part = values[start : start + _BLOCK]
        shares = _ranks(part, among) / (2 * len(among)) - 0.5
        total, squares = total + float(shares.sum()), squares + float(np.square(shares).sum())
    return 0.5 + total / n, max(0.0, squares - total * total / n) / (n - 1)


def _ranks(part: Sorted, among: Sorted) -> Sorted:
    """Twice how many of `among` lie below each value, ties counting one half; only near the part is searched."""
    low, high = int(np.searchsorted(among, part[0], "left")), int(np.searchsorted(among, part[-1], "right"))
    near = among[low:high]
    below = np.searchsorted(near, part, "left")
    ranks = 2 * (below + low)
    if len(near):
        tied = near[np.minimum(below, len(near) - 1)] == part
        if tied.any():
            ranks[tied] += np.searchsorted(near, part[tied], "right") - below[tied]
    return ranks


def auc(positive: Sorted, negative: Sorted) -> Auc | None:
    """The area from the sorted scores of both classes; None with fewer than two rows of either."""
    n, m = len(positive), len(negative)
    if n < 2 or m < 2:
        return None
    (area, ours), (_, theirs) = _placements(positive, negative), _placements(negative, positive)
    return Auc(area, math.sqrt(ours / n + theirs / m), n, m)
