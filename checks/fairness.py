"""Fairness: the groups of each protected attribute, and of their crossings, against one another.

Rules
1. Groups and their sums: checks/fairness_groups.py. Limits, with their reasons: checks/fairness_policy.py.
2. Each group is compared with the reference group (the policy's, or the largest in the window), or with all others if
   the policy says `rest`.
3. Alarm only if the interval is wholly past the limit, pass only if the 95 % interval is wholly inside. Holm over every
   comparison of the window (checks/comparison.py) at the level
       min(5 %, SHARE * false_alarms_per_year / windows a year);
   the rest of the yearly budget is the e-detector's, which counts a lasting gap (checks/fairness_follow.py).
4. A denominator below `min_group` rows is insufficient; below ten rows no number of it is shown.
5. What needs labels waits until they are mature (checks/labels.py): early labels are biased.
6. All results of one attribute share one cause, so they form one case. An alarm of a crossing belongs to the attribute
   whose own group alarms in it, else to the crossing.
7. The groups themselves are judged: spelling, new, vanished (checks/fairness_names.py); reversals within declared
   strata are shown (checks/fairness_strata.py).

EU AI Act Art. 10(2)(f), 26; ISO/IEC 42001 A.5.4 (impact on individuals and groups).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from checks import fairness_results
from checks.comparison import ALPHA, Comparison, stepped
from checks.fairness_groups import MOST_CLASSES, Compared, Population
from checks.fairness_policy import Ask
from checks.fairness_results import REST, group_rates, too_few, unable, waiting_for_labels
from checks.names import MISSING, OTHER
from checks.rates import UNLABELLED, Group, Sums, together
from governance.registry.system import System
from governance.verdict import GroupRate, Result, Status
from governance.window import Table

SHARE = 0.5


@dataclass(frozen=True)
class Pair:
    """A group against another on one question."""

    compared: Compared
    ask: Ask
    group: Group
    against: Group
    ours: Sums
    theirs: Sums

    @property
    def comparison(self) -> Comparison:
        """Their figures."""
        names = (" & ".join(self.group), " & ".join(self.against))
        metric, form, limit = self.ask.metric, self.ask.form, self.ask.limit
        return Comparison(*names, metric, form, self.ours.rate(metric), self.theirs.rate(metric), limit)


def examine(
    system: System, current: Path, reference: Table | None, refused: Mapping[str, str], waiting: str
) -> tuple[tuple[Result, ...], tuple[GroupRate, ...]]:
    """Judge every protected attribute of a window's file.

    Args:
        system: names the protected attributes, their groups and limits.
        current: the window's parquet file.
        reference: says which group names are frequent enough to be shown.
        refused: columns that the contract refused, with the reason.
        waiting: why labels may not be trusted yet; empty when they may.
    """
    protected = system.columns.protected
    attributes = [column for column in protected if column not in refused]
    results = [fairness_results.blocked(name, refused[name]) for name in protected if name in refused]
    if not attributes or system.columns.prediction in refused:
        return tuple(results), ()
    population = Population(system, attributes, reference)
    compared = list(population.compared(current))
    results += judge(system, compared, waiting)
    results += _too_many_classes(population)
    drawn = [one for one in compared if len(one.attributes) == 1]
    rates = [rate for one in drawn for rate in group_rates(one, labelled=not waiting)]
    return tuple(results), tuple(rates)


def level(system: System) -> float:
    """The chance of any false alarm in one window."""
    budget = SHARE * system.checks.fairness.false_alarms_per_year
    return min(ALPHA, budget / system.window.length.per_year)


def judge(system: System, compared: Sequence[Compared], waiting: str = "") -> list[Result]:
    """All results of all attributes and crossings of one window; pure, from counts alone."""
    family, results = list[Pair](), list[Result]()
    references: dict[str, Group] = {}
    for one in compared:
        unfit, against = _reference_group(system, one, references)
        if unfit:
            results.extend(unable(one, ask, unfit) for ask in one.asked or (None,))
            continue
        references |= {one.name: against}
        early = [ask for ask in one.asked if waiting and ask.metric not in UNLABELLED]
        results.extend(waiting_for_labels(one, ask, waiting) for ask in early)
        pairs, small = _pairs(system, one, against, [ask for ask in one.asked if ask not in early])
        family.extend(pairs)
        results.extend(small)
    level_ = level(system)
    judged = stepped([pair.comparison for pair in family], level_)
    told = [
        fairness_results.decided(pair.compared, one, pair.group, pair.against)
        for pair, one in zip(family, judged, strict=True)
    ]
    return [*_with_causes(family, told), *results]


def _pairs(system: System, compared: Compared, against: Group, asks: Sequence[Ask]) -> tuple[list[Pair], list[Result]]:
    """The comparisons that have enough rows, and results for those that have not."""
    pairs, small, least = list[Pair](), list[Result](), system.checks.fairness.min_group
    for group, other, ours, theirs in _matches(system, compared, against):

        def short(ask: Ask | None, n: int, group: Group = group, other: Group = other, less: bool = True) -> Result:
            smaller = group if less or other == REST else other
            return too_few(system, compared, ask, n=n, group=group, against=other, smaller=smaller)

        rows = min(ours.rows, theirs.rows)
        if asks and len(compared.attributes) > 1 and rows < least:
            small.append(short(None, rows, less=ours.rows <= theirs.rows))
            continue
        for ask in asks:
            pair = Pair(compared, ask, group, other, ours, theirs)
            one = pair.comparison
            if one.n >= least:
                pairs.append(pair)
            else:
                small.append(short(ask, one.n, less=one.ours.n <= one.theirs.n))
    return pairs, small


def _matches(system: System, compared: Compared, against: Group) -> Iterator[tuple[Group, Group, Sums, Sums]]:
    """Who is compared with whom: with the reference group, or each with all others (two groups once)."""
    groups = compared.groups
    for group, sums in groups.items():
        if system.checks.fairness.compare == "rest" and len(groups) > 2:
            yield group, REST, sums, together(other for name, other in groups.items() if name != group)
        elif group != against:
            yield group, against, sums, groups[against]


def _reference_group(system: System, compared: Compared, before: Mapping[str, Group]) -> tuple[str, Group]:
    """Why nothing can be judged (or nothing), and the group that the others are compared with.

    The policy's group, else the largest (the first by name among equals, pooled groups last); of a crossing the one
    where the reference groups of its attributes meet, if it has enough rows.
    """
    groups, policy = compared.groups, system.checks.fairness
    if not compared.asked:
        return "the policy sets no limit for it; set checks.fairness.difference in the registry", ()
    ranked = sorted(groups, key=lambda name: (OTHER in name or MISSING in name, -groups[name].rows, name))
    against = ranked[0] if ranked else ()
    if len(compared.attributes) == 1:
        named = policy.reference_group.get(compared.attributes[0])
        against = against if named is None else (named,)
    else:
        meeting = tuple(before[name][0] if name in before else "" for name in compared.attributes)
        against = meeting if meeting in groups and groups[meeting].rows >= policy.min_group else against
    if not groups:
        return "no row has a usable prediction", ()
    if against not in groups:
        return f"its reference group {' & '.join(against)} has no row in this window", ()
    return "" if len(groups) > 1 else "the window holds only one group, so there is nothing to compare", against


def _with_causes(family: Sequence[Pair], told: Sequence[Result]) -> list[Result]:
    """An alarm of a crossing takes the cause of the attribute whose own group in it alarms most often (rule 6)."""
    alarms = Counter(
        (pair.compared.attributes[0], pair.group[0])
        for pair, one in zip(family, told, strict=True)
        if one.status is Status.ALARM and len(pair.compared.attributes) == 1
    )
    return [_with_cause(pair, one, alarms) for pair, one in zip(family, told, strict=True)]


def _with_cause(pair: Pair, one: Result, alarms: Mapping[tuple[str, str], int]) -> Result:
    parts = zip(pair.compared.attributes, pair.group, strict=False)
    known = [(alarms[part], part[0]) for part in parts if part in alarms]
    if len(pair.compared.attributes) == 1 or one.status is not Status.ALARM or not known:
        return one
    return replace(one, cause=f"fairness:{max(known)[1]}")


def _too_many_classes(population: Population) -> list[Result]:
    """Says when some classes are not judged."""
    known = len(population.classes()) if population.system.task == "multiclass" else 0
    if known <= MOST_CLASSES:
        return []
    told = f"Fairness is judged for the {MOST_CLASSES} most frequent of {known} classes; the others are not."
    subject = population.system.columns.prediction
    return [Result("fairness", subject, "classes", Status.INSUFFICIENT, told, "fairness:classes")]
