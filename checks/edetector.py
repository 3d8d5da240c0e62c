"""An e-detector: counts of one column, window after window, to an alarm about a lasting shift.

Each bet is about the mean of a score s of the rows (one quantile or category: 1 if the row is in it; the whole column:
normal scores of the bins), in one direction and for one size of shift. Scores have mean 0 and variance 1 on the
reference. For a window of n rows with the mean score x, and lambda > 0 in the direction of the bet, its e-value is

    e = exp(n (lambda x - log M(lambda) - lambda b) - (n lambda tau)^2 / 2)

M is the moment generating function of a row's score on the reference, b the allowance for the reference's own error and
for the smallest shift that matters, tau^2 the variance of the window's own effect (days differ). With tau = b = 0 this
is the likelihood ratio of the tilted distribution to the reference's.

The null, and why the mean of e is at most 1 under every distribution in it
1. Given the window's effect U the rows are independent, and a row has log E exp(lambda s) <= log M(lambda) + lambda b +
   lambda U. For a quantile or category this is the band P <= P_reference + b, since M rises with P.
2. Given the past, U is sub-Gaussian with variance at most tau^2: E exp(a U) <= exp(a^2 tau^2 / 2).
Then E e <= E exp(n lambda U) exp(-(n lambda tau)^2 / 2) <= 1. Where the effects of neighbouring windows are correlated,
tau^2 is their long-run variance (checks/wobble.py): still the mean of each product of e over a run is at most 1.

Shiryaev-Roberts: R <- (R + 1) e, from R = 0, gives E R <= number of windows; so does any mean of R over bets and, added
over columns, E(sum) <= windows x columns. Alarm when a column's mean reaches columns x windows a year / budget: the
mean time between false alarms is at least a year / budget, however the columns depend on each other (Shin, Ramdas,
Rinaldo, "E-detectors", New England J. Stat. Data Sci. 2023; Markov's inequality where rule 2 holds for runs only).

b and tau^2 are estimates from one reference, and a year of windows uses the same one. They are widened until the bound
holds on average over the draw of the reference (normal theory; A = alarm level x number of bets, L = log A):
- mean: a bias u of the reference changes the exponent of a false alarm by 2 (u - b) / delta, where delta is
  lambda (1 + n tau^2); u normal of variance v: E A^(2 (u - b)/delta) = exp(2 L^2 v/delta^2 - 2 L b/delta) = 1 for
  b = L v / delta;
- variance: estimated from B blocks, E A^(1 - used/true) = 1 for used = estimate x (B-1) (A^(2/(B-1)) - 1) / (2 L).

Real days have heavier tails than a normal: a rare category doubles for one day. So no window of a week or less counts
for more than half an alarm (min(e, c) <= e keeps the mean at most 1): one odd day is no lasting shift, and if it is far
it rings by the rule of one window (checks/drift.py). A month counts in full: two more would be too long to wait for.
Measured on 60 reference days of 1,000 rows and a year of 500, a category of 2 %
whose share is multiplied by exp(N(0, 0.7)) each day: 1.9 false alarms a year without this, 0.1 with it; a shift of 0.2
standard deviations is found in 3 hours of 500 rows instead of 2.

What is not covered: long runs of odd windows; a season that the reference does not hold.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

EFFECTS: Array = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
WAYS: Array = np.array([1.0, -1.0])
KEPT = 6
LEAST_KEPT = 1e-3
ENOUGH = 2.0


@dataclass(frozen=True)
class Scores:
    """What is bet on: shares of the J bins on the reference, F scores of the bins (F x J), tilts (F x effects)."""

    shares: Array
    values: Array
    tilts: Array
    weights: Array

    @property
    def bets(self) -> int:
        """How many bets a column has."""
        return int(self.tilts.size * len(WAYS))


@dataclass(frozen=True)
class Null:
    """The tolerance band, in units of a row's variance: of each score's wobble, and of the reference's mean.

    `shift` is the smallest shift that matters, in standard deviations of a row; `log_level` is L; `most` is the
    greatest logarithm of an e-value that one window may have.
    """

    wobble: Array
    error: Array
    shift: float
    log_level: float
    most: float = math.inf


def of_numbers(shares: Array) -> Scores:
    """Bets on each bound between bins (half of the weight) and on the location of the whole column."""
    inside = np.tril(np.ones((len(shares), len(shares))))[:-1]
    bounds = _indicators(shares, inside)
    if len(shares) < 3:
        return bounds
    rank = special.ndtri(np.cumsum(shares) - shares / 2)
    location = _standard(shares, rank[None, :])
    return Scores(
        shares,
        np.vstack([location, bounds.values]),
        np.vstack([EFFECTS[None, :], bounds.tilts]),
        np.concatenate([[0.5], bounds.weights / 2]),
    )


def of_categories(shares: Array) -> Scores:
    """Bets on each category."""
    return _indicators(shares, np.eye(len(shares)))


def _indicators(shares: Array, inside: Array) -> Scores:
    """Scores that are 1 inside a set of bins; the tilt moves its share by about `effect` standard deviations."""
    p = inside @ shares
    odds = np.sqrt((1 - p) / p)[:, None]
    tilts = (np.log1p(EFFECTS * odds) + np.log1p(EFFECTS / odds)) * np.sqrt(p * (1 - p))[:, None]
    return Scores(shares, _standard(shares, inside), tilts, np.full(len(p), 1 / len(p)))


def _standard(shares: Array, scores: Array) -> Array:
    """Scores with mean 0 and variance 1 under these shares."""
    centred = scores - (scores @ shares)[:, None]
    return np.asarray(centred / np.sqrt(centred**2 @ shares)[:, None])


def means(scores: Scores, counts: NDArray[np.int64]) -> Array:
    """The mean scores of windows, (..., F), from their counts, (..., J)."""
    return np.asarray(counts @ scores.values.T / counts.sum(axis=-1, keepdims=True))


def slopes(scores: Scores, null: Null, n: int) -> Array:
    """The factor lambda of each score and effect for a window of n rows: weaker where the window's own effect rules."""
    return np.asarray(scores.tilts / (1 + n * null.wobble[:, None] * scores.tilts / EFFECTS))


def log_e(scores: Scores, null: Null, counts: NDArray[np.int64]) -> Array:
    """The logarithm of every bet's e-value, (..., F, ways, effects), of windows that all have the same rows."""
    n = int(counts.reshape(-1, counts.shape[-1])[0].sum())
    slope = slopes(scores, null, n)
    delta = slope * (1 + n * null.wobble[:, None])
    allowed = slope * (null.log_level * null.error[:, None] / delta + null.shift)
    signed = slope[:, None, :] * WAYS[None, :, None]
    mgf = special.logsumexp(np.log(scores.shares) + signed[..., None] * scores.values[:, None, None, :], axis=-1)
    cost = n * (mgf + allowed[:, None, :]) + ((n * slope) ** 2 * null.wobble[:, None] / 2)[:, None, :]
    logs = n * means(scores, counts)[..., None, None] * signed - cost
    return np.asarray(np.minimum(logs, null.most))


def step(before: Array, log_bets: Array, weights: Array, level: float) -> Array:
    """One window's Shiryaev-Roberts recursion; what is beyond twice an alarm is cut, so that an alarm can end."""
    most = ENOUGH * level / bet_weights(weights)
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum((before + 1) * np.exp(np.minimum(log_bets, 600.0)), most))


def bet_weights(weights: Array) -> Array:
    """The weight of every bet of a score, shaped to broadcast over (F, ways, effects)."""
    return np.asarray(weights[:, None, None] / (len(WAYS) * len(EFFECTS)))


def evidence(state: Array, weights: Array) -> float:
    """The mean over bets, which is compared with the alarm level."""
    return float((state * bet_weights(weights)).sum())


def fresh(scores: Scores) -> Array:
    """The state before any window."""
    return np.zeros((len(scores.values), len(WAYS), len(EFFECTS)))


def widening(blocks: int, log_level: float) -> float:
    """How much used / estimate is of a variance from so many blocks (see above); 1 for infinitely many."""
    free = blocks - 1
    power = 2 * log_level / free if free > 0 else math.inf
    return free * math.expm1(power) / (2 * log_level) if power < 500 else math.inf


def pack(state: Array) -> list[float]:
    """The state as a flat list, cut to six digits, always downwards (a smaller state rings no sooner)."""
    return [_cut(value) for value in state.ravel().tolist()]


def _cut(value: float) -> float:
    if value < LEAST_KEPT:
        return 0.0
    digits = KEPT - 1 - math.floor(math.log10(value))
    if digits <= 0:
        return float(math.floor(value))
    return float(f"{math.floor(value * 10**digits) / 10**digits:.12g}")


def unpack(kept: object, scores: Scores) -> Array:
    """The state that `pack` wrote; a fresh one for anything else."""
    blank = fresh(scores)
    if not isinstance(kept, list) or len(kept) != blank.size or not all(_is_state(one) for one in kept):
        return blank
    return np.array(kept, np.float64).reshape(blank.shape)


def _is_state(one: object) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one < math.inf
