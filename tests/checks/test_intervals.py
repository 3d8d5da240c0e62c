"""Intervals: equal to other implementations, and their exact coverage."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from checks.intervals import Mean, Share, difference, ratio, z_of

Z = z_of(0.05)


@pytest.mark.parametrize(("x", "n"), [(0, 12), (1, 30), (7, 30), (400, 412), (12, 12)])
def test_wilson_equals_statsmodels(x: int, n: int) -> None:
    """The interval of a share is Wilson's."""
    low, high = Share(x, n).interval(Z)

    assert (low, high) == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("table", [(7, 30, 3, 50), (0, 20, 5, 1000), (805, 1795, 349, 1488), (30, 30, 0, 10)])
def test_newcombe_equals_statsmodels(table: tuple[int, int, int, int]) -> None:
    """The interval of a difference is Newcombe's method 10."""
    x, n, y, m = table

    mine = difference(Share(x, n), Share(y, m), Z)

    assert mine == pytest.approx(confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff"), abs=1e-10)


def coverage(form: str, n: int, m: int, p: float, q: float) -> float:
    """The exact probability that the interval holds the truth, over all (n + 1)(m + 1) outcomes."""
    truth, interval = (p - q, difference) if form == "difference" else (p / q, ratio)
    ours, theirs = binom.pmf(np.arange(n + 1), n, p), binom.pmf(np.arange(m + 1), m, q)
    total = 0.0
    for x, y in product(np.flatnonzero(ours > 1e-9), np.flatnonzero(theirs > 1e-9)):
        low, high = interval(Share(int(x), n), Share(int(y), m), Z)
        total += ours[x] * theirs[y] * (low - 1e-12 <= truth <= high + 1e-12)
    return total


@pytest.mark.parametrize("form", ["difference", "ratio"])
@pytest.mark.parametrize(("n", "m"), [(30, 30), (30, 300)])
@pytest.mark.parametrize(("p", "q"), [(0.05, 0.1), (0.2, 0.5), (0.5, 0.5), (0.9, 0.7)])
def test_intervals_of_two_shares_hold_the_truth_95_times_in_100(form: str, n: int, m: int, p: float, q: float) -> None:
    """Coverage by enumeration, at the smallest group that is judged."""
    covered = coverage(form, n, m, p, q)

    assert 0.925 <= covered < 0.999


def test_a_ratio_without_a_bound_says_so() -> None:
    """None of the reference group is selected, so the ratio may be anything from its lower bound on."""
    low, high = ratio(Share(5, 40), Share(0, 40), Z)

    assert low >= 0
    assert math.isinf(high)


def test_the_difference_of_means_is_welchs_with_normal_quantiles() -> None:
    """Sums and sums of squares give the usual interval."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(1, 2, 300), rng.normal(0, 1, 500)
    first, second = (Mean(len(x), float(x.sum()), float((x * x).sum())) for x in (a, b))

    low, high = difference(first, second, Z)

    half = Z * math.sqrt(a.var(ddof=1) / 300 + b.var(ddof=1) / 500)
    assert (low, high) == pytest.approx((a.mean() - b.mean() - half, a.mean() - b.mean() + half), rel=1e-9)


def test_fewer_than_two_numbers_bound_nothing() -> None:
    """A mean of one number has no interval."""
    assert Mean(1, 3.0, 9.0).interval(Z) == (-math.inf, math.inf)
