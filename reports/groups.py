"""Group rates by attribute and metric, with the limits that a picture draws across them."""

from dataclasses import dataclass

from governance.verdict import GroupRate, Result, Status, Verdict, worst
from reports.phrases import FEW, figure
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
    """One panel an attribute and metric that has rates, the gravest first, otherwise in the verdict's order."""
    keys = dict.fromkeys((rate.attribute, rate.metric) for rate in verdict.rates)
    made = [_panel(verdict, attribute, metric) for attribute, metric in keys]
    return sorted(made, key=lambda panel: -list(Status).index(panel.status))


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
        if result.limit is None or not large:
            continue
        if result.metric.endswith("_ratio") and result.limit.min is not None:
            lines[_least_ratio(result, max(large.values()), result.limit.min)] = None
        elif result.metric.endswith("_difference") and result.reference_group in large:
            for line in _band(result, large[result.reference_group]):
                lines[line] = None
    return tuple(lines)


def _least_ratio(result: Result, highest: float, least: float) -> LimitLine:
    """The rate that is just `least` times the highest group's."""
    value = highest * least
    metric = result.metric.removesuffix("_ratio")
    return LimitLine(value, f"{figure('', least)} × the highest rate = {figure(metric, value)}")


def _band(result: Result, centre: float) -> list[LimitLine]:
    """The two rates that are just as far from the reference group's as the limit allows."""
    assert result.limit is not None  # noqa: S101 - the caller looked
    far = result.limit.max if result.limit.max is not None else abs(result.limit.min or 0.0)
    metric = result.metric.removesuffix("_difference")
    ends = ((centre - far, "lowest"), (centre + far, "highest"))
    return [
        LimitLine(value, f"{word} allowed beside {result.reference_group}: {figure(metric, value)}")
        for value, word in ends
    ]
