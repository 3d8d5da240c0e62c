"""Intervals for shares and means, their differences and ratios, in closed form.

Sources
- share: Wilson, JASA 22 (1927) 209-212.
- difference of two shares: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10 (hybrid score).
- ratio of two shares: MOVER-R of two Wilson intervals, Donner and Zou, Stat. Methods Med. Res. 21 (2012) 347-359.
- mean and difference of two means: normal approximation from sums and sums of squares.
Exact coverage of these is enumerated in tests/checks/test_intervals.py.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

Interval = tuple[float, float]


def z_of(alpha: float) -> float:
    """The standard normal quantile of a two-sided interval that misses with probability `alpha`."""
    return NormalDist().inv_cdf(1 - alpha / 2)


@dataclass(frozen=True)
class Share:
    """`x` of `n` rows."""

    x: int
    n: int

    @property
    def value(self) -> float:
        """X / n; not a number when there are no rows."""
        return self.x / self.n if self.n else math.nan

    @property
    def variance(self) -> float:
        """Of one row, with a little pulled towards one half so that 0 of n is not certainty."""
        p = (self.x + 1) / (self.n + 2)
        return p * (1 - p)

    def interval(self, z: float) -> Interval:
        """Wilson's score interval; [0, 1] when there are no rows."""
        if not self.n:
            return 0.0, 1.0
        p, n = self.value, self.n
        middle = (p + z * z / 2 / n) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / (1 + z * z / n)
        return (0.0 if self.x == 0 else middle - half), (1.0 if self.x == n else middle + half)


@dataclass(frozen=True)
class Mean:
    """The mean of `n` numbers of a known sum and sum of squares."""

    n: int
    total: float
    squares: float

    @property
    def value(self) -> float:
        """Total / n; not a number when there are no rows."""
        return self.total / self.n if self.n else math.nan

    @property
    def variance(self) -> float:
        """Of one number (n - 1 in the denominator); infinite for fewer than two."""
        if self.n < 2 or not math.isfinite(self.squares):
            return math.inf
        return max(0.0, (self.squares - self.total * self.value) / (self.n - 1))

    def interval(self, z: float) -> Interval:
        """Mean plus and minus z standard errors; without bounds for fewer than two rows."""
        if not math.isfinite(self.variance):
            return -math.inf, math.inf
        half = z * math.sqrt(self.variance / self.n)
        return self.value - half, self.value + half


def difference(a: Share | Mean, b: Share | Mean, z: float) -> Interval:
    """The interval of a - b: square-and-add of the two intervals (for shares Newcombe's method 10)."""
    p, q = a.value, b.value
    (low_a, high_a), (low_b, high_b) = a.interval(z), b.interval(z)
    return p - q - math.hypot(p - low_a, high_b - q), p - q + math.hypot(high_a - p, q - low_b)


def ratio(a: Share, b: Share, z: float) -> Interval:
    """The interval of a / b (MOVER-R); [0, inf) when b has no rows, no upper bound when b may be zero."""
    p, q = a.value, b.value
    (low_a, high_a), (low_b, high_b) = a.interval(z), b.interval(z)
    if not a.n or not b.n:
        return 0.0, math.inf
    product = p * q
    under = high_b * (2 * q - high_b)
    over = low_b * (2 * q - low_b)
    low = 0.0
    if under > 0:
        inner = product**2 - low_a * high_b * (2 * p - low_a) * (2 * q - high_b)
        low = max(0.0, (product - math.sqrt(max(inner, 0.0))) / under)
    if over <= 0:
        return low, math.inf
    inner = product**2 - high_a * low_b * (2 * p - high_a) * (2 * q - low_b)
    return low, (product + math.sqrt(max(inner, 0.0))) / over
