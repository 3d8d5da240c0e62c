"""Wobble: how much the reference itself varies from block to block, a block being as long as a window.

Rows of one day are alike: no rule that takes rows as independent survives ordinary days. So the reference is cut into
blocks of the window's length, in the system's zone, and each score's means m of B blocks are compared:

1. variance: the mean square of m around its mean, B - 1 in the denominator, in units of a row's variance. Chance
   alone gives 1/n, n the harmonic mean of the blocks' rows.
2. runs: where neighbouring blocks are alike (hours of a day, days of a week) the sum of a run varies more than its
   length says. The greatest ratio over runs of 2, 4, 8 ... up to B/8 blocks is taken, mean over the scores, where it is
   more than two standard errors above 1 (variance ratio: Lo and MacKinlay, Rev. Financial Stud. 1 (1988) 41-66). A
   bin that is empty in every block varies by rounding alone (1e-33) and says nothing.
3. tau^2 = widened variance x runs - 1/n, at least 0. The widening (checks/edetector.py) is the price of few blocks: 1.3
   times for 60, 9 times for 10.
4. With fewer than ten blocks the reference does not know its wobble. Then tau is taken to be as large as the policy's
   limit, or as what the few blocks show where that is larger, and the result says so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checks.edetector import Array, Scores, means, widening

LEAST_BLOCKS = 10
LEAST_ROWS = 10
RUNS_SHARE = 8
ROUNDING = 1e-15


@dataclass(frozen=True)
class Blocks:
    """What the blocks of a reference show: their number, all rows, their harmonic mean, rules 1 and 2."""

    number: int
    rows: int
    harmonic: float
    variance: tuple[float, ...]
    runs: float

    @property
    def known(self) -> bool:
        """Whether they are enough to know the wobble."""
        return self.number >= LEAST_BLOCKS

    @property
    def missing(self) -> int:
        """How many more blocks would do."""
        return max(0, LEAST_BLOCKS - self.number)


def measure(scores: Scores, counts: NDArray[np.int64], rows: int) -> Blocks:
    """Rules 1 and 2 from the counts of the blocks (B x J) in order of time; blocks under ten rows are left out."""
    counts = counts[counts.sum(axis=1) >= LEAST_ROWS]
    number = len(counts)
    if number < 2:
        return Blocks(number, rows, float(rows), (0.0,) * len(scores.values), 1.0)
    found = means(scores, counts)
    harmonic = number / float((1 / counts.sum(axis=1)).sum())
    centred = found - found.mean(axis=0)
    variance = (centred**2).sum(axis=0) / (number - 1)
    return Blocks(number, rows, harmonic, tuple(variance.tolist()), _runs(centred, variance))


def _runs(centred: Array, variance: Array) -> float:
    """Rule 2."""
    number, most = len(centred), 1.0
    varies = variance > ROUNDING
    centred, variance = centred[:, varies], variance[varies]
    total = np.vstack([np.zeros(centred.shape[1]), np.cumsum(centred, axis=0)])
    length = 2
    while length <= number / RUNS_SHARE and varies.any():
        sums = total[length:] - total[:-length]
        ratio = (sums**2).mean(axis=0) / (length * variance) / (1 - length / number)
        error = np.sqrt(2 * (2 * length - 1) * (length - 1) / (3 * length * number))
        most = max(most, float(ratio.mean())) if ratio.mean() > 1 + 2 * error else most
        length *= 2
    return most


def variances(blocks: Blocks, limit: float, log_level: float) -> tuple[Array, Array]:
    """tau^2 of every score, and the variance of the reference's mean, both in units of a row's variance.

    Args:
        blocks: what the reference shows.
        limit: the policy's limit, in standard deviations of a row.
        log_level: L of checks/edetector.py.
    """
    shown, chance = np.array(blocks.variance), 1 / blocks.harmonic
    if blocks.known:
        wobble = np.maximum(0.0, widening(blocks.number, log_level) * blocks.runs * shown - chance)
    else:
        wobble = np.maximum(shown - chance, limit**2)
    return wobble, 1 / blocks.rows + wobble / max(1, blocks.number)
