"""Fairness: each group of each protected attribute against a reference group.

Rules
1. Rates come from one group-by at the finest intersection of the protected attributes, rolled up (checks/rates.py).
2. The reference group is the policy's, or the largest in the window.
3. A difference may be at most the limit in either direction. A ratio r may be at least the limit and at most 1/limit,
   which is min(r, 1/r) >= limit (four-fifths rule, 29 CFR 1607.4 D).
4. Alarm only if the interval is wholly past the limit, pass only if wholly inside; Holm over the groups and metrics of
   an attribute (checks/comparison.py), 5 % a family.
5. A denominator below `min_group` rows is insufficient; below ten rows no number of it is shown.
6. What needs labels waits until they are mature (checks/labels.py): early labels are biased.
7. All results of one attribute share one cause, so they form one case.

EU AI Act Art. 10(2)(f), 26; ISO/IEC 42001 A.5.4 (impact on individuals and groups).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from checks import words
from checks.comparison import Comparison, Decided, stepped
from checks.intervals import Mean, Share, z_of
from checks.names import LEAST_ROWS, MISSING, OTHER, allowed_names, cut_names, shown
from checks.rates import ERRORS, RATES, UNLABELLED, Errors, Tally, margin
from checks.scan import Cell, Cuts, ErrorCell, cells, error_cells, group_counts
from governance.registry.system import System
from governance.verdict import GroupRate, Limit, Result, Status
from governance.window import Table

PHRASES = {
    "selection_rate": "are selected {} of the time",
    "tpr": "who should be selected are selected {} of the time",
    "fpr": "who should not be selected are selected {} of the time",
    "fnr": "who should be selected are missed {} of the time",
    "ppv": "who are selected turn out rightly so {} of the time",
    "accuracy": "are judged rightly {} of the time",
    "mean_error": "get predictions that are off by {} on average",
    "mean_absolute_error": "get predictions that miss by {} on average",
}
METHODS = {"difference": "Newcombe hybrid score", "ratio": "MOVER-R", "mean": "normal approximation"}

Groups = dict[str, Tally | Errors]
Ask = tuple[str, str, Limit]


@dataclass(frozen=True)
class Compared:
    """One attribute with its groups' sums, and the limits asked: (metric, form, limit)."""

    attribute: str
    groups: Groups
    asked: tuple[Ask, ...]

    @property
    def cause(self) -> str:
        """One case an attribute."""
        return f"fairness:{self.attribute}"


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
    attributes = [column for column in system.columns.protected if column not in refused]
    blocked = [_blocked(name, refused[name]) for name in system.columns.protected if name in refused]
    if not attributes or system.columns.prediction in refused:
        return tuple(blocked), ()
    counted = _cells(system, current, attributes)
    results, rates = list[Result](blocked), list[GroupRate]()
    for place, attribute in enumerate(attributes):
        may = _names(system, attribute, reference)
        groups = margin(counted, place, lambda name, may=may: shown(name, may))  # type: ignore[misc]
        compared = Compared(attribute, groups, asked(system))
        results.extend(judge(system, compared, waiting))
        rates.extend(group_rates(compared, labelled=not waiting))
    return tuple(results), tuple(rates)


def cuts_of(system: System, attribute: str) -> tuple[Cuts, tuple[str, ...]]:
    """The cut points of a numeric attribute and the names of its groups; none when its values are the groups."""
    cuts = tuple(sorted(system.columns.groups.get(attribute, ())))
    return cuts, cut_names(cuts) if cuts else ()


def _cells(system: System, current: Path, attributes: list[str]) -> list[Cell] | list[ErrorCell]:
    columns, grouping = system.columns, {name: cuts_of(system, name) for name in attributes}
    if system.task == "regression":
        return error_cells(current, grouping, columns.prediction, columns.label)
    return cells(current, grouping, columns.prediction, columns.label, columns.positive)


def _names(system: System, attribute: str, reference: Table | None) -> set[str]:
    """The group names that may be shown."""
    cuts, names = cuts_of(system, attribute)
    before = group_counts(reference.path, attribute, cuts, names) if reference else {}
    return allowed_names(system, attribute, before)


def _blocked(attribute: str, reason: str) -> Result:
    sentence = f'Fairness by "{attribute}" is not judged: {reason}.'
    return Result("fairness", attribute, "rates", Status.ERROR, sentence, "contract")


def asked(system: System) -> tuple[Ask, ...]:
    """The limits of the policy that fit the system's task."""
    policy = system.checks.fairness
    known = ERRORS if system.task == "regression" else RATES
    differences = [
        (metric, "difference", Limit(-most, most, policy.basis)) for metric, most in policy.difference.items()
    ]
    ratios = [(metric, "ratio", Limit(least, 1 / least, policy.basis)) for metric, least in policy.ratio.items()]
    return tuple(one for one in (*ratios, *differences) if one[0] in known)


def judge(system: System, compared: Compared, waiting: str = "") -> list[Result]:
    """All results of one attribute; pure, from counts alone."""
    against = _reference_group(system, compared)
    unfit = _unfit(compared, against)
    if unfit:
        return [_unable(compared, ask, unfit) for ask in compared.asked or _NONE]
    results, family = [], list[Comparison]()
    for metric, form, limit in compared.asked:
        if waiting and metric not in UNLABELLED:
            results.append(_unable(compared, (metric, form, limit), waiting, needed=_unlabelled(compared)))
            continue
        for one in _comparisons(compared, against, metric, form, limit):
            short = _short(system, one)
            results.extend([_too_few(system, compared, one)] if short else [])
            family.extend([] if short else [one])
    return [*(_result(compared, one) for one in stepped(family)), *results]


_NONE = (("rates", "difference", Limit()),)


def _unlabelled(compared: Compared) -> int:
    """Rows whose label is not known."""
    return sum(group.rows - group.labelled for group in compared.groups.values() if isinstance(group, Tally))


def _reference_group(system: System, compared: Compared) -> str:
    """The policy's group, or the largest (the first by name among equals), pooled groups last."""
    named = system.checks.fairness.reference_group.get(compared.attribute)
    if named is not None:
        return named
    ranked = sorted(compared.groups, key=lambda name: (name in (OTHER, MISSING), -compared.groups[name].rows, name))
    return ranked[0] if ranked else ""


def _unfit(compared: Compared, against: str) -> str:
    """Why nothing of an attribute can be judged, or nothing."""
    if not compared.asked:
        return "the policy sets no limit for it; set checks.fairness.difference in the registry"
    if against not in compared.groups:
        return (
            f"its reference group {against} has no row in this window" if against else "no row has a usable prediction"
        )
    return "" if len(compared.groups) > 1 else "the window holds only one group, so there is nothing to compare"


def _comparisons(compared: Compared, against: str, metric: str, form: str, limit: Limit) -> Iterable[Comparison]:
    theirs = compared.groups[against].rate(metric)
    for group, sums in compared.groups.items():
        if group != against:
            yield Comparison(group, against, metric, form, sums.rate(metric), theirs, limit)


def _short(system: System, one: Comparison) -> bool:
    return one.n < system.checks.fairness.min_group


def _too_few(system: System, compared: Compared, one: Comparison) -> Result:
    """A group with too few rows: said without its number below ten."""
    least = system.checks.fairness.min_group
    smaller = one.group if one.ours.n <= one.theirs.n else one.against
    rows = words.count(one.n) if one.n >= LEAST_ROWS else f"fewer than {LEAST_ROWS} rows"
    reason = f"{compared.attribute}={smaller} has {rows} where {least} are needed"
    missing = least - one.n if one.n >= LEAST_ROWS else least
    ask = (one.metric, one.form, one.limit)
    return _unable(compared, ask, reason, needed=missing, group=one.group, against=one.against)


def _unable(
    compared: Compared, ask: Ask, reason: str, *, needed: int | None = None, group: str = "", against: str = ""
) -> Result:
    """A comparison that cannot be judged, with the reason."""
    who = f"{compared.attribute}={group}" if group else compared.attribute
    metric, form, limit = ask
    name = f"{metric}_{form}"
    sentence = f"Fairness by {who} in {name.replace('_', ' ')} cannot be judged: {reason}."
    return Result(
        "fairness",
        compared.attribute,
        name,
        Status.INSUFFICIENT,
        sentence,
        compared.cause,
        limit=limit if compared.asked else None,
        group=group,
        reference_group=against,
        needed=needed,
    )


def _result(compared: Compared, one: Decided) -> Result:
    """A decided comparison as a result."""
    comparison = one.comparison
    method = METHODS["mean" if isinstance(comparison.ours, Mean) else comparison.form]
    return Result(
        "fairness",
        compared.attribute,
        f"{comparison.metric}_{comparison.form}",
        one.status,
        _sentence(compared.attribute, one),
        compared.cause,
        words.finite(comparison.value),
        words.finite(one.low),
        words.finite(one.high),
        comparison.limit,
        comparison.n,
        group=comparison.group,
        reference_group=comparison.against,
        method=f"{method} at {100 * one.level:.2f} % (Holm, 95 % an attribute)",
        needed=one.needed,
    )


def _told(figure: Share | Mean) -> str:
    return words.percent(figure.value) if isinstance(figure, Share) else words.number(figure.value)


def _sentence(attribute: str, one: Decided) -> str:
    """`People with DIS=1 are selected 9.1 % of the time, DIS=2 60.6 %: a ratio of 0.15 (0.14 to 0.16), below ...`."""
    it = one.comparison
    facts = PHRASES[it.metric].format(_told(it.ours))
    size = f"a ratio of {words.number(words.finite(it.value))} {words.between(one.low, one.high)}"
    if it.form == "difference":
        size = f"a gap of {_gap(it, it.value)} ({_gap(it, one.low)} to {_gap(it, one.high)})"
    seen = f"a {'ratio' if it.form == 'ratio' else 'gap'} of {_gap(it, it.visible(one.z))}"
    noun = "row" if it.metric in UNLABELLED else "label"
    missing = f" About {words.count(one.needed, f'more {noun}')} would tell." if one.needed else ""
    return (
        f"People with {attribute}={it.group} {facts}, {attribute}={it.against} {_told(it.theirs)}: {size}, "
        f"{_verdict(one)}. With {words.count(it.n, noun)} in the smaller group we would have seen {seen} "
        f"in 8 of 10 windows.{missing}"
    )


def _gap(it: Comparison, value: float) -> str:
    """A difference of shares in points, anything else as a number."""
    if it.form == "ratio" or isinstance(it.ours, Mean):
        return words.number(value)
    return f"{100 * value:.1f} points"


def _verdict(one: Decided) -> str:
    """Where the interval lies: `below the four-fifths limit 0.8`."""
    it, limit = one.comparison, one.comparison.limit
    name = "four-fifths limit" if it.form == "ratio" and limit.min == 0.8 else "limit"
    if one.status is Status.ALARM and it.form == "ratio":
        return (
            f"below the {name} {words.number(limit.min)}"
            if it.value < 1
            else f"above {words.number(limit.max)}, the {name} seen from the other side"
        )
    bound = words.number(limit.min) if it.form == "ratio" else _gap(it, limit.max or 0.0)
    starts = {Status.ALARM: "beyond", Status.PASS: "inside", Status.INSUFFICIENT: "too uncertain to tell against"}
    return f"{starts[one.status]} the {name} {bound}"


def group_rates(compared: Compared, *, labelled: bool) -> list[GroupRate]:
    """Every rate of every group with at least ten rows in its denominator, with 95 % intervals."""
    rates = []
    for group, sums in compared.groups.items():
        metrics = ERRORS if isinstance(sums, Errors) else RATES
        for metric in metrics:
            figure = sums.rate(metric)
            if figure.n >= LEAST_ROWS and (labelled or metric in UNLABELLED):
                drawn = (figure.value, *figure.interval(z_of(0.05)))
                if all(math.isfinite(number) for number in drawn):
                    rates.append(GroupRate(compared.attribute, group, metric, *drawn, figure.n))
    return rates
