"""Drift: how far each watched column lies from the reference, and whether that is proven.

The SIZE is Evidently's own: `value` and `method` are what its defaults give (checks/distances.py), to 1e-9.
The STATUS is another matter: a fixed threshold at n = 100 rings on half of all quiet columns. It rests on an interval
around a distance that is a metric, the normed Wasserstein distance W1/std for numbers, the Jensen-Shannon distance for
categories (and for numbers with up to five values).

Low and high bound the distance D of the populations (argument and sources in checks/noise.py; both distances obey the
triangle inequality: Kantorovich and Rubinstein 1958; Endres and Schindelin, IEEE Trans. Inf. Theory 49 (2003)
1858-1860). Low lies above D with a probability of at most
    alpha = 0.1 * false_alarms_per_year / (watched columns * windows a year), and never more than 5 %,
so that its alarms while D is inside the limit stay within a tenth of the policy's yearly budget; high lies below D in
at most 5 of 100 windows. Alarm if low > limit, pass if high <= limit, else insufficient.

Two rules alarm. This one, for the abrupt: it has a tenth of the budget, and its noise holds the variation that the
reference's own blocks show (checks/wobble.py). And the e-detector over this window and those before it, for the lasting
(checks/edetector.py, checks/sequential.py): it has the rest. Pass speaks of this one window, so it needs no wobble.

Limits. Rows are taken as independent given the window. Where the reference has fewer than ten blocks its wobble is not
known, and this rule goes by chance alone: the sentence says so.

When the reference has 1000 rows or fewer Evidently's value is a p-value: `value` is that p, `low` and `high` are the
interval of the distance, and the sentence gives the distance. Fewer than ten values of a column, in the window or in
the reference, are insufficient, and their distance is not told: it would tell of those rows.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checks import distances, noise, pictures, words
from checks.columns import SortedReference
from checks.counted import Counted, File, counted
from checks.decision import decide
from checks.distances import Sorted
from checks.names import LEAST_ROWS, allowed_names
from checks.noise import Noise
from checks.sequential import SHARE, Followed, Follower
from governance.registry.system import System
from governance.verdict import Distribution, Limit, Result, Status
from governance.window import Length, Period, Table

CAUSE = "drift"
BLOCKS = {
    Length.YEAR: "year",
    Length.QUARTER: "quarter",
    Length.MONTH: "month",
    Length.WEEK: "week",
    Length.DAY: "day",
    Length.HOUR: "hour",
}
EVIDENTLY = "Evidently's default threshold, made a limit by policy"


@dataclass(frozen=True)
class Moved:
    """One column's distance: Evidently's method and value, the metric distance, its noise, the least upper bound."""

    method: str
    value: float
    distance: float
    noise: Noise
    n: int
    m: int
    numeric: bool
    followed: Followed
    hidden: float = 0.0

    @property
    def ordinary(self) -> Noise:
        """The noise with what windows vary by themselves, as far as the reference shows it."""
        return replace(self.noise, scale=math.hypot(self.noise.scale, math.sqrt(self.followed.wobble)))

    def low(self, alpha: float) -> float:
        """The lower bound of the populations' lasting distance at the level of an alarm."""
        return max(0.0, self.distance - self.ordinary.above(alpha))

    @property
    def high(self) -> float:
        """The upper bound of the populations' distance at 95 %."""
        return max(self.distance + self.noise.below(), self.hidden)

    def visible(self, alpha: float, bound: float) -> float:
        """The distance that would have alarmed in 8 of 10 windows of this size."""
        return bound + self.ordinary.above(alpha) + self.ordinary.below(0.2)

    def needed(self, alpha: float, bound: float) -> int | None:
        """Rows still missing until it could be told, if the distance without its noise stays; None if none suffice."""
        likely = max(0.0, self.distance - self.noise.mean * self.noise.scale)
        reach = (self.noise.mean * self.noise.scale + self.noise.below()) if likely < bound else self.noise.above(alpha)
        spread = (self.noise.scale**2 - 1 / self.m) * self.n
        rest = (abs(likely - bound) * self.noise.scale / reach) ** 2 - 1 / self.m if reach else 0.0
        rows = math.ceil(spread / rest) - self.n if rest > 0 else 0
        return rows if 0 < rows < 1000 * self.n else None


def watched(system: System) -> dict[str, bool]:
    """The columns that are watched, and whether each is numeric: features, score and prediction, minus `ignore`."""
    columns = dict.fromkeys(system.columns.numeric, True) | dict.fromkeys(system.columns.categorical, False)
    if system.columns.score:
        columns[system.columns.score] = True
    columns[system.columns.prediction] = system.task == "regression"
    return {name: numeric for name, numeric in columns.items() if name not in system.checks.drift.ignore}


def level(system: System) -> float:
    """The probability with which one column of one window may exceed the noise, from the yearly budget."""
    looks = max(1, len(watched(system))) * system.window.length.per_year
    return min(0.05, (1 - SHARE) * system.checks.drift.false_alarms_per_year / looks)


def examine(
    system: System, current: File, reference: Table, refused: dict[str, str]
) -> tuple[tuple[Result, ...], tuple[Distribution, ...]]:
    """Judge each watched column of a window's file by itself; the counts for pictures come along."""
    return examine_after(system, current, reference, refused)[:2]


def examine_after(
    system: System,
    current: File,
    reference: Table,
    refused: dict[str, str],
    *,
    period: Period | None = None,
    history: Mapping[str, Any] | None = None,
) -> tuple[tuple[Result, ...], tuple[Distribution, ...], dict[str, Any]]:
    """Judge each watched column together with the windows before; the last is the state for the next window.

    Args:
        system: the registry's entry.
        current: the window's parquet file.
        reference: the reference.
        refused: columns that the contract refused, with the reason.
        period: the window; None for a file without one, which leaves no state.
        history: `Verdict.state` of the window before.
    """
    kept, columns, rows = SortedReference(reference), watched(system), counted(current)
    follower = Follower(system, kept, columns=len(columns), digest=reference.sha256, period=period, history=history)
    results, drawn = [], []
    for column, numeric in columns.items():
        if column in refused:
            results.append(_error(column, f'Drift of "{column}" is not judged: {refused[column]}.', "contract"))
            continue
        judge = _numbers if numeric else _categories
        result, distribution = judge(system, column, rows, kept, follower)
        results.append(result)
        drawn.extend([distribution] if distribution else [])
    return tuple(results), tuple(drawn), follower.state


def _error(column: str, sentence: str, cause: str = CAUSE) -> Result:
    return Result("drift", column, "distance", Status.ERROR, sentence, cause)


def no_reference(column: str) -> Result:
    """The reference holds no usable value of a column."""
    return _error(column, f'Drift of "{column}" is not judged: the reference holds no usable value of it.')


def too_few(system: System, column: str) -> Result:
    """Fewer than ten values on one side."""
    limit = Limit(max=_bound(system, column), basis=EVIDENTLY)
    told = f'Drift of "{column}" cannot be judged: the window or the reference has fewer than {LEAST_ROWS} values.'
    return Result("drift", column, "distance", Status.INSUFFICIENT, told, CAUSE, limit=limit, needed=LEAST_ROWS)


def _bound(system: System, column: str) -> float:
    return system.checks.drift.columns.get(column, system.checks.drift.limit)


Judged = tuple[Result, Distribution | None]


def _categories(system: System, column: str, rows: Counted, kept: SortedReference, follower: Follower) -> Judged:
    """A text column."""
    return of_names(system, column, rows.counts(column), kept, follower)


def of_names(system: System, column: str, now: dict[str, int], kept: SortedReference, follower: Follower) -> Judged:
    """A text column from the window's counts."""
    before = kept.counts(column)
    if not before:
        return no_reference(column), None
    if min(sum(now.values()), sum(before.values())) < LEAST_ROWS:
        return too_few(system, column), None
    return _of_counts(system, column, before, now, follower.categories(column, now))


def _of_counts(system: System, column: str, before: dict[str, int], now: dict[str, int], followed: Followed) -> Judged:
    """Any column that is judged by its categories."""
    method, value = distances.of_categories(before, now)
    p, q = distances.aligned(before, now)
    n, m = int(q.sum()), int(p.sum())
    distance, hidden = float(distances.jensen_shannon(p, q)), noise.unseen(p, q)
    noisy = noise.of_categories(p, q)
    moved = Moved(method, value, distance, noisy, n, m, numeric=False, hidden=hidden, followed=followed)
    picture = pictures.of_categories(column, before, now, allowed_names(system, column, before))
    return result_of(system, column, moved), picture


def _numbers(system: System, column: str, rows: Counted, kept: SortedReference, follower: Follower) -> Judged:
    """A numeric column."""
    now = rows.ordered(column).values()
    return of_values(system, column, now, kept, lambda deviation: follower.numbers(column, deviation, now))


def of_values(
    system: System, column: str, now: Sorted, kept: SortedReference, follow: Callable[[float], Followed]
) -> Judged:
    """A numeric column from the window's sorted values; up to five distinct ones in all are judged as categories.

    `follow` counts the window, given the reference's deviation.
    """
    before = kept.values(column)
    if not len(before):
        return no_reference(column), None
    if min(len(now), len(before)) < LEAST_ROWS:
        return too_few(system, column), None
    with np.errstate(over="ignore", invalid="ignore"):
        deviation, mean = constants(kept, column, before)
        followed = follow(deviation)
    few = _few(before, now)
    if few is not None:
        return _of_counts(system, column, *few, followed)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = distances.wasserstein(before, now) / deviation
        spread = distances.deviation(now) / deviation
    if not all(math.isfinite(number) for number in (distance, mean, spread)):
        return _error(column, f'Drift of "{column}" is not judged: its values are too large to compute with.'), None
    method, value = distances.of_numbers(before, now, distance)
    noisy = noise.of_numbers(mean, spread, len(now), len(before))
    moved = Moved(method, value, distance, noisy, len(now), len(before), numeric=True, followed=followed)
    return result_of(system, column, moved), pictures.of_numbers(column, before, now)


def _few(before: Sorted, now: Sorted) -> tuple[dict[str, int], dict[str, int]] | None:
    """Counts of both samples by value when there are at most five distinct ones together."""
    ours, theirs = distances.few_values(before), distances.few_values(now)
    if ours is None or theirs is None or len(set(ours) | set(theirs)) > distances.FEW_VALUES:
        return None
    return _by_name(ours), _by_name(theirs)


def _by_name(counts: dict[float, int]) -> dict[str, int]:
    """Counts by the number's shortest exact text, 2 and 2.0 being the same."""
    return {str(float(value)).removesuffix(".0"): rows for value, rows in counts.items()}


def constants(kept: SortedReference, column: str, before: Sorted) -> tuple[float, float]:
    """The deviation that norms the distance, and the noise's mean; simulated once for a reference."""
    facts = kept.facts(column)
    if facts is None or set(facts) != {"deviation", "mean"}:
        deviation = max(distances.deviation(before), distances.LEAST_DEVIATION)
        facts = {"deviation": deviation, "mean": noise.mean_of_numbers(before, deviation)}
        kept.remember(column, facts)
    return facts["deviation"], facts["mean"]


def result_of(system: System, column: str, moved: Moved) -> Result:
    """A column's distance as a result."""
    alpha, limit = level(system), Limit(max=_bound(system, column), basis=EVIDENTLY)
    result = Result(
        "drift",
        column,
        moved.method,
        Status.ALARM if moved.followed.rings else decide(moved.low(alpha), moved.high, limit),
        "",
        CAUSE,
        words.finite(moved.value),
        moved.low(alpha),
        moved.high,
        limit,
        moved.n,
        method=moved.method,
    )
    if result.status is Status.INSUFFICIENT:
        result = replace(result, needed=moved.needed(alpha, _bound(system, column)))
    told = _sentence(result, moved, moved.visible(alpha, _bound(system, column)))
    return replace(result, sentence=told + _together(system, moved.followed))


def _together(system: System, followed: Followed) -> str:
    """What the windows say together, and what the reference cannot say of itself."""
    unit, told = BLOCKS[system.window.length], ""
    if followed.rings:
        told = " The evidence that was counted up to this window shows a shift beyond what chance explains"
        told += f" and what the reference's {followed.blocks} {unit}s differ by." if not followed.missing else "."
    if followed.missing:
        told += f" The reference covers {words.count(followed.blocks, unit)}; {followed.missing} more"
        told += f" would show how much {unit}s differ by themselves."
    return told


def _sentence(result: Result, moved: Moved, visible: float) -> str:
    """What the distance means, against its limit, and what these rows could have shown."""
    size, interval = words.number(moved.distance), words.between(result.low, result.high)
    told = (
        f'The values of "{result.subject}" lie {size} standard deviations from the reference on average {interval}'
        if moved.numeric
        else f'The shares of "{result.subject}" differ from the reference by a distance of {size} {interval}'
    )
    starts = {Status.ALARM: "beyond", Status.PASS: "inside", Status.INSUFFICIENT: "too uncertain to tell against"}
    bound = words.number(result.limit.max if result.limit else None)
    status = decide(result.low or 0.0, moved.high, result.limit) if result.limit else result.status
    sentence = f"{told}, {starts[status]} the limit {bound}."
    seen = f" With {words.count(moved.n)} we would have seen a distance of {words.number(visible)} in 8 of 10 windows."
    if result.status is not Status.INSUFFICIENT:
        return sentence + seen
    more = (
        f"About {words.count(result.needed, 'more row')} would tell." if result.needed else "Rows alone may not tell."
    )
    return f"{sentence}{seen} {more}"


def unjudged(system: System, reason: str) -> Iterable[Result]:
    """One error for each watched column when there is no reference."""
    return (_error(column, f'Drift of "{column}" is not judged: {reason}.', "contract") for column in watched(system))
