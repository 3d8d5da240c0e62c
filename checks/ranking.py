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


def _placements(values: Sorted, among: Sorted) -> Sorted:
    """For each value the share of `among` below it, ties counting one half; both sorted."""
    below, upto = np.searchsorted(among, values, "left"), np.searchsorted(among, values, "right")
    return (below + upto) / (2 * len(among))


def auc(positive: Sorted, negative: Sorted) -> Auc | None:
    """The area from the sorted scores of both classes; None with fewer than two rows of either."""
    n, m = len(positive), len(negative)
    if n < 2 or m < 2:
        return None
    ours, theirs = _placements(positive, negative), _placements(negative, positive)
    variance = float(ours.var(ddof=1)) / n + float(theirs.var(ddof=1)) / m
    return Auc(float(ours.mean()), math.sqrt(variance), n, m)
