"""Evidence that two groups differ by more than a limit, window after window: e-values of two samples.

Shares. A window has x of n rows of the group and y of m of the other; given the past the rows are independent, with
chances p and q that may be different in each window. The null says that (p, q) lies on the allowed side of a line
p = a + b q: a difference of at least -d (a = -d, b = 1), a ratio of at least r (a = 0, b = r), and so for the upper
sides. For an alternative (p1, q1) beyond the line, chosen before the window, let (p0, q0) be the point of the line that
is nearest to it in n KL(p1, p0) + m KL(q1, q0). Then

    e = (p1/p0)^x ((1-p1)/(1-p0))^(n-x) (q1/q0)^y ((1-q1)/(1-q0))^(m-y)

has mean at most 1 under every (p, q) of the null, at every n and m: E e = A(p)^n B(q)^m, A and B linear; by the means'
inequality it is at most ((n A + m B)/(n + m))^(n + m), and (p0, q0) being nearest in a convex set, n A + m B <= n + m
on all of it (Turner, Ly and Grunwald, "Generic E-variables for exact sequential k-sample tests", JSPI 230 (2024)).

The alternatives: q1 is what the other group showed in the windows before (older ones count less), p1 lies beyond the
line by 0.1, 0.2, 0.4 and 0.8 of log odds. So a first window only learns q1.

Means. e = exp(l (bound - D) - l^2 s^2 / 2) for the difference D of the two means and its standard error s, and the same
for the other side; l = step / s^2 and at most 2 / s, steps of 1/4, 1/2, 1 and 2 times the limit. This rests on the
normal law of D.

The recursion over windows is Shiryaev and Roberts', R <- (R + 1) e, as in checks/edetector.py: the sum over comparisons
of the mean R has a mean of at most windows x comparisons, however they depend on each other.
"""

from collections.abc import Sequence

import numpy as np

from checks.comparison import Comparison
from checks.edetector import ENOUGH, Array
from checks.intervals import Mean, Share

ODDS: Array = np.array([0.1, 0.2, 0.4, 0.8])
STEPS: Array = np.array([0.25, 0.5, 1.0, 2.0])
SIDES: Array = np.array([-1.0, 1.0])
BETS = len(SIDES) * len(ODDS)
STEEPEST = 2.0
_EDGE = 1e-9
_HALVINGS = 60


def log_e(comparisons: Sequence[Comparison], before: Array) -> Array:
    """The logarithm of every bet's e-value, (comparisons, 2 sides, 4 sizes); not a number where nothing is bet.

    Args:
        comparisons: of one window.
        before: the share of the other group in the windows before, for each; not a number where it is not known.
    """
    found = np.full((len(comparisons), len(SIDES), len(ODDS)), np.nan)
    shares = [place for place, one in enumerate(comparisons) if isinstance(one.ours, Share)]
    means = [place for place, one in enumerate(comparisons) if isinstance(one.ours, Mean)]
    if shares:
        found[shares] = _of_shares([comparisons[place] for place in shares], before[shares])
    if means:
        found[means] = _of_means([comparisons[place] for place in means])
    return found


def lines(one: Comparison) -> Array:
    """The lines p = a + b q of the lower and the upper side, ((a, b), (a, b)); not a number where a side is free."""
    bounds = [np.nan if bound is None else bound for bound in (one.limit.min, one.limit.max)]
    return np.array([[0.0, bound] if one.form == "ratio" else [bound, 1.0 + 0 * bound] for bound in bounds])


def _counts(comparisons: Sequence[Comparison]) -> Array:
    """(x, n, y, m) of each."""
    pairs = [(one.ours, one.theirs) for one in comparisons]
    counts = [
        (ours.x, ours.n, theirs.x, theirs.n)
        for ours, theirs in pairs
        if isinstance(ours, Share) and isinstance(theirs, Share)
    ]
    return np.array(counts, np.float64)


def _of_shares(comparisons: Sequence[Comparison], before: Array) -> Array:
    x, n, y, m = _counts(comparisons).T[:, :, None, None]
    a, b = np.moveaxis(np.array([lines(one) for one in comparisons]), 2, 0)[..., None]
    q = np.clip(before, 0.001, 0.999)[:, None, None]
    edge = a + b * q
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = (edge > 0) & (edge < 1)
        edge = np.where(usable, edge, 0.5)
        odds = np.log(edge / (1 - edge)) + (SIDES[:, None] * ODDS)[None]
    p = 1 / (1 + np.exp(-odds))
    q0 = nearest((p, q), (n, m), np.where(usable, a, 0.0), np.where(usable, b, 1.0))
    p0 = np.where(usable, a + b * q0, 0.5)
    told = x * np.log(p / p0) + (n - x) * np.log((1 - p) / (1 - p0))
    told += y * np.log(q / q0) + (m - y) * np.log((1 - q) / (1 - q0))
    return np.asarray(np.where(usable, told, np.nan))


def nearest(beyond: tuple[Array, Array], rows: tuple[Array, Array], a: Array, b: Array) -> Array:
    """The q0 of the point of the line nearest to (p1, q1): where the sum of divergences, which is convex, is least."""
    (p, q), (n, m) = beyond, rows
    low = np.broadcast_to(np.maximum(0.0, -a / b), p.shape) + _EDGE
    high = np.broadcast_to(np.minimum(1.0, (1 - a) / b), p.shape) - _EDGE
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        other = a + b * middle
        slope = n * b * (other - p) / (other * (1 - other)) + m * (middle - q) / (middle * (1 - middle))
        low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
    return np.asarray((low + high) / 2)


def _of_means(comparisons: Sequence[Comparison]) -> Array:
    bounds = np.array([lines(one)[:, 0] for one in comparisons])[..., None]
    value = np.array([one.value for one in comparisons])[:, None, None]
    variance = np.array([one.ours.variance / one.ours.n + one.theirs.variance / one.theirs.n for one in comparisons])
    usable = (np.isfinite(variance) & (variance > 0))[:, None, None] & np.isfinite(value) & np.isfinite(bounds)
    spread = np.where(usable, np.where(np.isfinite(variance), variance, 1.0)[:, None, None], 1.0)
    slope = np.minimum(np.abs(bounds) * STEPS / spread, STEEPEST / np.sqrt(spread))
    told = slope * SIDES[None, :, None] * (value - bounds) - slope**2 * spread / 2
    return np.asarray(np.where(usable, told, np.nan))


def stepped(before: Array, bets: Array, level: float) -> Array:
    """One window's recursion, cut at twice an alarm so that an alarm can end; where nothing is bet the state stays."""
    bet = np.where(np.isnan(bets), -np.inf, np.minimum(bets, 600.0))
    after = np.minimum((before + 1) * np.exp(bet), ENOUGH * level * BETS)
    return np.asarray(np.where(np.isnan(bets), before, after))


def evidence(state: Array) -> Array:
    """The mean over bets of each comparison, which is compared with the alarm level."""
    return np.asarray(state.mean(axis=(-2, -1)))
