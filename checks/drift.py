"""Drift: how far each watched column lies from the reference, and whether that is proven.

The SIZE is Evidently's own: `value` and `method` are what its defaults give (checks/distances.py), to 1e-9.
The STATUS is another matter: a fixed threshold at n = 100 rings on half of all quiet columns. It rests on an interval
around a distance that is a metric, the normed Wasserstein distance W1/std for numbers, the Jensen-Shannon distance for
categories (and for numbers with up to five values).

Why [d - noise, d + noise] holds the true distance. Both are metrics (Wasserstein: Kantorovich and Rubinstein 1958;
Jensen-Shannon: Endres and Schindelin, IEEE Trans. Inf. Theory 49 (2003) 1858-1860), so by the triangle inequality
|d(current sample, reference sample) - d(current, reference)| <= d(current sample, current) + d(reference sample,
reference). The right side is the sampling noise of the two samples. Its size is taken from the distance between two
samples of these sizes from the reference itself (checks/noise.py), at a level that spends the policy's false alarms a
year on all columns and windows: alpha = false_alarms_per_year / (columns * windows a year), at most 5 %. Without any
drift that is exactly the law of d; an alarm then needs d > limit + noise.

Limits. Rows are taken as independent given the window: where days or customers come in blocks the noise is larger than
simulated. The two-sample distance stands for the sum of two one-sample distances, which may be up to 1.41 times as
large when n = m; the alarm, which asks noise on top of the limit, keeps its budget (tests/checks/test_false_alarms.py).
Each window is judged alone: a slow ramp below the limit is not added up over time.

When the reference has 1000 rows or fewer Evidently's value is a p-value: `value` is that p, `low` and `high` are
the interval of the distance, and the sentence gives the distance.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from checks import distances, noise, pictures, words
from checks.columns import SortedReference, category_counts, sorted_finite
from checks.decision import decide
from checks.distances import Sorted
from checks.names import allowed_names
from governance.registry.system import System
from governance.verdict import Distribution, Limit, Result, Status
from governance.window import Table

CAUSE = "drift"
EVIDENTLY = "Evidently's default threshold, made a limit by policy"


@dataclass(frozen=True)
class Moved:
    """One column's distance: Evidently's method and value, the metric distance, the noise of both samples."""

    method: str
    value: float
    distance: float
    constant: float
    n: int
    m: int
    numeric: bool

    @property
    def noise(self) -> float:
        """How far the distance of these samples may lie from the truth."""
        return self.constant * math.sqrt(1 / self.n + 1 / self.m)


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
    return min(0.05, system.checks.drift.false_alarms_per_year / looks)


def examine(
    system: System, current: Path, reference: Table, refused: dict[str, str]
) -> tuple[tuple[Result, ...], tuple[Distribution, ...]]:
    """Judge each watched column of a window's file against the reference; the counts for pictures come along."""
    kept = SortedReference(reference)
    results, drawn = [], []
    for column, numeric in watched(system).items():
        if column in refused:
            results.append(_error(column, f'Drift of "{column}" is not judged: {refused[column]}.', "contract"))
            continue
        judge = _numbers if numeric else _categories
        result, distribution = judge(system, column, current, kept)
        results.append(result)
        drawn.extend([distribution] if distribution else [])
    return tuple(results), tuple(drawn)


def _error(column: str, sentence: str, cause: str = CAUSE) -> Result:
    return Result("drift", column, "distance", Status.ERROR, sentence, cause)


def _no_reference(column: str) -> Result:
    return _error(column, f'Drift of "{column}" is not judged: the reference holds no usable value of it.')


Judged = tuple[Result, Distribution | None]


def _categories(system: System, column: str, current: Path, kept: SortedReference) -> Judged:
    """A text column."""
    return _of_counts(system, column, kept.counts(column), category_counts(current, column))


def _of_counts(system: System, column: str, before: dict[str, int], now: dict[str, int]) -> Judged:
    """Any column that is judged by its categories."""
    if not before:
        return _no_reference(column), None
    method, value = distances.of_categories(before, now)
    p, q = distances.aligned(before, now)
    n, m = int(q.sum()), int(p.sum())
    constant = noise.of_categories(p, q).constant(level(system))
    moved = Moved(method, value, float(distances.jensen_shannon(p, q)), constant, n, m, numeric=False)
    picture = pictures.of_categories(column, before, now, allowed_names(system, column, before))
    return _result(system, column, moved), picture


def _numbers(system: System, column: str, current: Path, kept: SortedReference) -> Judged:
    """A numeric column; with up to five distinct values in both samples it is judged by its categories."""
    before, now = kept.values(column), sorted_finite(current, column)
    if not len(before):
        return _no_reference(column), None
    few = _few(before, now)
    if few is not None:
        return _of_counts(system, column, *few)
    deviation, spread = _spread(kept, column, before)
    distance = distances.wasserstein(before, now) / deviation
    method, value = distances.of_numbers(before, now, distance)
    constant = spread.constant(level(system))
    moved = Moved(method, value, distance, constant, len(now), len(before), numeric=True)
    return _result(system, column, moved), pictures.of_numbers(column, before, now)


def _few(before: Sorted, now: Sorted) -> tuple[dict[str, int], dict[str, int]] | None:
    """Counts of both samples by value when there are at most five distinct ones together."""
    ours, theirs = distances.few_values(before), distances.few_values(now)
    if ours is None or theirs is None or len(set(ours) | set(theirs)) > distances.FEW_VALUES:
        return None
    return _by_name(ours), _by_name(theirs)


def _by_name(counts: dict[float, int]) -> dict[str, int]:
    """Counts by the number's shortest exact text, 2 and 2.0 being the same."""
    return {str(float(value)).removesuffix(".0"): rows for value, rows in counts.items()}


def _spread(kept: SortedReference, column: str, before: Sorted) -> tuple[float, noise.Noise]:
    """The deviation that normes the distance, and the noise constants; simulated once for a reference."""
    facts = kept.facts(column)
    if facts is None or set(facts) != {"deviation", "mean", "spread"}:
        deviation = max(distances.deviation(before), distances.LEAST_DEVIATION)
        simulated = noise.of_numbers(before, deviation)
        facts = {"deviation": deviation, "mean": simulated.mean, "spread": simulated.deviation}
        kept.remember(column, facts)
    return facts["deviation"], noise.Noise(facts["mean"], facts["spread"])


def _needed(moved: Moved, limit: float) -> int | None:
    """Rows still missing until the noise is smaller than the distance's gap to the limit; None: never, or too many."""
    gap = abs(moved.distance - limit)
    rest = (gap / moved.constant) ** 2 - 1 / moved.m if moved.constant else 0.0
    return None if rest <= 1e-9 else max(1, math.ceil(1 / rest) - moved.n)


def _result(system: System, column: str, moved: Moved) -> Result:
    """A column's distance as a result."""
    bound = system.checks.drift.columns.get(column, system.checks.drift.limit)
    low, high = max(0.0, moved.distance - moved.noise), moved.distance + moved.noise
    limit = Limit(max=bound, basis=EVIDENTLY)
    status = decide(low, high, limit)
    result = Result(
        "drift",
        column,
        moved.method,
        status,
        _sentence(column, moved, bound, status),
        CAUSE,
        words.finite(moved.value),
        low,
        high,
        limit,
        moved.n,
        method=moved.method,
    )
    return replace(result, needed=_needed(moved, bound)) if status is Status.INSUFFICIENT else result


def _sentence(column: str, moved: Moved, bound: float, status: Status) -> str:
    """What the distance means, against its limit, and what these rows could have shown."""
    size, interval = (
        words.number(moved.distance),
        words.between(max(0.0, moved.distance - moved.noise), moved.distance + moved.noise),
    )
    told = (
        f'The values of "{column}" lie {size} standard deviations from the reference on average {interval}'
        if moved.numeric
        else f'The shares of the values of "{column}" differ from the reference by a distance of {size} {interval}'
    )
    ends = {
        Status.PASS: f"inside the limit {words.number(bound)}",
        Status.ALARM: f"beyond the limit {words.number(bound)}",
        Status.INSUFFICIENT: f"too uncertain to tell against the limit {words.number(bound)}",
    }
    sure = words.number(bound + 2 * moved.noise)
    missing = ""
    if status is Status.INSUFFICIENT:
        rows = _needed(moved, bound)
        missing = (
            f" About {words.count(rows, 'more row')} would tell." if rows else " More rows of the reference are needed."
        )
    return f"{told}, {ends[status]}. With {words.count(moved.n)} a distance of {sure} would surely be seen.{missing}"


def unjudged(system: System, reason: str) -> Iterable[Result]:
    """One error for each watched column when there is no reference."""
    return (_error(column, f'Drift of "{column}" is not judged: {reason}.', "contract") for column in watched(system))
