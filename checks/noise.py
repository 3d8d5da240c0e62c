"""How far two samples of one population lie apart: the noise that a distance must rise above.

Numbers: the normed Wasserstein distance of samples of n and m rows behaves as c * sqrt(1/n + 1/m), where c depends on
the population's form alone (a weighted Brownian bridge). Mean and deviation of c come from a seeded simulation on at
most 4,096 quantiles of the reference, once. Categories: seeded multinomial draws at the very n and m, from the middle
between the shares of both samples (a category that only one of them knows is noisy too) and with one more category
that neither has shown, at the share a row would give it. In both, noise at a level is mean + z * deviation.

Limits: rows are taken as independent; what lies beyond the outermost of the 4,096 quantiles is not drawn, so columns
with very heavy tails are noisier than simulated.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from checks.distances import Sorted, jensen_shannon

SEED = 20260101
QUANTILES = 4096
DRAWS = 200
SAMPLE = 1024
_WORK = 2_000_000


@dataclass(frozen=True)
class Noise:
    """Mean and standard deviation of c, where a distance under no drift is c * sqrt(1/n + 1/m)."""

    mean: float
    deviation: float

    def at(self, alpha: float, n: int, m: int) -> float:
        """The distance that samples of n and m rows of one population exceed with probability `alpha`."""
        return self.constant(alpha) * math.sqrt(1 / n + 1 / m)

    def constant(self, alpha: float) -> float:
        """The quantile of c at 1 - alpha, taking c as normal."""
        return self.mean + NormalDist().inv_cdf(1 - alpha) * self.deviation


def of_numbers(reference: Sorted, deviation: float) -> Noise:
    """Simulated on the reference's quantiles; `deviation` is what the distance is divided by."""
    size = min(len(reference), QUANTILES)
    population = np.asarray(reference[((np.arange(size) + 0.5) * len(reference) / size).astype(np.int64)], np.float64)
    rng = np.random.default_rng(SEED)
    first, second = (np.sort(rng.integers(0, size, (DRAWS, SAMPLE)), axis=1) for _ in range(2))
    distance = np.abs(population[first] - population[second]).mean(axis=1) / deviation
    return _scaled(distance, SAMPLE, SAMPLE)


def of_categories(reference: NDArray[np.float64], current: NDArray[np.float64]) -> Noise:
    """Simulated from two tables of counts over the same categories, at the sizes of the two samples."""
    m, n = int(reference.sum()), int(current.sum())
    unseen = 1 / (1 + min(n, m))
    share = np.append((reference / m + current / n) / 2 * (1 - unseen), unseen)
    rng = np.random.default_rng(SEED)
    draws = max(20, min(DRAWS, _WORK // len(share)))
    distance = jensen_shannon(
        rng.multinomial(m, share, draws).astype(np.float64), rng.multinomial(n, share, draws).astype(np.float64)
    )
    return _scaled(distance, n, m)


def _scaled(distance: NDArray[np.float64], n: int, m: int) -> Noise:
    scale = math.sqrt(1 / n + 1 / m)
    return Noise(float(distance.mean()) / scale, float(distance.std(ddof=1)) / scale)
