"""Words and figures as pages and messages show them: status words, headlines, numbers, dates.

Rules
1. A status is always a sign and a word; colour only repeats it.
2. Foreign text loses control and direction-changing characters (Unicode TR 36), never its meaning.
3. Nothing here depends on locale, clock or time zone of the machine.
"""

import math
import unicodedata
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from governance.verdict import Limit, Result, Status, Verdict

SIGNS = {Status.PASS: "✓", Status.INSUFFICIENT: "?", Status.ALARM: "▲", Status.ERROR: "✕"}
WORDS = {
    Status.PASS: "inside limits",
    Status.INSUFFICIENT: "cannot tell yet",
    Status.ALARM: "outside limits",
    Status.ERROR: "could not be judged",
}
CHECKS = {
    "contract": ("Data contract", "Is the data complete, and shaped as agreed?"),
    "labels": ("Labels", "Is the truth known, for enough cases and for every group?"),
    "drift": ("Drift", "Does the data still look like the reference that the model was approved on?"),
    "performance": ("Performance", "How often is the model right?"),
    "fairness": ("Fairness", "Are groups of people treated alike?"),
}
METRICS = {
    "tpr": "true positive rate",
    "fpr": "false positive rate",
    "fnr": "false negative rate",
    "ppv": "precision (positive predictive value)",
    "roc_auc": "ROC AUC",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
}
SHARES = {"selection_rate", "tpr", "fpr", "fnr", "ppv", "accuracy", "precision", "recall", "base_rate"}
FEW = 10
_BIDI = {chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def clean(text: str) -> str:
    """The text without control, surrogate and direction-changing characters; line ends become spaces."""
    spaced = text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    return "".join(c for c in spaced if c not in _BIDI and unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))


def number(value: float) -> str:
    """A number at four significant digits without an exponent where that is readable, with a real minus sign."""
    if not math.isfinite(value):
        return "no bound"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace("-", "−")
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
    return text.replace("-", "−")


def metric_words(metric: str) -> str:
    """A metric's name in words: `fpr_difference` reads `false positive rate, difference`."""
    for suffix in ("difference", "ratio"):
        stem = metric.removesuffix(f"_{suffix}")
        if stem != metric:
            return f"{metric_words(stem)}, {suffix}"
    return METRICS.get(metric, metric.replace("_", " "))


def figure(metric: str, value: float) -> str:
    """A value in its metric's unit: shares in per cent, their differences in points, everything else as a number."""
    if metric in SHARES:
        return f"{100 * value:.1f} %".replace("-", "−")
    if metric.removesuffix("_difference") in SHARES:
        return f"{100 * value:.1f} points".replace("-", "−")
    return number(value)


def interval_words(metric: str, low: float | None, high: float | None) -> str:
    """`38.0 to 44.1 %`, or nothing when an end is missing."""
    if low is None or high is None:
        return ""
    return f"{figure(metric, low).partition(' ')[0]} to {figure(metric, high)}"


def limit_words(metric: str, limit: Limit | None) -> str:
    """`at least 0.8`, `at most 0.1`, both, or `20.0 points either way`; nothing when there is no limit."""
    if limit is None:
        return ""
    if limit.min is not None and limit.max is not None and limit.min == -limit.max:
        return f"{figure(metric, limit.max)} either way"
    least = [] if limit.min is None else [f"at least {figure(metric, limit.min)}"]
    most = [] if limit.max is None else [f"at most {figure(metric, limit.max)}"]
    return " and ".join(least + most)


def is_p_value(metric: str) -> bool:
    """Whether a drift value is a p-value, which is small where the distance is great (Evidently's names say so)."""
    return "p_value" in metric


def few(result: Result) -> bool:
    """Whether a group's result rests on so few rows that its figures must not be shown."""
    return bool(result.group) and result.n < FEW


def group_words(attribute: str, group: str) -> str:
    """The group's name; a mere code such as `1` with its attribute before it."""
    return group if any(map(str.isalpha, group)) else f"{attribute}={group}"


def needs(result: Result) -> str:
    """How much more data it would take, unless the sentence says so already."""
    if result.status is not Status.INSUFFICIENT or not result.needed or f"{result.needed:,}" in result.sentence:
        return ""
    return f"Needs about {things(result.needed, 'more row', 'more rows')}."


def rows_words(n: int, *, group: bool = False) -> str:
    """How many rows, hiding the exact count of a very small group."""
    if group and n < FEW:
        return "fewer than 10"
    return number(n)


def day(moment: datetime | None) -> str:
    """`24 Nov 2026`, or a dash where there is no date."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}" if moment else "no date"


def minute(moment: datetime) -> str:
    """`24 Nov 2026, 05:00 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC"


def local_minute(moment: datetime, zone: str) -> str:
    """`1 Oct 2009, 00:00` in an IANA time zone."""
    there = moment.astimezone(ZoneInfo(zone))
    return f"{day(there)}, {there:%H:%M}"


def things(count: int, one: str, many: str) -> str:
    """`1 result` or `3 results`."""
    return f"{number(count)} {one if count == 1 else many}"


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, or `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def unreadable(verdict: Verdict) -> bool:
    """Whether nothing of the window could be judged because it could not be read."""
    return verdict.rows == 0 and all(result.status is Status.ERROR for result in verdict.results)


def headline(title: str, verdict: Verdict) -> str:
    """The whole verdict in one plain sentence for a layperson."""
    alarms, errors = verdict.of(Status.ALARM), len(verdict.of(Status.ERROR))
    unsure, total = len(verdict.of(Status.INSUFFICIENT)), len(verdict.results)
    if unreadable(verdict):
        return f"The data of {title} for {verdict.window} could not be read, so nothing is known about this window."
    if alarms:
        extra = f", and {things(errors, 'question', 'questions')} could not be judged" if errors else ""
        counts = Counter(result.check for result in alarms)
        found = listed([things(count, f"{check} result", f"{check} results") for check, count in counts.items()])
        return f"{title} was outside its limits in {verdict.window}: {found} must be looked at by a person{extra}."
    if errors == total:
        return f"Nothing about {title} in {verdict.window} could be judged."
    if errors:
        found = things(errors, "question", "questions")
        return f"{found} about {title} in {verdict.window} could not be judged; what could be judged rang no alarm."
    if unsure:
        rest = f"{things(unsure, 'question', 'questions')} of {number(total)} cannot be answered yet"
        return f"Nothing was found outside the limits for {title} in {verdict.window}, but {rest}: more data is needed."
    return f"All {number(total)} results for {title} in {verdict.window} are inside their limits."
