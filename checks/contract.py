"""The data contract: what a window must keep before anything else of it is judged.

Rules
1. The schema and at least one row come first: a breach of these is an error and stops all judging.
2. Each further rule gives one result. A rule that is broken is an alarm; a rule that could not run is an error.
3. Numbers that are not finite count against the same share as nulls do.
4. A column without any usable value, or with too many that are not finite, is refused: no check judges it further.
5. No least or greatest value is told (that is a row's value): only how many rows lie beyond.

ISO/IEC 42001 A.7.4 (quality of data); EU AI Act Art. 26(4) (input data, so far as the deployer controls it).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from checks import words
from checks.counted import File, counted
from checks.expectations import Bound, judged
from checks.scan import Question, Summary, span_of, summarise
from governance.registry.system import ColumnRule, System
from governance.verdict import Limit, Result, Status
from governance.window import Period

CAUSE = "contract"
_NUMERIC = ("float", "integer")


@dataclass(frozen=True)
class Examined:
    """The contract's results, whether judging may go on, and the columns that it refused with the reason."""

    results: tuple[Result, ...]
    fit: bool
    refused: dict[str, str]


@dataclass(frozen=True)
class _Rule:
    """One rule with its number: `told` is the sentence's middle, such as `12 of 100 rows have no value`."""

    subject: str
    metric: str
    value: float
    limit: Limit
    n: int
    told: str


def examine(system: System, file: File, period: Period) -> Examined:
    """Judge one window's file against the contract of its system."""
    rows = counted(file)
    kind = rows.kinds
    wrong = tuple(_schema(system, kind))
    if wrong:
        return Examined(wrong, fit=False, refused={})
    questions, unable = _questions(system, kind)
    summary = summarise(
        rows, questions, id_column=system.columns.id, time_column=system.columns.time, span=span_of(period)
    )
    if not summary.rows:
        return Examined((_empty(),), fit=False, refused={})
    rules = [*_table_rules(system, summary), *_column_rules(system, summary, kind, questions)]
    kept = judged([Bound(rule.value, rule.limit.min, rule.limit.max) for rule in rules])
    results = (_result(rule, answer) for rule, answer in zip(rules, kept, strict=True))
    return Examined((*results, *unable), fit=True, refused=_refused(system, summary, kind))


def _error(subject: str, metric: str, sentence: str) -> Result:
    return Result("contract", subject, metric, Status.ERROR, sentence, CAUSE)


def _empty() -> Result:
    return _error(
        "rows", "row_count", "The window holds no row, so nothing can be judged. Look for a feed that stopped."
    )


def _expected_kinds(system: System) -> dict[str, tuple[str, ...]]:
    """Which kinds each column that is needed may have."""
    columns = system.columns
    free = (*_NUMERIC, "text", "truth")
    value = _NUMERIC if system.task == "regression" else ("text",)
    expected: dict[str, tuple[str, ...]] = dict.fromkeys(columns.wanted, free)
    expected |= dict.fromkeys(columns.categorical, ("text",))
    expected |= dict.fromkeys((*columns.numeric, *columns.groups), _NUMERIC)
    expected |= {columns.time: ("time",), columns.prediction: value, columns.label: value}
    return expected | ({columns.score: _NUMERIC} if columns.score else {})


def _schema(system: System, kind: dict[str, str]) -> Iterable[Result]:
    """An error for each column that is missing or of a wrong kind."""
    for column, allowed in _expected_kinds(system).items():
        if column not in kind:
            yield _error(
                column, "schema", f'The column "{column}" is missing. Mend the feed, or the registry\'s columns.'
            )
        elif kind[column] not in allowed:
            wanted = " or ".join(allowed)
            found = kind[column]
            yield _error(
                column, "schema", f'The column "{column}" holds {found}, but {wanted} is needed. Mend the feed.'
            )


def _rule_of(system: System, column: str) -> ColumnRule:
    return system.checks.contract.columns.get(column, ColumnRule())


def _questions(system: System, kind: dict[str, str]) -> tuple[list[Question], list[Result]]:
    """What to count for each column, and an error for each rule that cannot be asked."""
    questions, unable = [], []
    for column in dict.fromkeys((*system.columns.wanted, system.columns.label, *system.checks.contract.columns)):
        rule = _rule_of(system, column)
        reason = _unable(rule, kind.get(column))
        if reason:
            unable.append(_error(column, "rule", f'The contract\'s rule for "{column}" could not run: {reason}.'))
        if column in kind:
            usable = Question(column) if reason else Question(column, rule.min, rule.max, rule.values)
            questions.append(usable)
    return questions, unable


def _unable(rule: ColumnRule, kind: str | None) -> str:
    """Why a rule does not fit its column, or nothing."""
    if kind is None:
        return "there is no such column"
    if kind not in _NUMERIC and (rule.min is not None or rule.max is not None):
        return "min and max need a numeric column"
    if kind in _NUMERIC and not all(_is_number(value) for value in rule.values):
        return "its values are not all numbers, but the column is numeric"
    return "" if kind in (*_NUMERIC, "text") or not rule.values else f"values do not fit a column of {kind}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _table_rules(system: System, summary: Summary) -> Iterable[_Rule]:
    """Volume, repeated ids, moments outside the window."""
    policy, n = system.checks.contract, summary.rows
    yield _Rule("rows", "row_count", n, Limit(min=policy.min_rows), n, f"The window holds {words.count(n)}")
    share = summary.duplicates / n
    told = f"{words.count(summary.duplicates)} of {n:,} repeat an id"
    yield _Rule(system.columns.id, "duplicate_share", share, Limit(max=policy.max_duplicate_share), n, told)
    told = f"{words.count(summary.misplaced)} of {n:,} carry a time outside the window"
    yield _Rule(system.columns.time, "outside_window", summary.misplaced, Limit(max=0), n, told)


def _null_limit(system: System, column: str) -> float | None:
    """The greatest share of nulls: none for ids; None for labels, which may come late, unless a rule names them."""
    own = _rule_of(system, column).max_null_share
    if own is not None:
        return own
    if column == system.columns.id:
        return 0.0
    return None if column == system.columns.label else system.checks.contract.max_null_share


def _column_rules(system: System, summary: Summary, kind: dict[str, str], questions: list[Question]) -> Iterable[_Rule]:
    """Shares of nulls and of numbers that are not finite, rows beyond the range, rows outside the list."""
    n = summary.rows
    for question in questions:
        column, facts = question.column, summary.facts[question.column]
        limit = _null_limit(system, column)
        if limit is not None:
            told = f'{words.percent(facts.nulls / n)} of the rows have no value in "{column}"'
            yield _Rule(column, "null_share", facts.nulls / n, Limit(max=limit), n, told)
            if kind[column] == "float":
                told = f'{words.percent(facts.non_finite / n)} of the values of "{column}" are not finite numbers'
                yield _Rule(column, "non_finite_share", facts.non_finite / n, Limit(max=limit), n, told)
        for metric, rows, asked, what in (
            ("below_min", facts.below, question.min is not None, "below the least value allowed"),
            ("above_max", facts.above, question.max is not None, "above the greatest value allowed"),
            ("outside_values", facts.outside, bool(question.values), "outside the list of values allowed"),
        ):
            if asked:
                told = f'{words.count(rows)} of {n:,} have a "{column}" {what}'
                yield _Rule(column, metric, rows, Limit(max=0), n, told)


def _result(rule: _Rule, kept: bool | None) -> Result:
    """A rule and its answer as a result."""
    bound = rule.limit.max if rule.limit.max is not None else rule.limit.min
    side = "at most" if rule.limit.max is not None else "at least"
    limit = words.percent(bound or 0) if rule.metric.endswith("_share") else words.number(bound)
    status = Status.ERROR if kept is None else Status.PASS if kept else Status.ALARM
    ends = {Status.PASS: "as the contract asks", Status.ALARM: "which breaks the contract"}
    end = ends.get(status, "but the rule could not be run")
    sentence = f"{rule.told}, {end} ({side} {limit})."
    return Result(
        "contract", rule.subject, rule.metric, status, sentence, CAUSE, float(rule.value), limit=rule.limit, n=rule.n
    )


def _refused(system: System, summary: Summary, kind: dict[str, str]) -> dict[str, str]:
    """The columns that no check may judge, with the reason in words."""
    refused = {}
    for column, facts in summary.facts.items():
        limit = _null_limit(system, column)
        if column == system.columns.label:
            continue
        if facts.nulls + facts.non_finite == summary.rows:
            refused[column] = "it holds no usable value"
        elif kind[column] == "float" and limit is not None and facts.non_finite / summary.rows > limit:
            refused[column] = "too many of its values are not finite numbers"
    return refused
