"""Fairness: the groups of each protected attribute, and of their crossings, against one another.

Rules
1. Groups and their sums: checks/fairness_groups.py. Limits, with their reasons: checks/fairness_policy.py.
2. Each group is compared with the reference group, or with all others if the policy says so
   (checks/fairness_pairs.py).
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
from dataclasses import replace
from typing import Any

from checks import fairness_names, fairness_results
from checks.comparison import stepped
from checks.counted import File, counted
from checks.fairness_follow import Follower
from checks.fairness_groups import MOST_CLASSES, Compared, Population
from checks.fairness_pairs import Pair, others_of, pairs_of, reference_group
from checks.fairness_policy import level
from checks.fairness_results import REST, group_rates, too_few, unable, waiting_for_labels
from checks.fairness_strata import reversal, stratified
from checks.names import LEAST_ROWS
from checks.rates import UNLABELLED, Group, Sums
from checks.words import finite
from governance.registry.system import System
from governance.verdict import GroupRate, Result, Status
from governance.window import Period, Table


def examine(
    system: System, current: File, reference: Table | None, refused: Mapping[str, str], waiting: str
) -> tuple[tuple[Result, ...], tuple[GroupRate, ...]]:
    """Judge every protected attribute of a window's file by itself."""
    return examine_after(system, current, reference, refused, waiting)[:2]


def examine_after(
    system: System,
    current: File,
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
    current = counted(current)
    compared = list(population.compared(current))
    before = list(population.compared(population.before)) if population.before else []
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
        unfit, against = reference_group(system, one, references)
        if unfit:
            results.extend(unable(one, ask, unfit) for ask in one.asked or (None,))
            continue
        references |= {one.name: against}
        early = [ask for ask in one.asked if waiting and ask.metric not in UNLABELLED]
        results.extend(waiting_for_labels(one, ask, waiting) for ask in early)
        family.extend(pairs_of(system, one, against, [ask for ask in one.asked if ask not in early]))
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
    ours, theirs = groups.get(pair.group), others_of(groups, pair)
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
            if (ours := groups.get(pair.group)) and (theirs := others_of(groups, pair))
        ]
        within = stratified(figures)
        if within is not None and within.n >= LEAST_ROWS:
            yield reversal((it.ours, it.theirs), within, told, column)


def _short(system: System, pair: Pair) -> Result:
    """A comparison without enough rows; a crossing with too few people is told once for all questions."""
    ours, theirs, ask = pair.comparison.ours.n, pair.comparison.theirs.n, None
    people = min(pair.ours.rows, pair.theirs.rows)
    if len(pair.compared.attributes) == 1 or people >= system.checks.fairness.min_group:
        ask, people = pair.ask, min(ours, theirs)
    smaller = pair.group if ours <= theirs or pair.against == REST else pair.against
    return too_few(system, pair.compared, ask, n=people, group=pair.group, against=pair.against, smaller=smaller)


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
