"""One group against another on one rate, and many such comparisons at once.

Holm's step-down (Scand. J. Statistics 6 (1979) 65-70) with intervals: at each step the k comparisons not yet proven
past their limit get intervals at the level 1 - alpha / k; those that now lie wholly past it are rejected, and the
rest are tried again at the looser level of the fewer that remain, until none is rejected. That rejects exactly what
Holm rejects by p-values, and each comparison ends with one interval at one printed level.

A pass is a statement about one comparison alone: its 95 % interval lies wholly inside the limit. So a value past its
limit is shown with the interval at its step of Holm's, a value inside with the one of 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from checks.decision import decide, rows_needed
from checks.intervals import Interval, Mean, Share, difference, ratio, z_of
from governance.verdict import Limit, Status

ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True)
class Comparison:
    """A group's figure `ours` against the reference group's `theirs`; `form` is difference or ratio."""

    group: str
    against: str
    metric: str
    form: str
    ours: Share | Mean
    theirs: Share | Mean
    limit: Limit

    @property
    def n(self) -> int:
        """Rows in the smaller denominator."""
        return min(self.ours.n, self.theirs.n)

    @property
    def value(self) -> float:
        """The difference ours - theirs, or the ratio ours / theirs; not a number where undefined."""
        if self.form == "difference":
            return self.ours.value - self.theirs.value
        return self.ours.value / self.theirs.value if self.theirs.value else math.nan

    def interval(self, z: float) -> Interval:
        """Newcombe's for differences of shares, MOVER-R for ratios, normal for means."""
        if self.form == "ratio" and isinstance(self.ours, Share) and isinstance(self.theirs, Share):
            return ratio(self.ours, self.theirs, z)
        return difference(self.ours, self.theirs, z)

    def visible(self, z: float) -> float:
        """The gap (or ratio) that intervals at z would have proven past the limit in 8 of 10 windows of this size."""
        reach = z + NormalDist().inv_cdf(POWER)
        a, b = self.ours, self.theirs
        if self.form == "difference":
            return self.most + reach * math.sqrt(a.variance / a.n + b.variance / b.n)
        p = (b.value * b.n + 1) / (b.n + 2)
        other = min(1.0, p * self.most) or p
        spread = math.sqrt((1 - other) / other / a.n + (1 - p) / p / b.n)
        return self.most * math.exp(-reach * spread)

    @property
    def most(self) -> float:
        """The limit as one number: the greatest difference, or the least ratio of the smaller to the greater."""
        low, high = self.limit.min, self.limit.max
        if self.form == "difference":
            return max(abs(bound) for bound in (low, high, 0.0) if bound is not None)
        return low if low is not None else 1 / high if high else 0.0


@dataclass(frozen=True)
class Decided:
    """A comparison with its interval at its own level, the status that follows and the rows still missing.

    `alarm_z` is what an alarm would have taken.
    """

    comparison: Comparison
    low: float
    high: float
    alarm_z: float
    level: float
    status: Status
    needed: int | None


def stepped(comparisons: Sequence[Comparison], alpha: float = ALPHA) -> list[Decided]:
    """Decide one family of comparisons, in their order; `alpha` bounds the chance of any false alarm in it."""
    decided: dict[int, Decided] = {}
    while len(decided) < len(comparisons):
        level = alpha / (len(comparisons) - len(decided))
        trial = {place: _decide(one, level) for place, one in enumerate(comparisons) if place not in decided}
        past = {place: one for place, one in trial.items() if one.status is Status.ALARM}
        decided |= past or trial
    return [decided[place] for place in range(len(comparisons))]


def _decide(comparison: Comparison, alpha: float) -> Decided:
    """One comparison at a level of Holm's: past its limit at that level, or inside it at 95 %."""
    inside = decide(comparison.value, comparison.value, comparison.limit) is Status.PASS
    printed = ALPHA if inside else alpha
    low, high = comparison.interval(z_of(printed))
    status = decide(low, high, comparison.limit)
    needed = None
    if status is Status.INSUFFICIENT and math.isfinite(comparison.value):
        needed = rows_needed(comparison.n, comparison.value, low, high, comparison.limit)
    return Decided(comparison, low, high, z_of(alpha), 1 - printed, status, needed)
