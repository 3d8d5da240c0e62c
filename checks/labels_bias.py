"""Labels that would mislead: known for one group and not for another, or copied from the predictions.

Rules
1. Coverage: the share of rows with a known label, for each group of a protected attribute and each predicted class
   against all other rows. Where they differ by more than 10 points, figures that rest on labels speak of a selection:
   an alarm once the labels are mature, `insufficient` before. Newcombe's interval at 95 % over all groups (Bonferroni).
2. Copies: labels that agree with every prediction, though at the reference's rate of agreement chance would never do
   that, come from the model and not from the world. They are not used.

ISO/IEC 42001 A.7.4; EU AI Act Art. 10(2)(f) (examination for biases).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks import words
from checks.columns import category_counts
from checks.decision import decide
from checks.intervals import Interval, Share, difference, z_of
from checks.names import LEAST_ROWS, OTHER, allowed_names, cut_names
from checks.scan import answer, quoted
from governance.registry.system import System
from governance.verdict import Limit, Result, Status
from governance.window import Window

CAUSE = "labels"
GAP = Limit(min=-0.1, max=0.1, basis="labels must be known alike for all groups")
LEAST_COPIES = 30
RARE = 1e-9
COPIED = "all labels equal the predictions, as copies would"


@dataclass(frozen=True)
class Covered:
    """One group's known labels against those of all other rows."""

    column: str
    group: str
    ours: Share
    others: Share

    def interval(self, z: float) -> Interval:
        """Of the difference of the known shares."""
        return difference(self.ours, self.others, z)


def coverage(system: System, window: Window, *, early: bool) -> tuple[Result, ...]:
    """Rule 1: one result for each protected attribute and the prediction, about the group that lies farthest apart."""
    assert window.current is not None  # noqa: S101 - the caller looked
    found = {column: list(_covered(system, window, column)) for column in _columns(system)}
    z = z_of(0.05 / max(1, sum(map(len, found.values()))))
    return tuple(_told(groups, z, early=early) for groups in found.values() if len(groups) > 1)


def copied(system: System, window: Window) -> Result | None:
    """Rule 2: an alarm, or None."""
    assert window.current is not None  # noqa: S101 - the caller looked
    if window.reference is None:
        return None
    usual = _agreement(system, window.reference.path)
    now = _agreement(system, window.current.path)
    if now.n < LEAST_COPIES or now.x < now.n or not usual.n or usual.x == usual.n:
        return None
    if math.exp(now.n * math.log(max(usual.value, 0.5 / usual.n))) > RARE:
        return None
    told = f"All {words.count(now.n, 'label')} equal the prediction; in the reference {words.percent(usual.value)} do."
    mend = " They look copied from the model, so nothing is judged by them: deliver what really happened."
    limit = Limit(max=0)
    return Result("labels", system.columns.label, "copies", Status.ALARM, told + mend, CAUSE, 1.0, limit=limit, n=now.n)


def _columns(system: System) -> tuple[str, ...]:
    classes = () if system.task == "regression" else (system.columns.prediction,)
    return tuple(dict.fromkeys((*system.columns.protected, *classes)))


def _covered(system: System, window: Window, column: str) -> Iterator[Covered]:
    """Each group of ten rows at least that may be named; all others together."""
    assert window.current is not None  # noqa: S101
    cuts = tuple(sorted(system.columns.groups.get(column, ())))
    reference = category_counts(window.reference.path, column) if window.reference and not cuts else {}
    allowed = allowed_names(system, column, reference)
    counted: dict[str, Share] = {}
    for name, rows, known in _counts(window.current.path, column, cuts, system.columns.label):
        group = name if name in allowed else OTHER
        before = counted.get(group, Share(0, 0))
        counted[group] = Share(before.x + known, before.n + rows)
    rows, known = sum(one.n for one in counted.values()), sum(one.x for one in counted.values())
    for group in sorted(counted):
        ours = counted[group]
        if ours.n >= LEAST_ROWS and rows - ours.n >= LEAST_ROWS:
            yield Covered(column, group, ours, Share(known - ours.x, rows - ours.n))


def _counts(path: Path, column: str, cuts: tuple[float, ...], label: str) -> list[tuple[str, int, int]]:
    """Group, rows, known labels; rows without a group are left out."""
    group, parameters = f"{quoted(column)}::varchar", list[str]()
    if cuts:
        whens = " ".join(f"when {quoted(column)} < {float(cut)!r} then ?" for cut in cuts)
        group, parameters = f"case {whens} else ? end", list(cut_names(cuts))
    query = (
        f"select {group} as g, count(*), count({quoted(label)}) from read_parquet(?) "  # noqa: S608
        f"where {quoted(column)} is not null group by g order by g"
    )
    return [(row[0], row[1], row[2]) for row in answer(query, [*parameters, str(path)])]


def _told(groups: list[Covered], z: float, *, early: bool) -> Result:
    """The group whose known share lies farthest from the others'."""
    farthest = max(groups, key=lambda one: (abs(one.ours.value - one.others.value), one.group))
    low, high = farthest.interval(z)
    status = Status.INSUFFICIENT if early else decide(low, high, GAP)
    ours, others = words.percent(farthest.ours.value), words.percent(farthest.others.value)
    name = f"{farthest.column}={farthest.group}"
    told = f"Labels are known for {ours} of the rows with {name} and for {others} of all others"
    ends = {
        Status.PASS: "so no group is left out",
        Status.ALARM: "so what is judged by labels speaks of a selection of the rows",
        Status.INSUFFICIENT: "and more may come" if early else "too uncertain to tell against a gap of 10 points",
    }
    return Result(
        "labels",
        farthest.column,
        "coverage_gap",
        status,
        f"{told}, {ends[status]}.",
        CAUSE,
        farthest.ours.value - farthest.others.value,
        low,
        high,
        GAP,
        min(farthest.ours.n, farthest.others.n),
        group=farthest.group,
        method="Newcombe at 95 % over all groups",
    )


def _agreement(system: System, path: Path) -> Share:
    """Rows with a label, and those whose label equals the prediction."""
    made, truth = quoted(system.columns.prediction), quoted(system.columns.label)
    query = f"select count(*) filter ({made} = {truth}), count(*) from read_parquet(?) where {truth} is not null"  # noqa: S608
    ((same, known),) = answer(query, [str(path)])
    return Share(int(same), int(known))
