"""Performance: how well the predictions came true, once labels are mature.

Rules
1. Binary: accuracy, precision, recall (Wilson), roc_auc (DeLong). Multiclass: accuracy. Regression: mae, bias (normal
   approximation from sums), rmse (the same for the mean square, then the root). All intervals at 95 %.
2. A metric is judged against the policy's limit. Without one, the system's main metrics get a limit from the reference:
   accuracy and roc_auc at most 0.05 below it, mae at most 1.25 times it. The reference's value counts as a promise, so
   its own sampling error is not added. Other metrics without a limit are not judged and not listed.
3. Alarm only if the interval is wholly past the limit, pass only if wholly inside. A class (or a denominator) with
   fewer than ten rows is insufficient, and its number is not shown.
4. Before labels are mature every metric is insufficient (checks/labels.py).

ISO/IEC 42001 A.6.2.6 (operation and monitoring); EU AI Act Art. 15(1), 72.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from checks import words
from checks.columns import SortedReference, scores
from checks.counted import Counted, CountedReference, File, counted
from checks.decision import decide, rows_needed
from checks.fairness_groups import finest
from checks.intervals import Interval, Mean, Share, z_of
from checks.names import LEAST_ROWS
from checks.ranking import auc
from checks.rates import errors, tally
from checks.scan import cells, error_cells
from governance.registry.system import System
from governance.verdict import Limit, Result, Status
from governance.window import Table

CAUSE = "performance"
TOLERANCE = 0.05
WORSENING = 1.25
BY_REFERENCE = "not worse than the reference by more than the default tolerance"
_MAIN = {"binary": ("roc_auc", "accuracy"), "multiclass": ("accuracy",), "regression": ("mae",)}
_KNOWN = {
    "binary": ("accuracy", "precision", "recall", "roc_auc"),
    "multiclass": ("accuracy",),
    "regression": ("mae", "rmse", "bias"),
}
_PHRASES = {
    "accuracy": "{} of the predictions came true",
    "precision": "{} of those selected turned out rightly so",
    "recall": "{} of those who should be selected were selected",
    "roc_auc": "a row that should be selected scores above one that should not in {} of pairs",
    "mae": "predictions miss by {} on average (mean absolute error)",
    "rmse": "predictions miss by {} (root mean square)",
    "bias": "predictions are off by {} on average (prediction minus truth)",
}
_METHODS = {"roc_auc": "DeLong at 95 %", "mae": "normal approximation at 95 %", "bias": "normal approximation at 95 %"}
_METHODS |= {"rmse": "normal approximation of the mean square at 95 %"}


class Figure(Protocol):
    """A metric's value with its interval and the rows it rests on."""

    @property
    def value(self) -> float:
        """The estimate."""

    @property
    def n(self) -> int:
        """Rows in the denominator, or of the smaller class."""

    def interval(self, z: float) -> Interval:
        """The two-sided interval at z standard errors."""


@dataclass(frozen=True)
class RootMean:
    """The root of a mean of squares."""

    squares: Mean

    @property
    def value(self) -> float:
        """The root of the mean square."""
        return math.sqrt(self.squares.value) if self.squares.n else math.nan

    @property
    def n(self) -> int:
        """Rows."""
        return self.squares.n

    def interval(self, z: float) -> Interval:
        """The roots of the mean square's bounds."""
        low, high = self.squares.interval(z)
        return math.sqrt(max(0.0, low)), math.sqrt(high)


@dataclass(frozen=True)
class Usual:
    """A metric's value on the reference, and the rows that it rests on."""

    value: float
    n: int


def measured(system: System, rows: Counted) -> dict[str, Figure]:
    """Every metric of the system's task that the file's labels allow."""
    columns = system.columns
    if system.task == "regression":
        sums = errors(error_cells(rows, {}, columns.prediction, columns.label))
        mean_square = Mean(sums.rows, sums.squares, sums.fourths)
        return {"mae": sums.rate("mean_absolute_error"), "bias": sums.rate("mean_error"), "rmse": RootMean(mean_square)}
    counts = tally(cells(rows, finest(system), columns.prediction, columns.label, columns.positive))
    figures: dict[str, Figure] = {"accuracy": counts.rate("accuracy")}
    if system.task == "binary":
        figures |= {"precision": counts.rate("ppv"), "recall": counts.rate("tpr")}
        area = auc(*scores(rows.path, columns.score, columns.label, columns.positive)) if columns.score else None
        figures |= {"roc_auc": area} if area else {}
    return figures


def usual(system: System, reference: Table) -> dict[str, Usual]:
    """Every metric on the reference; measured once for a reference."""
    columns = system.columns
    parts = ("performance", system.task, columns.prediction, columns.label, columns.score, columns.positive)

    def measure() -> dict[str, tuple[float, int]]:
        return {
            name: (figure.value, figure.n) for name, figure in measured(system, CountedReference(reference)).items()
        }

    found = SortedReference(reference).once("\n".join(map(str, parts)), measure)
    return {name: Usual(*told) for name, told in found.items()}


def examine(
    system: System, current: File, reference: Table | None, refused: Mapping[str, str], waiting: str
) -> tuple[Result, ...]:
    """Judge a window's file against the policy's limits, or the reference's values.

    `refused` are columns the contract refused; `waiting` says why labels may not be trusted yet (empty: they may).
    """
    if system.columns.prediction in refused:
        return (_blocked(system, refused[system.columns.prediction]),)
    before = usual(system, reference) if reference else {}
    limits = _limits(system, before)
    if waiting or not limits:
        asked = limits or dict.fromkeys(_MAIN[system.task], Limit())
        reason = waiting or "no limit is set, and the reference holds no labels to compare with"
        return tuple(_unable(system, metric, limit, reason) for metric, limit in asked.items())
    now = measured(system, counted(current))
    return tuple(
        _judged(system, metric, limit, now.get(metric), before.get(metric)) for metric, limit in limits.items()
    )


def _limits(system: System, before: Mapping[str, Usual]) -> dict[str, Limit]:
    """The policy's limits that fit the task, then defaults from the reference for the main metrics."""
    policy = system.checks.performance.metrics
    limits = {str(metric): bound.limit() for metric, bound in policy.items() if metric in _KNOWN[system.task]}
    for metric in _MAIN[system.task]:
        figure = before.get(metric)
        if metric not in limits and figure is not None and figure.n >= LEAST_ROWS:
            limits[metric] = (
                Limit(max=WORSENING * figure.value, basis=BY_REFERENCE)
                if metric == "mae"
                else Limit(min=figure.value - TOLERANCE, basis=BY_REFERENCE)
            )
    return limits


def _blocked(system: System, reason: str) -> Result:
    sentence = f"Performance is not judged: the prediction cannot be used, {reason}."
    return Result("performance", system.task, "metrics", Status.ERROR, sentence, "contract")


def _unable(system: System, metric: str, limit: Limit, reason: str, needed: int | None = None) -> Result:
    sentence = f"The {metric.replace('_', ' ')} of the predictions cannot be judged: {reason}."
    bounded = limit if limit.min is not None or limit.max is not None else None
    return Result(
        "performance", system.task, metric, Status.INSUFFICIENT, sentence, CAUSE, limit=bounded, needed=needed
    )


def _judged(system: System, metric: str, limit: Limit, now: Figure | None, before: Usual | None) -> Result:
    """One metric against its limit."""
    if now is None or now.n < LEAST_ROWS:
        reason = f"fewer than {LEAST_ROWS} rows carry what it needs"
        return _unable(system, metric, limit, reason, LEAST_ROWS)
    low, high = now.interval(z_of(0.05))
    status = decide(low, high, limit)
    usual = before.value if before is not None and before.n >= LEAST_ROWS else None
    needed = rows_needed(now.n, now.value, low, high, limit) if status is Status.INSUFFICIENT else None
    result = Result(
        "performance",
        system.task,
        metric,
        status,
        "",
        CAUSE,
        words.finite(now.value),
        words.finite(low),
        words.finite(high),
        limit,
        now.n,
        reference=words.finite(usual),
        method=_METHODS.get(metric, "Wilson at 95 %"),
        needed=needed,
    )
    return replace(result, sentence=_sentence(now, result))


def _sentence(figure: Figure, result: Result) -> str:
    """`Predictions miss by 67.4 on average (mean absolute error) (64.3 to 70.5), past the limit 60; ...`."""
    told = words.percent if isinstance(figure, Share) or result.metric == "roc_auc" else words.number
    low, high = figure.interval(z_of(0.05))
    facts = _PHRASES[result.metric].format(told(figure.value))
    starts = {Status.ALARM: "past", Status.PASS: "inside", Status.INSUFFICIENT: "too uncertain to tell against"}
    limit = result.limit or Limit()
    bounds = " to ".join(told(bound) for bound in (limit.min, limit.max) if bound is not None)
    before = f"; the reference has {told(result.reference)}" if result.reference is not None else ""
    missing = f" About {words.count(result.needed, 'more label')} would tell." if result.needed else ""
    sentence = f"{facts} ({told(low)} to {told(high)}), {starts[result.status]} the limit {bounds}{before}."
    unseen = told((high - low) / 2)
    reach = f" With {words.count(figure.n, 'label')} a change smaller than {unseen} could not have been seen."
    return sentence[0].upper() + sentence[1:] + reach + missing
