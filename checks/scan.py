"""What is counted in one local parquet file: the summary for the contract, and the cells for fairness.

Rules
1. Only counts and sums leave this module, never a row; the one exception is a category's or group's name,
   which `checks.names` lets through or pools.
2. A number that is not finite is found with `not isfinite(x)`: DuckDB 2.0 folds `isnan(x)` to false on parquet.
3. What sorting a column, counting its names, or looking at ids and times shows is not counted again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.counted import Counted, File, counted
from checks.ordered import Ordered
from checks.query import quoted
from governance.window import Period

PARTS = 8

Cuts = tuple[float, ...]


@dataclass(frozen=True)
class Question:
    """What the contract asks about one column: a least and a greatest value, a closed list."""

    column: str
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Counts of rows of one column: null, not finite, below the least, above the greatest, outside the list."""

    nulls: int = 0
    non_finite: int = 0
    below: int = 0
    above: int = 0
    outside: int = 0


@dataclass(frozen=True)
class Summary:
    """Counts of one file: its rows, its columns' facts, repeated ids, times outside [start, end)."""

    rows: int
    facts: dict[str, Facts]
    duplicates: int
    misplaced: int


@dataclass(frozen=True)
class Cell:
    """Rows with the same groups, selection and truth.

    `favourable` and `hit` are None where the label is unknown, `selected` and `hit` where there is no prediction.
    """

    groups: tuple[str | None, ...]
    selected: bool | None
    favourable: bool | None
    hit: bool | None
    n: int


@dataclass(frozen=True)
class ErrorCell:
    """Labelled rows with the same groups: their number, sums of errors, of |errors|, of their 2nd and 4th powers."""

    groups: tuple[str | None, ...]
    n: int
    total: float
    absolute: float
    squares: float
    fourths: float


def _asked(question: Question, kind: str, parameters: list[Any]) -> str:
    """The five counts of one column as SQL; appends the limits to `parameters` in their order."""
    column = quoted(question.column)
    valid = f"isfinite({column})" if kind == "float" else f"{column} is not null"
    parts = [f"count(*) - count({column})", f"count(*) filter (not isfinite({column}))" if kind == "float" else "0"]
    for bound, sign in ((question.min, "<"), (question.max, ">")):
        parts.append("0" if bound is None else f"count(*) filter ({valid} and {column} {sign} ?)")
        parameters.extend([] if bound is None else [bound])
    if question.values:
        listed = ", ".join("?" * len(question.values))
        values = question.values if kind == "text" else tuple(float(value) for value in question.values)
        parts.append(f"count(*) filter ({column} is not null and {column} not in ({listed}))")
        parameters.extend(values)
    return ", ".join(parts if question.values else [*parts, "0"])


def summarise(
    file: File, questions: Sequence[Question], *, id_column: str, time_column: str, span: tuple[int, int]
) -> Summary:
    """All counts of the contract.

    Args:
        file: the parquet file.
        questions: at most one for each column; each column must be there.
        id_column: its repetitions are counted (nulls are not repetitions).
        time_column: its moments outside `span` are counted.
        span: [start, end) in microseconds since 1970, UTC.
    """
    rows = counted(file)
    blocks = parts_of_blocks(rows, time_column, *span)
    timeless = rows.rows - sum(blocks.values())
    nulls = {time_column: lambda: timeless, id_column: lambda: rows.ids(id_column).nulls}
    known = {one.column: _known(one, rows, nulls) for one in questions}
    others = [one for one in questions if known[one.column] is None]
    parameters: list[Any] = []
    query = ", ".join(["count(*)", *(_asked(question, rows.kinds[question.column], parameters) for question in others)])
    (row,) = rows.answer(f"select {query} from read_parquet(?)", parameters)  # noqa: S608
    fives = [Facts(*row[start : start + 5]) for start in range(1, len(row), 5)]
    asked = {question.column: five for question, five in zip(others, fives, strict=True)}
    facts = {column: five or asked[column] for column, five in known.items()}
    misplaced = sum(count for (block, _), count in blocks.items() if block)
    return Summary(row[0], facts, repeated(rows, id_column), misplaced)


def _known(question: Question, rows: Counted, nulls: Mapping[str, Callable[[], int]]) -> Facts | None:
    """The five counts of a column as far as others need them too, or None; `nulls` are those of ids and times."""
    column, kind = question.column, rows.kinds[question.column]
    if column in rows.sorts:
        return _of_sorted(question, rows.ordered(column))
    if column in rows.names and kind == "text":
        return _of_names(question, rows.counts(column), rows.rows)
    plain = question == Question(column) and kind != "float"
    return Facts(nulls[column]()) if column in nulls and plain else None


def _of_names(question: Question, counts: Mapping[str, int], rows: int) -> Facts:
    """The five counts of a column of text whose names were counted."""
    n = sum(counts.values())
    listed = sum(counts.get(value, 0) for value in set(question.values))
    return Facts(rows - n, outside=n - listed if question.values else 0)


def _of_sorted(question: Question, found: Ordered) -> Facts:
    """The five counts of a column that was sorted."""
    beyond = found.unknown + found.infinite
    below = found.below(question.min) if question.min is not None else 0
    above = found.n - found.upto(question.max) if question.max is not None else 0
    listed = {float(value) for value in question.values}
    known = sum(found.upto(value) - found.below(value) for value in listed)
    return Facts(found.nulls, beyond, below, above, found.n + beyond - known if listed else 0)


def repeated(file: File, column: str) -> int:
    """Rows that repeat an earlier value of a column."""
    rows = counted(file)
    if rows.ids(column).differ:  # ten times as fast as counting
        return 0
    name = quoted(column)
    ((again,),) = rows.answer(f"select count({name}) - count(distinct {name}) from read_parquet(?)")  # noqa: S608
    return int(again)


def span_of(period: Period) -> tuple[int, int]:
    """[start, end) in microseconds since 1970, UTC."""
    return int(period.start.timestamp()) * 1_000_000, int(period.end.timestamp()) * 1_000_000


def parts_of_blocks(file: File, time_column: str, start: int, end: int) -> dict[tuple[int, int], int]:
    """Rows by block of the length end - start, counted from it, and by eighth of it; microseconds since 1970."""
    at = f"(epoch_us({quoted(time_column)}) - {start}) / {end - start}.0"
    query = (
        f"select floor({at})::bigint, floor(({at} - floor({at})) * {PARTS})::bigint, count(*) from read_parquet(?) "  # noqa: S608
        f"where {quoted(time_column)} is not null group by all"
    )
    return {(row[0], row[1]): row[2] for row in counted(file).answer(query)}


def _grouping(attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]]) -> tuple[str, list[Any]]:
    """The group of each attribute as SQL: the column's text, or the name of the cut that holds the number."""
    parts, parameters = [], list[Any]()
    for attribute, (cuts, names) in attributes.items():
        column = quoted(attribute)
        if not cuts:
            parts.append(f"{column}::varchar")
            continue
        whens = " ".join(f"when {column} < {float(cut)!r} then ?" for cut in cuts)
        parts.append(f"case when not isfinite({column}::double) then null {whens} when {column} is not null then ? end")
        parameters.extend(names)
    return "".join(f"{part} as g{place}, " for place, part in enumerate(parts)), parameters


def all_cells(
    file: File, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]], prediction: str, label: str, positive: str
) -> list[Cell]:
    """Counts at the finest intersection of the attributes, by selection and truth, in a fixed order.

    `attributes` maps a protected column to its cut points (none: its values are the groups) and their names.
    """
    groups, parameters = _grouping(attributes)
    made, truth = quoted(prediction), quoted(label)
    query = (
        f"select {groups}{made} = ? as selected, {truth} = ? as favourable, {made} = {truth} as hit, count(*) as n "  # noqa: S608
        "from read_parquet(?) group by all order by all"
    )
    width = len(attributes)
    found = counted(file).answer(query, [*parameters, positive, positive])
    return [Cell(row[:width], *row[width:]) for row in found]


def cells(
    file: File, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]], prediction: str, label: str, positive: str
) -> list[Cell]:
    """The same without the rows that have no prediction."""
    return [one for one in all_cells(file, attributes, prediction, label, positive) if one.selected is not None]


def error_cells(
    file: File, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]], prediction: str, label: str
) -> list[ErrorCell]:
    """Sums of prediction - label at the finest intersection of the attributes, over rows where both are finite.

    Without a label (an empty name) the sums are those of the prediction itself.
    """
    groups, parameters = _grouping(attributes)
    made, truth = quoted(prediction), quoted(label) if label else "0"
    error = f"({made}::double - {truth}::double)"
    query = (
        f"select {groups}count(*) as n, sum{error} as total, sum(abs{error}) as absolute, "  # noqa: S608
        f"sum({error} * {error}) as squares, sum(pow({error}, 4)) as fourths "
        f"from read_parquet(?) where isfinite({made}::double) and isfinite({truth}::double) group by all order by all"
    )
    width = len(attributes)
    found = counted(file).answer(query, parameters, threads=1)
    return [ErrorCell(row[:width], *row[width:]) for row in found if row[width]]


def group_counts(
    file: File, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]]
) -> dict[tuple[str | None, ...], int]:
    """Rows of a file at each finest intersection of the attributes; None where a row has no group."""
    groups, parameters = _grouping(attributes)
    query = f"select {groups}count(*) from read_parquet(?) group by all order by all"  # noqa: S608
    return {tuple(row[:-1]): row[-1] for row in counted(file).answer(query, parameters)}


def known_labels(file: File, label: str, positive: str) -> tuple[int, int]:
    """How many labels are known, and how many of them have the positive value (0 for numbers)."""
    column = quoted(label)
    query = f"select count({column}), count(*) filter ({column}::varchar = ?) from read_parquet(?)"  # noqa: S608
    (row,) = counted(file).answer(query, [positive])
    return int(row[0]), int(row[1])
