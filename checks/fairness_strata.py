"""Reversals: a gap between two groups that turns round within the values of a declared column (Simpson's paradox).

A gap may come from where people are, not from how they are treated: if women apply to departments that refuse most
people, they are refused more often over all, though each department may prefer them (Bickel, Hammel and O'Connell,
"Sex bias in graduate admissions", Science 187 (1975) 398-404). The policy declares the column (`stratify_by`); for each
comparison of an attribute the gap is measured again within its values and put together with Mantel and Haenszel's
weights n m / (n + m). Strata where either group is absent say nothing and are left out.

- alarm: the gap over all and the gap within strata are both proven (95 % each) and have opposite signs;
- insufficient: the signs are opposite, but one of them is not proven; with the rows that would tell;
- pass: the same sign, or no gap. The sentence gives both gaps.

Whether the gap over all or the one within strata is the fair question is for people: the result shows both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from checks import words
from checks.decision import rows_needed
from checks.intervals import Interval, Mean, Share, difference, z_of
from governance.verdict import Limit, Result, Status

Figure = Share | Mean
BASIS = "shown for people to judge: which gap is the fair question depends on the column"


@dataclass(frozen=True)
class Stratified:
    """The gap within strata, its standard error, the rows of the smaller group that it rests on, the strata used."""

    gap: float
    error: float
    n: int
    strata: int

    def interval(self, z: float) -> Interval:
        """Normal approximation."""
        return self.gap - z * self.error, self.gap + z * self.error


def stratified(pairs: Sequence[tuple[Figure, Figure]]) -> Stratified | None:
    """Mantel and Haenszel's mean of the differences of two groups over strata; None where no stratum holds both."""
    both = [(ours, theirs) for ours, theirs in pairs if ours.n and theirs.n]
    both = [(ours, theirs) for ours, theirs in both if math.isfinite(ours.variance + theirs.variance)]
    if not both:
        return None
    weights = [ours.n * theirs.n / (ours.n + theirs.n) for ours, theirs in both]
    total = sum(weights)
    gap = sum(w * (ours.value - theirs.value) for w, (ours, theirs) in zip(weights, both, strict=True)) / total
    parts = (
        w * w * (ours.variance / ours.n + theirs.variance / theirs.n)
        for w, (ours, theirs) in zip(weights, both, strict=True)
    )
    n = min(sum(ours.n for ours, _ in both), sum(theirs.n for _, theirs in both))
    return Stratified(gap, math.sqrt(sum(parts)) / total, n, len(both))


def reversal(whole: tuple[Figure, Figure], within: Stratified, told: Result, column: str) -> Result:
    """What a gap over all and within strata say together.

    Args:
        whole: the figures of the group and of the other group over all.
        within: the gap within strata.
        told: the comparison as it was told: check, subject, metric, groups, cause.
        column: the column that is stratified by.
    """
    z = z_of(0.05)
    crude, (low, high) = whole[0].value - whole[1].value, within.interval(z)
    around = difference(*whole, z)
    proven = (around[0] > 0 or around[1] < 0, low > 0 or high < 0)
    status = Status.PASS if crude * within.gap >= 0 else Status.ALARM if all(proven) else Status.INSUFFICIENT
    needed = rows_needed(within.n, within.gap, low, high, Limit(min=0.0)) if status is Status.INSUFFICIENT else None
    gap = _points if isinstance(whole[0], Share) else words.number
    metric = told.metric.rpartition("_")[0]
    sentence = (
        f"{told.subject}={told.group} against {told.reference_group} in {metric.replace('_', ' ')}: a gap of "
        f'{gap(crude)} over all, and of {gap(within.gap)} ({gap(low)} to {gap(high)}) within the values of "{column}": '
        f"{_END[status]}."
    )
    return replace(
        told,
        metric=f"{metric}_reversal_by_{column}",
        status=status,
        sentence=sentence + (f" About {words.count(needed, 'more row')} would tell." if needed else ""),
        value=within.gap,
        low=low,
        high=high,
        limit=Limit(basis=BASIS),
        n=within.n,
        reference=crude,
        method=f"Mantel-Haenszel over {within.strata} strata at 95 %",
        needed=needed,
    )


_END = {
    Status.PASS: "it does not turn round",
    Status.ALARM: "it turns round, so the gap over all misleads",
    Status.INSUFFICIENT: "the sign turns round, but it is not proven",
}


def _points(value: float) -> str:
    return f"{100 * value:.1f} points"
