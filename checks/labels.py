"""Labels: how many are known, whether they may be trusted yet, and what joining them showed.

Rules
1. Before `system.matured` labels are early, and early labels are biased (the easy cases come first): performance and
   fairness of errors wait, as `insufficient`.
2. A class that no known label has leaves error rates undefined: also `insufficient`.
3. Labels known for some groups only, and labels that are copies of the predictions: checks/labels_bias.py.
4. One id with two different labels is an alarm. A label without a prediction is shown.

ISO/IEC 42001 A.7.4 (data quality), A.6.2.6 (monitoring).
"""

from dataclasses import dataclass

from checks import labels_bias, words
from checks.counted import Counted
from checks.labels_bias import known_and_positive
from governance.registry.system import System
from governance.verdict import Limit, Result, Status
from governance.window import Window

CAUSE = "labels"


@dataclass(frozen=True)
class Labelled:
    """The labels' results, and why labels may not be used (empty: they may)."""

    results: tuple[Result, ...]
    waiting: str
    known: int


def examine(system: System, window: Window, file: Counted | None = None) -> Labelled:
    """Judge the labels of a window that can be read; `file` is its file, if it is being read already."""
    if window.current is None:
        return Labelled((), "the window could not be read", 0)
    rows = window.current.rows
    file = file or Counted(window.current.path)
    known, positive = known_and_positive(system, file)
    early = not system.matured(window.period, window.as_of)
    waiting = _waiting(system, early=early, known=known, positive=positive)
    copies = None if waiting else labels_bias.copied(system, window, file)
    waiting = waiting or (labels_bias.COPIED if copies else "")
    share = known / rows if rows else 0.0
    status = Status.INSUFFICIENT if waiting else Status.PASS
    told = f"{words.count(known, 'label')} of {words.count(rows)} are known"
    end = f", but {waiting}" if waiting else " and old enough to be trusted"
    needed = rows - known if waiting else None
    coverage = _result(system, "known_share", status, f"{told}{end}.", share, n=rows, needed=needed)
    gaps = labels_bias.coverage(system, window, file, early=early) if known else ()
    results = (coverage, *_joined(system, window), *gaps, *((copies,) if copies else ()))
    return Labelled(results, waiting, known)


def _waiting(system: System, *, early: bool, known: int, positive: int) -> str:
    """Why labels may not be used, in words; nothing when they may."""
    if early:
        days = words.count(system.labels.delay_days, "day")
        return f"labels may be trusted only {days} after the window's end, and early labels are biased"
    if not known:
        return "no label is known"
    if system.task == "binary" and positive in (0, known):
        return "all known labels are of one class"
    return ""


def _joined(system: System, window: Window) -> tuple[Result, ...]:
    """Contradictions and orphans, as the join of the labels counted them."""
    twice, orphans = window.labels.contradictions, window.labels.orphans
    status = Status.ALARM if twice else Status.PASS
    told = f"{words.count(twice, 'id')} carry two different labels."
    contradictions = _result(system, "contradictions", status, told, twice, limit=Limit(max=0))
    told = f"{words.count(orphans, 'label')} belong to no prediction of this window."
    results = (contradictions, _result(system, "orphans", Status.PASS, told, orphans))
    return (*results, *_timed(system, window)) if system.labels.time else results


def _timed(system: System, window: Window) -> tuple[Result, Result]:
    """Corrections, which are read as of the moment of judging, and labels known before their prediction was made."""
    later, before = window.labels.corrections, window.labels.impossible
    told = (
        f"The labels of {words.count(later, 'id')} were corrected; the latest known at {window.as_of:%Y-%m-%d} is used."
    )
    corrections = _result(system, "corrections", Status.PASS, told, later)
    told = f"{words.count(before)} had a label before the prediction was made"
    end = ": a prediction of what is known, or a wrong clock." if before else "."
    status = Status.ALARM if before else Status.PASS
    return corrections, _result(system, "impossible_times", status, told + end, before, limit=Limit(max=0))


def _result(
    system: System,
    metric: str,
    status: Status,
    sentence: str,
    value: float,
    *,
    limit: Limit | None = None,
    n: int = 0,
    needed: int | None = None,
) -> Result:
    subject = system.columns.label
    return Result("labels", subject, metric, status, sentence, CAUSE, float(value), limit=limit, n=n, needed=needed)
