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

from checks import words
from checks.counted import Counted, CountedReference
from checks.decision import decide
from checks.fairness_groups import finest
from checks.intervals import Interval, Share, difference, z_of
from checks.names import LEAST_ROWS, OTHER, allowed_names, cut_names
from checks.query import quoted
from checks.scan import Cell, all_cells, known_labels
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


def coverage(system: System, window: Window, file: Counted, *, early: bool) -> tuple[Result, ...]:
    """Rule 1: one result for each protected attribute and the prediction, about the group that lies farthest apart."""
    found = {column: list(_covered(system, window, file, column)) for column in _columns(system)}
    z = z_of(0.05 / max(1, sum(map(len, found.values()))))
    return tuple(_told(groups, z, early=early) for groups in found.values() if len(groups) > 1)


def copied(system: System, window: Window, file: Counted) -> Result | None:
    """Rule 2: an alarm, or None."""
    if window.reference is None:
        return None
    usual = _agreement(system, CountedReference(window.reference))
    now = _agreement(system, file)
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


def _covered(system: System, window: Window, file: Counted, column: str) -> Iterator[Covered]:
    """Each group of ten rows at least that may be named; all others together."""
    cut = column in system.columns.groups
    reference = CountedReference(window.reference).counts(column) if window.reference and not cut else {}
    allowed = allowed_names(system, column, reference)
    shares: dict[str, Share] = {}
    for name, rows, known in _counts(system, file, column):
        group = name if name in allowed else OTHER
        before = shares.get(group, Share(0, 0))
        shares[group] = Share(before.x + known, before.n + rows)
    rows, known = sum(one.n for one in shares.values()), sum(one.x for one in shares.values())
    for group in sorted(shares):
        ours = shares[group]
        if ours.n >= LEAST_ROWS and rows - ours.n >= LEAST_ROWS:
            yield Covered(column, group, ours, Share(known - ours.x, rows - ours.n))


def _counts(system: System, file: Counted, column: str) -> list[tuple[str, int, int]]:
    """Group, rows, known labels; rows without a group are left out."""
    groupings = finest(system)
    if column in groupings and system.task != "regression":
        place, found = list(groupings).index(column), dict[str, list[int]]()
        for cell in _cells(system, file):
            group = cell.groups[place]
            if group is not None:
                sums = found.setdefault(group, [0, 0])
                sums[0], sums[1] = sums[0] + cell.n, sums[1] + cell.n * (cell.favourable is not None)
        return [(group, found[group][0], found[group][1]) for group in sorted(found)]
    group, parameters = f"{quoted(column)}::varchar", list[str]()
    if cuts := tuple(sorted(system.columns.groups.get(column, ()))):
        whens = " ".join(f"when {quoted(column)} < {float(cut)!r} then ?" for cut in cuts)
        group, parameters = f"case {whens} else ? end", list(cut_names(cuts))
    query = (
        f"select {group} as g, count(*), count({quoted(system.columns.label)}) from read_parquet(?) "  # noqa: S608
        f"where {quoted(column)} is not null group by g order by g"
    )
    return [(row[0], row[1], row[2]) for row in file.answer(query, parameters)]


def known_and_positive(system: System, file: Counted) -> tuple[int, int]:
    """How many labels are known, and how many of them have the positive value (0 for numbers)."""
    if system.task == "regression":
        return known_labels(file, system.columns.label, system.columns.positive)
    known = [cell for cell in _cells(system, file) if cell.favourable is not None]
    return sum(cell.n for cell in known), sum(cell.n for cell in known if cell.favourable)


def _cells(system: System, file: Counted) -> list[Cell]:
    """The cells that fairness counts."""
    columns = system.columns
    return all_cells(file, finest(system), columns.prediction, columns.label, columns.positive)


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


def _agreement(system: System, file: Counted) -> Share:
    """Rows with a label, and those whose label equals the prediction."""
    if system.task != "regression":
        known = [cell for cell in _cells(system, file) if cell.favourable is not None]
        return Share(sum(cell.n for cell in known if cell.hit), sum(cell.n for cell in known))
    made, truth = quoted(system.columns.prediction), quoted(system.columns.label)
    query = f"select count(*) filter ({made} = {truth}), count(*) from read_parquet(?) where {truth} is not null"  # noqa: S608
    ((same, known_rows),) = file.answer(query)
    return Share(int(same), int(known_rows))
