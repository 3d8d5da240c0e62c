"""Group rates by attribute and metric, with the limits that a picture draws across them."""

from dataclasses import dataclass

from governance.verdict import GroupRate, Limit, Result, Status, Verdict, worst
from reports.phrases import FEW, SHARES, figure, group_words, number
from reports.pictures import LimitLine


@dataclass(frozen=True)
class Panel:
    """The groups of one protected attribute under one metric, with the fairness results about them."""

    attribute: str
    metric: str
    rates: tuple[GroupRate, ...]
    limits: tuple[LimitLine, ...]
    results: tuple[Result, ...]

    @property
    def status(self) -> Status:
        """The gravest status of its results; a panel nobody judged cannot tell."""
        return worst([result.status for result in self.results]) if self.results else Status.INSUFFICIENT


def panels(verdict: Verdict) -> list[Panel]:
    """One panel an attribute and metric that has rates, the gravest first, those nobody judged last."""
    keys = dict.fromkeys((rate.attribute, rate.metric) for rate in verdict.rates)
    made = [_panel(verdict, attribute, metric) for attribute, metric in keys]
    return sorted(made, key=lambda panel: (not panel.results, -list(Status).index(panel.status)))


def _panel(verdict: Verdict, attribute: str, metric: str) -> Panel:
    rates = tuple(rate for rate in verdict.rates if (rate.attribute, rate.metric) == (attribute, metric))
    names = (metric, f"{metric}_difference", f"{metric}_ratio")
    results = tuple(
        result
        for result in verdict.results
        if result.check == "fairness" and result.subject == attribute and result.metric in names
    )
    return Panel(attribute, metric, rates, _limits(rates, results), results)


def _limits(rates: tuple[GroupRate, ...], results: tuple[Result, ...]) -> tuple[LimitLine, ...]:
    """Where the limits on differences and ratios fall on the scale of the rates themselves, each once."""
    large = {rate.group: rate.value for rate in rates if rate.n >= FEW}
    lines: dict[LimitLine, None] = {}
    for result in results:
        if result.limit is not None and result.reference_group in large:
            lines |= dict.fromkeys(_lines(result, result.limit, large[result.reference_group]))
    return tuple(lines)


def _lines(result: Result, limit: Limit, centre: float) -> list[LimitLine]:
    """The least and the greatest rate that the limit allows beside the reference group's rate `centre`."""
    metric, _, form = result.metric.rpartition("_")
    made = []
    for word, bound in (("at least", limit.min), ("at most", limit.max)):
        if bound is None or form not in ("ratio", "difference"):
            continue
        value = centre * bound if form == "ratio" else centre + bound
        if 0 <= value <= 1 or metric not in SHARES:
            made.append(LimitLine(value, f"{word} {figure(metric, value)}: {_rule(result, bound)}"))
    return made


def _rule(result: Result, bound: float) -> str:
    """`0.8 × that of men` or `20.0 points from men`, for the words beside a limit."""
    against = group_words(result.subject, result.reference_group)
    if result.metric.endswith("_ratio"):
        return f"{number(bound)} × that of {against}"
    return f"{figure(result.metric, abs(bound))} from {against}"
