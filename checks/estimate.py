"""Performance and fairness of errors before labels come, as calibrated scores make them likely: never an alarm.

The rule (confidence-based performance estimation, as NannyML's CBPE has it): the reference says which share of the rows
with about such a score turned out positive; those shares stand in for the labels of the window. Bins are the hundred
quantiles of the reference's score.

Its assumption: a score still means what it meant in the reference. Where inputs move (covariate shift) the estimate
follows; where the world behind them moves (concept shift) it does not, and may be wrong without a sign. So every result
is `insufficient`, says that it is an estimate, and waits for labels.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from checks import words
from checks.counted import Counted, CountedReference
from checks.faults_profile import profile_of_reference
from checks.names import LEAST_ROWS, OTHER, allowed_names, cut_names
from checks.query import quoted
from governance.registry.system import System
from governance.verdict import Result, Status
from governance.window import Table, Window

METHOD = "estimated from calibrated scores, no labels"
ASSUMED = "if a score still means what it meant in the reference; labels will tell"
LEAST_LABELS = 200


@dataclass(frozen=True)
class Cell:
    """Rows of one group, one bin of the score and one prediction."""

    group: str
    bin: int
    selected: bool
    n: int


@dataclass(frozen=True)
class Expected:
    """What some rows' labels would be: expected true and false positives and negatives."""

    tp: float
    fp: float
    fn: float
    tn: float

    @property
    def accuracy(self) -> float:
        """Expected share of predictions that come true."""
        return (self.tp + self.tn) / (self.tp + self.fp + self.fn + self.tn)

    @property
    def tpr(self) -> float:
        """Expected share of the positive rows that are selected; not a number without any."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else math.nan

    @property
    def fpr(self) -> float:
        """Expected share of the other rows that are selected; not a number without any."""
        return self.fp / (self.fp + self.tn) if self.fp + self.tn else math.nan


def examine(
    system: System, window: Window, refused: Mapping[str, str], file: Counted | None = None
) -> tuple[Result, ...]:
    """Estimates for a window whose labels may not be used yet; none where the reference cannot calibrate the score."""
    columns = system.columns
    current, reference = window.current, window.reference
    if system.task != "binary" or not columns.score or current is None or reference is None:
        return ()
    if refused.keys() & {columns.score, columns.prediction}:
        return ()
    edges = _edges(system, reference)
    rows, known = file or Counted(current.path), CountedReference(reference)
    rates = calibration(system, known, edges)
    if not rates:
        return ()
    found = cells(system, rows, edges)
    return (*_performance(system, found, rates), *_fairness(system, rows, known, edges, rates))


def calibration(system: System, file: Counted, edges: tuple[float, ...]) -> dict[int, float]:
    """The positive share of the labelled rows of each bin; empty with fewer than 200 labels."""
    columns = system.columns
    label = quoted(columns.label)
    query = (
        f"select {_bin(system, edges)} as b, count(*), count(*) filter ({label}::varchar = ?) from read_parquet(?) "  # noqa: S608
        f"where {label} is not null and isfinite({quoted(columns.score or '')}) group by b"
    )
    counted = file.answer(query, [columns.positive])
    if sum(row[1] for row in counted) < LEAST_LABELS:
        return {}
    return {row[0]: row[2] / row[1] for row in counted}


def cells(system: System, file: Counted, edges: tuple[float, ...], attribute: str = "") -> list[Cell]:
    """Rows by bin and prediction, and by the group of one protected attribute if it is named."""
    columns, parameters = system.columns, list[str]()
    group = f"{quoted(attribute)}::varchar" if attribute else "''"
    if cuts := sorted(columns.groups.get(attribute, ())):
        whens = " ".join(f"when {quoted(attribute)} < {float(cut)!r} then ?" for cut in cuts)
        group, parameters = f"case {whens} else ? end", list(cut_names(tuple(cuts)))
    kept = f"where isfinite({quoted(columns.score or '')})"
    kept += f" and {quoted(attribute)} is not null" if attribute else ""
    query = (
        f"select {group} as g, {_bin(system, edges)} as b, {quoted(columns.prediction)}::varchar = ? as s, count(*) "  # noqa: S608
        f"from read_parquet(?) {kept} group by g, b, s order by all"
    )
    return [Cell(*row) for row in file.answer(query, [*parameters, columns.positive]) if row[2] is not None]


def expected(found: Iterable[Cell], rates: Mapping[int, float]) -> Expected:
    """The expected confusion table of some cells; a bin without labels takes its nearest neighbour's share."""
    sums = dict.fromkeys(("tp", "fp", "fn", "tn"), 0.0)
    for cell in found:
        share = _rate(rates, cell.bin)
        sums["tp" if cell.selected else "fn"] += cell.n * share
        sums["fp" if cell.selected else "tn"] += cell.n * (1 - share)
    return Expected(**sums)


def expected_auc(found: Iterable[Cell], rates: Mapping[int, float]) -> float:
    """The expected area under the ROC curve, ties within a bin counting one half."""
    bins: dict[int, int] = {}
    for cell in found:
        bins[cell.bin] = bins.get(cell.bin, 0) + cell.n
    below = pairs = positives = 0.0
    for place in sorted(bins):
        share = _rate(rates, place)
        positive, negative = bins[place] * share, bins[place] * (1 - share)
        pairs += positive * (below + negative / 2)
        below, positives = below + negative, positives + positive
    return pairs / (positives * below) if positives and below else math.nan


def _rate(rates: Mapping[int, float], place: int) -> float:
    return rates[place] if place in rates else rates[min(rates, key=lambda known: (abs(known - place), known))]


def _edges(system: System, reference: Table) -> tuple[float, ...]:
    """The different quantiles of the reference's score."""
    numbers = profile_of_reference(system, reference).numbers.get(system.columns.score or "")
    return tuple(sorted(set(numbers.quantiles))) if numbers else ()


def _bin(system: System, edges: tuple[float, ...]) -> str:
    """The SQL of how many edges lie below the score."""
    score = quoted(system.columns.score or "")
    return f"len(list_filter({list(edges)}::double[], lambda e: e < {score}))"


def _performance(system: System, found: list[Cell], rates: Mapping[int, float]) -> Iterator[Result]:
    rows = sum(cell.n for cell in found)
    if rows < LEAST_ROWS:
        return
    for metric, value in (
        ("estimated_accuracy", expected(found, rates).accuracy),
        ("estimated_roc_auc", expected_auc(found, rates)),
    ):
        if math.isfinite(value):
            name = metric.replace("_", " ").replace("roc auc", "ROC AUC")
            sentence = f"The {name} is {words.number(value)}, {ASSUMED}."
            yield _result("performance", system.task, metric, value, sentence, n=rows, cause="performance")


def _fairness(
    system: System, file: Counted, known: CountedReference, edges: tuple[float, ...], rates: Mapping[int, float]
) -> Iterator[Result]:
    """The greatest gap of each error rate between a group and all other rows, for each protected attribute."""
    for attribute in system.columns.protected:
        found = cells(system, file, edges, attribute)
        cut = attribute in system.columns.groups
        reference = {} if cut else known.counts(attribute)
        allowed = allowed_names(system, attribute, reference)
        sizes: dict[str, int] = {}
        for cell in found:
            sizes[cell.group] = sizes.get(cell.group, 0) + cell.n
        least = system.checks.fairness.min_group
        named = [group for group in sorted(sizes) if group in allowed and group != OTHER and sizes[group] >= least]
        for rate in ("tpr", "fpr"):
            if gaps := dict(_gaps(found, rates, named, rate)):
                group = max(gaps, key=lambda one: (abs(gaps[one]), one))
                told = f"{100 * abs(gaps[group]):.1f} points {'above' if gaps[group] > 0 else 'below'}"
                sentence = (
                    f"The estimated {rate.upper()} of {attribute}={group} lies {told} that of all others, {ASSUMED}."
                )
                metric = f"estimated_{rate}_difference"
                cause = f"fairness:{attribute}"
                yield _result(
                    "fairness", attribute, metric, gaps[group], sentence, n=sizes[group], cause=cause, group=group
                )


def _gaps(found: list[Cell], rates: Mapping[int, float], named: list[str], rate: str) -> Iterator[tuple[str, float]]:
    for group in named:
        ours = expected((cell for cell in found if cell.group == group), rates)
        others = [cell for cell in found if cell.group != group]
        if sum(cell.n for cell in others) >= LEAST_ROWS:
            gap = getattr(ours, rate) - getattr(expected(others, rates), rate)
            if math.isfinite(gap):
                yield group, gap


def _result(
    check: str, subject: str, metric: str, value: float, sentence: str, *, n: int, cause: str, group: str = ""
) -> Result:
    return Result(
        check, subject, metric, Status.INSUFFICIENT, sentence, cause, float(value), n=n, group=group, method=METHOD
    )
