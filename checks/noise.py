"""How far the distance of two samples may lie from the distance of their populations.

With s = sqrt(r^2/n + 1/m), n and m the rows of the window and of the reference, r the window's standard deviation over
the reference's, but at least 1 (a few equal rows are no proof of a narrow population; 1 for categories), and d the
distance of the samples, D of the populations:

1. Upwards: the mean of d is at most D + c s. By the triangle inequality d <= D + d(window's sample, its population) +
   d(reference's sample, its population); c s is the mean distance of two samples of one population, simulated (seeded):
   for numbers on at most 4,096 quantiles of the reference, once; for categories by multinomial draws at n and m from
   the middle between the shares of both samples, with one more category that neither has shown.
2. Downwards: the mean of d is at least D, for both distances are convex (for Jensen-Shannon, its square is).
3. Around its mean d is as narrow as a normal with deviation sigma s. Seen as a function of the samples' fluctuations,
   which are normal for many rows, d is Lipschitz: sigma = 1 for the normed Wasserstein distance, since by Kantorovich's
   duality it is a supremum over functions no steeper than x, and none of these varies more than x does; and
   sigma = 1/sqrt(8) for Jensen-Shannon, whose square is Fisher's metric over 8 in the small, so that it is at most the
   Fisher length over sqrt(8). A Lipschitz function of normals is no wider than a normal (Borell 1975; Tsirelson,
   Ibragimov and Sudakov 1976).

Hence low = d - (c + z sigma) s falls above D with at most the probability of z, and high = d + z sigma s below it.

Limits: rows are independent; many rows (fluctuations normal). What lies beyond the 4,096 quantiles is not simulated,
and a rare extreme that a sample happens not to hold is not seen by any of this. For categories `unseen` adds it.
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
PASSING = 0.05
_WORK = 2_000_000


@dataclass(frozen=True)
class Noise:
    """The constants c (`mean`) and `sigma` of rules 1 and 3, and s (`scale`)."""

    mean: float
    sigma: float
    scale: float

    def above(self, alpha: float) -> float:
        """What d may exceed D by, but with probability alpha."""
        return (self.mean + NormalDist().inv_cdf(1 - alpha) * self.sigma) * self.scale

    def below(self, alpha: float = PASSING) -> float:
        """What d may fall short of D by, but with probability alpha."""
        return NormalDist().inv_cdf(1 - alpha) * self.sigma * self.scale


def mean_of_numbers(reference: Sorted, deviation: float) -> float:
    """The constant c for a sorted reference; `deviation` is what the distance is divided by."""
    size = min(len(reference), QUANTILES)
    population = np.asarray(reference[((np.arange(size) + 0.5) * len(reference) / size).astype(np.int64)], np.float64)
    rng = np.random.default_rng(SEED)
    first, second = (np.sort(rng.integers(0, size, (DRAWS, SAMPLE)), axis=1) for _ in range(2))
    distance = np.abs(population[first] - population[second]).mean(axis=1) / deviation
    return float(distance.mean()) / math.sqrt(2 / SAMPLE)


def of_numbers(mean: float, spread: float, n: int, m: int) -> Noise:
    """For a window of n rows whose deviation is `spread` times the reference's."""
    return Noise(mean, 1.0, math.sqrt(max(1.0, spread) ** 2 / n + 1 / m))


def of_categories(reference: NDArray[np.float64], current: NDArray[np.float64]) -> Noise:
    """From two tables of counts over the same categories."""
    m, n = int(reference.sum()), int(current.sum())
    new = 1 / (1 + min(n, m))
    share = np.append((reference / m + current / n) / 2 * (1 - new), new)
    rng = np.random.default_rng(SEED)
    draws = max(20, min(DRAWS, _WORK // len(share)))
    distance = jensen_shannon(
        rng.multinomial(m, share, draws).astype(np.float64), rng.multinomial(n, share, draws).astype(np.float64)
    )
    scale = math.sqrt(1 / n + 1 / m)
    return Noise(float(distance.mean()) / scale, 1 / math.sqrt(8), scale)


def unseen(reference: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """The distance if the window's population held one more category, as large as n rows can miss 5 times in 100."""
    share = 1 - PASSING ** (1 / float(current.sum()))
    hidden = np.append(current / current.sum() * (1 - share), share)
    return float(jensen_shannon(np.append(reference, 0.0), hidden))
