"""Fairness: the groups of each protected attribute, and of their crossings, against one another.

Rules
1. Groups and their sums: checks/fairness_groups.py. Limits, with their reasons: checks/fairness_policy.py.
2. Each group is compared with the reference group (the policy's, or the largest in the window), or with all others if
   the policy says `rest`.
3. Alarm only if the interval is wholly past the limit, pass only if the 95 % interval is wholly inside. Holm over every
   comparison of the window (checks/comparison.py) at the level
       min(5 %, (1 - LASTING) * false_alarms_per_year / windows a year);
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
from typing import Any

from checks import fairness_names, fairness_results
from checks.comparison import Comparison, stepped
from checks.fairness_follow import Follower
from checks.fairness_groups import MOST_CLASSES, Compared, Population
from checks.fairness_policy import Ask, level
from checks.fairness_results import REST, group_rates, too_few, unable, waiting_for_labels
from checks.fairness_strata import reversal, stratified
from checks.names import LEAST_ROWS, MISSING, OTHER
from checks.rates import UNLABELLED, Group, Sums, together
from checks.words import finite
from governance.registry.system import System
from governance.verdict import GroupRate, Result, Status
from governance.window import Period, Table


@dataclass(frozen=True, eq=False)
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

    @property
    def name(self) -> str:
        """`SEX=2:selection_rate_ratio`."""
        return f"{self.compared.subject}={' & '.join(self.group)}:{self.ask.name}"


def examine(
    system: System, current: Path, reference: Table | None, refused: Mapping[str, str], waiting: str
) -> tuple[tuple[Result, ...], tuple[GroupRate, ...]]:
    """Judge every protected attribute of a window's file by itself."""
    return examine_after(system, current, reference, refused, waiting)[:2]


def examine_after(
    system: System,
    current: Path,
    reference: Table | None,
    refused: Mapping[str, str],
    waiting: str,
    *,
    period: Period | None = None,
    history: Mapping[str, Any] | None = None,
) -> tuple[tuple[Result, ...], tuple[GroupRate, ...], dict[str, Any]]:
    """Judge every protected attribute together with the windows before; the last is the state for the next window.

    Args:
        system: names the protected attributes, their groups and limits.
        current: the window's parquet file.
        reference: says which group names are frequent enough to be shown.
        refused: columns that the contract refused, with the reason.
        waiting: why labels may not be trusted yet; empty when they may.
        period: the window; None for a file without one, which leaves no state.
        history: `Verdict.state` of the window before.
    """
    follower = Follower(system, period, history)
    protected = system.columns.protected
    attributes = [column for column in protected if column not in refused]
    results = [fairness_results.blocked(name, refused[name]) for name in protected if name in refused]
    if not attributes or system.columns.prediction in refused:
        return tuple(results), (), follower.state
    strata = [column for column in system.checks.fairness.stratify_by if column not in refused]
    population = Population(system, attributes, reference, strata)
    compared = list(population.compared(current))
    before = list(population.compared(reference.path)) if reference else []
    results += judge(system, compared, waiting, follower, before)
    results += fairness_names.examine(population, current)
    results += _too_many_classes(population)
    drawn = [one for one in compared if len(one.attributes) == 1]
    rates = [rate for one in drawn for rate in group_rates(one, labelled=not waiting)]
    return tuple(results), tuple(rates), follower.state


def judge(
    system: System,
    compared: Sequence[Compared],
    waiting: str = "",
    follower: Follower | None = None,
    before: Sequence[Compared] = (),
) -> list[Result]:
    """All results of all attributes and crossings of one window; pure, from counts alone.

    Args:
        system: names the limits.
        compared: the attributes and crossings, single attributes before their crossings.
        waiting: why labels may not be trusted yet; empty when they may.
        follower: counts the comparisons over windows.
        before: the same of the reference, for the gaps that it shows.
    """
    family, results = list[Pair](), list[Result]()
    references: dict[str, Group] = {}
    for one in compared:
        if one.several and not one.for_class and not one.asked:
            continue
        unfit, against = _reference_group(system, one, references)
        if unfit:
            results.extend(unable(one, ask, unfit) for ask in one.asked or (None,))
            continue
        references |= {one.name: against}
        early = [ask for ask in one.asked if waiting and ask.metric not in UNLABELLED]
        results.extend(waiting_for_labels(one, ask, waiting) for ask in early)
        family.extend(_pairs(system, one, against, [ask for ask in one.asked if ask not in early]))
    return [*_told(system, family, follower, {one.subject: one.groups for one in before}), *results]


def _told(
    system: System, family: Sequence[Pair], follower: Follower | None, before: Mapping[str, Mapping[Group, Sums]]
) -> list[Result]:
    """The results of all comparisons of a window; one with few rows is only told where its windows together ring."""
    ringing = follower.follow({pair.name: pair.comparison for pair in family}) if follower else set()
    least, alpha = system.checks.fairness.min_group, level(system)
    enough = [pair for pair in family if pair.comparison.n >= least]
    judged = dict(zip(enough, stepped([pair.comparison for pair in enough], alpha), strict=True))
    judged |= {
        pair: stepped([pair.comparison], alpha)[0] for pair in family if pair.name in ringing and pair not in judged
    }
    told = {
        pair: fairness_results.decided(pair.compared, one, pair.group, pair.against, lasting=pair.name in ringing)
        for pair, one in judged.items()
    }
    few = (_short(system, pair) for pair in family if pair not in judged)
    turned = (one for pair, result in told.items() for one in _reversals(pair, result))
    told = {pair: replace(one, reference=_gap_before(pair, before)) for pair, one in told.items()}
    return [*_with_causes(told), *{one.name: one for one in (*few, *turned)}.values()]


def _gap_before(pair: Pair, before: Mapping[str, Mapping[Group, Sums]]) -> float | None:
    """The same gap in the reference, where both groups have ten rows there."""
    groups = before.get(pair.compared.subject, {})
    ours, theirs = groups.get(pair.group), _others(groups, pair)
    if ours is None or theirs is None:
        return None
    gap = replace(pair, ours=ours, theirs=theirs).comparison
    return finite(gap.value) if gap.n >= LEAST_ROWS else None


def _reversals(pair: Pair, told: Result) -> Iterator[Result]:
    """The same comparison within the values of each declared column."""
    it = pair.comparison
    for column, strata in pair.compared.strata.items():
        figures = [
            (ours.rate(it.metric), theirs.rate(it.metric))
            for groups in strata
            if (ours := groups.get(pair.group)) and (theirs := _others(groups, pair))
        ]
        within = stratified(figures)
        if within is not None and within.n >= LEAST_ROWS:
            yield reversal((it.ours, it.theirs), within, told, column)


def _others(groups: Mapping[Group, Sums], pair: Pair) -> Sums | None:
    """Whom the group is compared with, within one stratum."""
    if pair.against != REST:
        return groups.get(pair.against)
    rest = [sums for name, sums in groups.items() if name != pair.group]
    return together(rest) if rest else None


def _pairs(system: System, compared: Compared, against: Group, asks: Sequence[Ask]) -> Iterator[Pair]:
    """All comparisons of an attribute."""
    for group, other, ours, theirs in _matches(system, compared, against):
        yield from (Pair(compared, ask, group, other, ours, theirs) for ask in asks)


def _short(system: System, pair: Pair) -> Result:
    """A comparison without enough rows; a crossing with too few people is told once for all questions."""
    ours, theirs, ask = pair.comparison.ours.n, pair.comparison.theirs.n, None
    people = min(pair.ours.rows, pair.theirs.rows)
    if len(pair.compared.attributes) == 1 or people >= system.checks.fairness.min_group:
        ask, people = pair.ask, min(ours, theirs)
    smaller = pair.group if ours <= theirs or pair.against == REST else pair.against
    return too_few(system, pair.compared, ask, n=people, group=pair.group, against=pair.against, smaller=smaller)


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


def _with_causes(told: Mapping[Pair, Result]) -> list[Result]:
    """An alarm of a crossing takes the cause of the attribute whose own group in it alarms most often (rule 6)."""
    alarms = Counter(
        (pair.compared.attributes[0], pair.group[0])
        for pair, one in told.items()
        if one.status is Status.ALARM and len(pair.compared.attributes) == 1
    )
    return [_with_cause(pair, one, alarms) for pair, one in told.items()]


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
