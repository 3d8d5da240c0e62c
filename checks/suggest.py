"""A data contract suggested from the reference, with a margin, for people to review.

Rules
1. A range is the reference's own, widened by a quarter of its middle 98 % on each side and rounded outwards to two
   digits of that width, so that it never shows a row's value. What is never negative, and what lies between 0 and 1,
   keeps those bounds.
2. A closed list holds values that at least ten rows bear. A column with a rarer value gets no list: the list would
   either show that value or break on it.
3. The least number of rows is six tenths of the smallest whole block of the reference's time.
4. What the system's file rules already stands as it is: somebody has reviewed it.
5. A column for which no rule can be told is named with the reason.

ISO/IEC 42001 A.7.4 (quality of data).
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from checks import words
from checks.faults_columns import absent
from checks.faults_profile import SECONDS, Names, Numbers, Profile, profile_of_reference
from checks.names import LEAST_ROWS, declared
from checks.query import answer, quoted
from governance.registry.system import ColumnRule, System
from governance.window import Table

MARGIN = 0.25
VOLUME = 0.6
MOST_VALUES = 60


@dataclass(frozen=True)
class Suggested:
    """One column's rule, and why it has no range or list, in words (empty: it has)."""

    column: str
    rule: ColumnRule
    reason: str = ""


def suggest(system: System, reference: Table) -> str:
    """The contract as a fragment of the system's YAML file, with comments that say what it was measured from.

    Raises:
        ValueError: the reference has no rows.
    """
    profile = profile_of_reference(system, reference)
    if not profile.rows:
        raise ValueError("the reference has no rows")
    rows, blocks = _least_rows(system, reference)
    measured = f"{words.percent(VOLUME)} of the least of {words.count(blocks, 'block')} of a window's length"
    source = f"{words.count(profile.rows)}, sha256 {reference.sha256[:12]}"
    lines = [
        f"# Suggested from the reference ({source}). Review each line.",
        "checks:",
        "  contract:",
        f"    min_rows: {rows}  # {measured}",
        f"    max_null_share: {system.checks.contract.max_null_share:g}  # for columns without a rule of their own",
        f"    max_duplicate_share: {system.checks.contract.max_duplicate_share:g}",
        "    columns:",
    ]
    return "\n".join([*lines, *(_line(one) for one in suggested(system, profile)), ""])


def suggested(system: System, profile: Profile) -> Iterator[Suggested]:
    """The rules, column by column."""
    own = system.checks.contract.columns
    watched = (*system.columns.wanted, system.columns.label, *own)
    for column in dict.fromkeys(watched):
        if column in (system.columns.id, system.columns.time) and column not in own:
            continue
        rule, reason = _rule(system, profile, column)
        kept = own[column].model_dump(exclude_defaults=True) if column in own else {}
        yield Suggested(column, rule.model_copy(update=kept), "" if kept else reason)


def _rule(system: System, profile: Profile, column: str) -> tuple[ColumnRule, str]:
    """The rule of one column, and why it has neither range nor list."""
    nulls = None
    if column != system.columns.label and (missing := absent(profile, column)) is not None:
        nulls = _null_share(missing, profile.rows)
    if column in profile.numbers:
        bounds, reason = _range(profile.numbers[column])
        return ColumnRule(min=bounds[0], max=bounds[1], max_null_share=nulls), reason
    if column in profile.names:
        values, reason = _values(profile.names[column], declared(system, column))
        return ColumnRule(values=values, max_null_share=nulls), reason
    if column == system.columns.label and system.task == "regression":
        return ColumnRule(), "the label of a regression is judged by its performance"
    return ColumnRule(), "the reference holds no usable value of it"


def _null_share(missing: int, rows: int) -> float:
    """The reference's share of nulls, with room for its own error and for one in a hundred, in whole per cents."""
    share = (missing + 3 * math.sqrt(missing + 1)) / rows + 0.01
    return min(1.0, math.ceil(100 * share) / 100)


def _range(numbers: Numbers) -> tuple[tuple[float | None, float | None], str]:
    """Rule 1."""
    if numbers.n < LEAST_ROWS:
        return (None, None), f"fewer than {LEAST_ROWS} rows have a value"
    width = numbers.quantiles[99] - numbers.quantiles[1]
    if not width or not numbers.low < numbers.high:
        return (None, None), "almost all rows have the same value, so no range can be told"
    if numbers.low >= 0 and numbers.high <= 1 and width > 0.1:
        return (0.0, 1.0), ""
    step = 10.0 ** math.floor(math.log10(width) - 1)
    low = math.floor((numbers.low - MARGIN * width) / step) * step
    high = math.ceil((numbers.high + MARGIN * width) / step) * step
    least = 0.0 if low < 0 <= numbers.low else low
    return (float(f"{least:.10g}"), float(f"{high:.10g}")), ""


def _values(names: Names, known: set[str]) -> tuple[tuple[str, ...], str]:
    """Rule 2."""
    rare = [value for value, rows in names.rows.items() if rows < LEAST_ROWS and value not in known]
    if not names.whole or len(names.rows) > MOST_VALUES:
        return (), f"it has more than {MOST_VALUES} values"
    if rare:
        those = words.count(len(rare), "value")
        return (), f"{those} borne by fewer than {LEAST_ROWS} rows may not be shown: write the list yourself"
    return tuple(sorted({*names.rows, *known} if known & set(names.rows) else names.rows)), ""


def _least_rows(system: System, reference: Table) -> tuple[int, int]:
    """Rule 3, at one or two digits; and how many blocks it rests on."""
    block = f"epoch_us({quoted(system.columns.time)}) // {SECONDS[system.window.length] * 1_000_000}"
    counts = f"select count(*) as n from read_parquet(?) group by {block}"  # noqa: S608
    query = f"with b as ({counts}) select min(n), count(*) from b where n >= (select median(n) / 2 from b)"  # noqa: S608
    ((least, blocks),) = answer(query, [str(reference.path)])
    target = VOLUME * least
    step = 10 ** max(0, math.floor(math.log10(max(target, 1))) - 1)
    return max(1, int(target // step * step)), blocks


def _line(one: Suggested) -> str:
    """A column as a line of YAML."""
    parts = []
    for name, bound in (("min", one.rule.min), ("max", one.rule.max)):
        parts += [] if bound is None else [f"{name}: {bound:.10g}"]
    if one.rule.values:
        parts.append(f"values: {json.dumps(list(one.rule.values), ensure_ascii=False)}")
    if one.rule.max_null_share is not None:
        parts.append(f"max_null_share: {one.rule.max_null_share:g}")
    note = f"  # no range or list: {one.reason}" if one.reason else ""
    head = "      " if parts else "      # "
    return f"{head}{json.dumps(one.column, ensure_ascii=False)}: {{{', '.join(parts)}}}{note}"
