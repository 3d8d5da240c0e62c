"""Fairness results and their sentences: who is compared with whom, how far apart, against which limit and why."""

import math

from checks import words
from checks.comparison import Comparison, Decided
from checks.fairness_groups import Compared, group_name
from checks.fairness_policy import Ask
from checks.intervals import Mean, Share, z_of
from checks.names import LEAST_ROWS
from checks.rates import ERRORS, RATES, UNLABELLED, Group, Tally
from governance.registry.system import System
from governance.verdict import GroupRate, Limit, Result, Status

REST: Group = ("(all others)",)
PHRASES = {
    "selection_rate": "are selected {} of the time",
    "tpr": "who should be selected are selected {} of the time",
    "fpr": "who should not be selected are selected {} of the time",
    "fnr": "who should be selected are missed {} of the time",
    "ppv": "who are selected turn out rightly so {} of the time",
    "accuracy": "are judged rightly {} of the time",
    "mean_error": "get predictions that are off by {} on average",
    "mean_absolute_error": "get predictions that miss by {} on average",
    "mean_prediction": "are predicted {} on average",
}
CLASS_PHRASES = {
    "selection_rate": "are given class {0} {{}} of the time",
    "tpr": "who are of class {0} are given it {{}} of the time",
    "fpr": "who are not of class {0} are given it {{}} of the time",
    "fnr": "who are of class {0} are given another {{}} of the time",
    "ppv": "who are given class {0} are of it {{}} of the time",
}
NAMES = {
    "tpr": "true positive rate",
    "fpr": "false positive rate",
    "fnr": "false negative rate",
    "ppv": "positive predictive value",
}
COUNTED = {
    "selection_rate": "rows",
    "mean_prediction": "rows",
    "tpr": "labelled rows that should be selected",
    "fpr": "labelled rows that should not be selected",
    "fnr": "labelled rows that should be selected",
    "ppv": "labelled rows that were selected",
}
METHODS = {"difference": "Newcombe hybrid score", "ratio": "MOVER-R", "mean": "normal approximation"}


def blocked(attribute: str, reason: str) -> Result:
    """An attribute that the contract refused."""
    sentence = f'Fairness by "{attribute}" is not judged: {reason}.'
    return Result("fairness", attribute, "rates", Status.ERROR, sentence, "contract")


def unable(
    compared: Compared,
    ask: Ask | None,
    reason: str,
    *,
    needed: int | None = None,
    group: Group = (),
    against: Group = (),
) -> Result:
    """A question (or all of them, without an ask) that cannot be answered, with the reason."""
    who = compared.people(group) if group else compared.name
    name = ask.name if ask else "rates"
    what = f" in the {ask.form} of {NAMES.get(ask.metric, ask.metric.replace('_', ' '))}" if ask else ""
    for_class = f" for class {compared.for_class}" if compared.for_class else ""
    return Result(
        "fairness",
        compared.subject,
        name,
        Status.INSUFFICIENT,
        f"Fairness by {who}{what}{for_class} cannot be judged: {reason}.",
        compared.cause,
        limit=ask.limit if ask else None,
        group=group_name(group),
        reference_group=group_name(against),
        needed=needed,
    )


def waiting_for_labels(compared: Compared, ask: Ask, reason: str) -> Result:
    """A question about errors while labels are early."""
    missing = sum(sums.rows - sums.labelled for sums in compared.groups.values())
    more = f"; {words.count(missing, 'label')} of this window may still come" if missing else ""
    return unable(compared, ask, reason + more, needed=missing)


def too_few(
    system: System, compared: Compared, ask: Ask | None, *, n: int, group: Group, against: Group, smaller: Group
) -> Result:
    """A group with too few rows for a question, or for all of them: said without its number below ten."""
    least = system.checks.fairness.min_group
    counted = COUNTED.get(ask.metric, "labelled rows") if ask else "rows"
    if n < LEAST_ROWS:
        rows, missing, more = f"fewer than {LEAST_ROWS}", least, f"more than {least - LEAST_ROWS} are missing"
    else:
        rows, missing = str(n), least - n
        more = f"{missing} more would do"
    reason = f"{compared.people(smaller)} has {rows} {counted} where {least} are needed; {more}"
    return unable(compared, ask, reason, needed=missing, group=group, against=against)


def decided(compared: Compared, one: Decided, group: Group, against: Group, *, lasting: bool = False) -> Result:
    """A comparison as a result; `lasting` when the windows up to this one together ring."""
    it = one.comparison
    method = METHODS["mean" if isinstance(it.ours, Mean) else it.form]
    level = "95 %" if math.isclose(one.level, 0.95) else f"{_level(one.level)} % (Holm over the window)"
    status = Status.ALARM if lasting else one.status
    return Result(
        "fairness",
        compared.subject,
        f"{it.metric}_{it.form}",
        status,
        _sentence(compared, one, group, against) + (LASTING if lasting else ""),
        compared.cause,
        words.finite(it.value),
        words.finite(one.low),
        words.finite(one.high),
        it.limit,
        it.n,
        group=group_name(group),
        reference_group=group_name(against),
        method=f"{method} at {level}",
        needed=None if lasting else one.needed,
    )


LASTING = " The evidence that was counted up to this window shows a lasting gap past the limit."


def _level(level: float) -> str:
    return f"{100 * level:.2f}" if level < 0.9999 else f"{100 * level:.6g}"


def _told(figure: Share | Mean) -> str:
    return words.percent(figure.value) if isinstance(figure, Share) else words.number(figure.value)


def _phrase(compared: Compared, metric: str) -> str:
    if compared.for_class and metric in CLASS_PHRASES:
        return CLASS_PHRASES[metric].format(compared.for_class.replace("{", "{{").replace("}", "}}"))
    return PHRASES[metric]


def _sentence(compared: Compared, one: Decided, group: Group, against: Group) -> str:
    """`People with DIS=1 are selected 9.1 % of the time, DIS=2 60.6 %: a ratio of 0.15 (0.14 to 0.16), below ...`."""
    it = one.comparison
    facts = _phrase(compared, it.metric).format(_told(it.ours))
    other = "all others" if against == REST else compared.people(against)
    size = f"a ratio of {words.number(words.finite(it.value))} {words.between(one.low, one.high)}"
    if it.form == "difference":
        size = f"a gap of {_gap(it, it.value)} ({_gap(it, one.low)} to {_gap(it, one.high)})"
    seen = f"a {'ratio' if it.form == 'ratio' else 'gap'} of {_gap(it, it.visible(one.alarm_z))}"
    noun = "row" if it.metric in UNLABELLED else "label"
    missing = ""
    if one.status is Status.INSUFFICIENT:
        more = words.count(one.needed, f"more {noun}") if one.needed else ""
        missing = (
            f" About {more} of the smaller group would tell." if more else f" {noun.capitalize()}s alone may not tell."
        )
    return (
        f"People with {compared.people(group)} {facts}, {other} {_told(it.theirs)}: {size}, "
        f"{_verdict(one)}. With {words.count(it.n, noun)} in the smaller group we would have seen {seen} "
        f"in 8 of 10 windows.{missing}"
    )


def _gap(it: Comparison, value: float) -> str:
    """A difference of shares in points, anything else as a number."""
    if it.form == "ratio" or isinstance(it.ours, Mean):
        return words.number(value)
    return f"{100 * value:.1f} points"


def _verdict(one: Decided) -> str:
    """Where the interval lies: `below the limit 0.8 (four-fifths rule, 29 CFR 1607.4 D)`."""
    it, limit = one.comparison, one.comparison.limit
    basis = f" ({limit.basis})" if limit.basis else ""
    if it.form == "ratio" and it.value > 1 and limit.max is not None:
        name = f"the limit {words.number(limit.max)}, {words.number(1 / limit.max)} seen from the other side"
        start = "above"
    else:
        bound = limit.min if it.form == "ratio" else _nearest(limit, it.value)
        bound = (limit.max if bound is None else bound) or 0.0
        name = f"the limit {words.number(bound) if it.form == 'ratio' else _gap(it, abs(bound))}"
        start = "below" if it.form == "ratio" else "beyond"
    starts = {Status.ALARM: start, Status.PASS: "inside", Status.INSUFFICIENT: "too uncertain to tell against"}
    return f"{starts[one.status]} {name}{basis}"


def _nearest(limit: Limit, value: float) -> float | None:
    """The bound on the value's own side, where there is one."""
    first, second = (limit.min, limit.max) if value < 0 else (limit.max, limit.min)
    return first if first is not None else second


def group_rates(compared: Compared, *, labelled: bool) -> list[GroupRate]:
    """Every rate of every group with at least ten rows in its denominator, with 95 % intervals."""
    rates = []
    for group, sums in compared.groups.items():
        for metric in _metrics(compared, sums):
            figure = sums.rate(metric)
            if figure.n >= LEAST_ROWS and (labelled or metric in UNLABELLED):
                drawn = (figure.value, *figure.interval(z_of(0.05)))
                if all(math.isfinite(number) for number in drawn):
                    rates.append(GroupRate(compared.subject, group_name(group), metric, *drawn, figure.n))
    return rates


def _metrics(compared: Compared, sums: object) -> tuple[str, ...]:
    """What is drawn of an attribute: of all classes together only what does not depend on one."""
    if not isinstance(sums, Tally):
        return ERRORS
    if compared.several:
        return tuple(CLASS_PHRASES) if compared.for_class else ("accuracy",)
    return RATES
