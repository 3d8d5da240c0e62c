"""What the policy asks of fairness: which rates are compared, how far apart they may be, and by which rule or law.

The defaults, and why
- selection rate, ratio at least 0.8: the four-fifths rule, US EEOC Uniform Guidelines, 29 CFR 1607.4 D: a rate below
  four fifths of another group's is generally regarded as evidence of adverse impact.
- selection rate, difference at most 20 points: what four fifths of a rate of one is; no law sets a number.
- TPR and FPR, difference at most 10 points: the range that AI Fairness 360 calls fair; no law sets a number. That both
  are equal is equalised odds (Hardt, Price and Srebro, NeurIPS 2016).
- regression without a limit of its own: mean prediction and mean error may differ by a fifth of their standard
  deviation on the reference, which Cohen (Statistical Power Analysis, 1988) calls a small effect; no law sets a number.

Of the false alarms a year that the policy allows, LASTING is the share of the e-detector (checks/fairness_follow.py).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from checks.comparison import ALPHA
from checks.rates import ERRORS, RATES, Numbers
from governance.registry.system import FairnessRule, System
from governance.verdict import Limit

LASTING = 0.5
SMALL_EFFECT = 0.2
_DEFAULTS = {
    ("selection_rate", "ratio", 0.8): "four-fifths rule, 29 CFR 1607.4 D",
    ("selection_rate", "difference", 0.2): "default: four fifths of a rate of one; no law sets a number",
    ("tpr", "difference", 0.1): "default: the range that AI Fairness 360 calls fair; no law sets a number",
    ("fpr", "difference", 0.1): "default: the range that AI Fairness 360 calls fair; no law sets a number",
}
_BY_POLICY = "set in the registry"
_BY_EFFECT = "default: a fifth of the reference's standard deviation, a small effect by Cohen; no law sets a number"
_BY_CLASS = ("selection_rate", "tpr", "fpr", "fnr", "ppv")


@dataclass(frozen=True)
class Ask:
    """One question to every group: a metric of checks/rates.py, `difference` or `ratio`, and the limit."""

    metric: str
    form: str
    limit: Limit

    @property
    def name(self) -> str:
        """`selection_rate_ratio`, the metric of its results."""
        return f"{self.metric}_{self.form}"


def level(system: System) -> float:
    """The chance of any false alarm in one window."""
    budget = (1 - LASTING) * system.checks.fairness.false_alarms_per_year
    return min(ALPHA, budget / system.window.length.per_year)


def asked(system: System, reference: Numbers | None = None) -> tuple[Ask, ...]:
    """The questions that fit the system's task, ratios first.

    Args:
        system: names the limits.
        reference: the sums of a regression's reference, for the default limits.
    """
    policy = system.checks.fairness
    known = ERRORS if system.task == "regression" else RATES
    ratios = [
        Ask(metric, "ratio", _ratio(rule, _basis(system, metric, "ratio", rule)))
        for metric, rule in policy.ratio.items()
    ]
    differences = [
        Ask(metric, "difference", _difference(rule, _basis(system, metric, "difference", rule)))
        for metric, rule in policy.difference.items()
    ]
    found = tuple(one for one in (*ratios, *differences) if one.metric in known)
    return found or tuple(_by_effect(reference))


def of_class(asks: Iterable[Ask], *, one_class: bool) -> tuple[Ask, ...]:
    """The questions about one class among several, or those about all classes together."""
    return tuple(one for one in asks if (one.metric in _BY_CLASS) == one_class)


def _basis(system: System, metric: str, form: str, rule: FairnessRule) -> str:
    """The rule's own basis, the policy's, or the default's reason."""
    return rule.basis or system.checks.fairness.basis or _DEFAULTS.get((metric, form, rule.limit), _BY_POLICY)


def _difference(rule: FairnessRule, basis: str) -> Limit:
    least = None if rule.direction == "higher" else -rule.limit
    return Limit(least, None if rule.direction == "lower" else rule.limit, basis)


def _ratio(rule: FairnessRule, basis: str) -> Limit:
    """A ratio r in both directions: min(r, 1/r) >= limit."""
    least = None if rule.direction == "higher" else rule.limit
    return Limit(least, None if rule.direction == "lower" else 1 / rule.limit, basis)


def _by_effect(reference: Numbers | None) -> Iterable[Ask]:
    """A regression's default limits, where the reference tells its spread."""
    for metric in ("mean_prediction", "mean_error") if reference else ():
        spread = math.sqrt(reference.rate(metric).variance) if reference else math.inf
        if 0 < spread < math.inf:
            most = float(f"{SMALL_EFFECT * spread:.2g}")
            yield Ask(metric, "difference", Limit(-most, most, _BY_EFFECT))
