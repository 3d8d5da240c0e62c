"""What DuckDB counts in one local parquet file: the summary for the contract, and the cells for fairness.

Rules
1. Only counts and sums leave this module, never a row; the one exception is a category's or group's name,
   which `checks.names` lets through or pools.
2. A number that is not finite is found with `not isfinite(x)`: DuckDB 2.0 folds `isnan(x)` to false on parquet.
3. Sums of floats run on one thread, so that the same file gives the same bytes.
4. Beyond MEMORY a query spills to a folder of its own, which goes with it.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from checks.columns import all_differ

MEMORY = "2GB"
_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_FAMILIES = (("TIMESTAMP", "time"), ("VARCHAR", "text"), ("BOOLEAN", "truth"), ("DATE", "time"))
_NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "HUGEINT", "DECIMAL")

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
    """Rows with the same groups, selection and truth; `favourable` and `hit` are None where the label is unknown."""

    groups: tuple[str | None, ...]
    selected: bool
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


def answer(query: str, parameters: Sequence[Any], threads: int = 2) -> list[tuple[Any, ...]]:
    """The answer to one query, on a connection of its own that reaches no network."""
    with tempfile.TemporaryDirectory() as spill:
        bounds = {"threads": threads, "memory_limit": MEMORY, "temp_directory": spill}
        with duckdb.connect(":memory:", config={**bounds, **_OFFLINE}) as connection:
            answer: list[tuple[Any, ...]] = connection.execute(query, list(parameters)).fetchall()
    return answer


def quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def kinds(path: Path) -> dict[str, str]:
    """Each column's kind: `float`, `integer`, `text`, `time`, `truth` or the engine's own word."""
    return {row[0]: _kind(row[1]) for row in answer("describe select * from read_parquet(?)", [str(path)])}


def _kind(type_name: str) -> str:
    if type_name in ("DOUBLE", "FLOAT"):
        return "float"
    if type_name.startswith(_NUMBERS):
        return "integer"
    return next((kind for start, kind in _FAMILIES if type_name.startswith(start)), type_name.lower())


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
    path: Path,
    questions: Sequence[Question],
    kind: Mapping[str, str],
    *,
    id_column: str,
    time_column: str,
    span: tuple[int, int],
) -> Summary:
    """All counts of the contract in one scan.

    Args:
        path: the parquet file.
        questions: at most one for each column; each column must be there.
        kind: the answer of `kinds`.
        id_column: its repetitions are counted (nulls are not repetitions).
        time_column: its moments outside `span` are counted.
        span: [start, end) in microseconds since 1970, UTC.
    """
    parameters: list[Any] = []
    asked = [_asked(question, kind[question.column], parameters) for question in questions]
    moment = f"epoch_us({quoted(time_column)})"
    query = ", ".join(
        [
            "count(*)",
            f"count(*) filter ({moment} < ? or {moment} >= ?)",
            *asked,
        ]
    )
    (row,) = answer(f"select {query} from read_parquet(?)", [*span, *parameters, str(path)])  # noqa: S608
    fives = [Facts(*row[start : start + 5]) for start in range(2, len(row), 5)]
    facts = {question.column: five for question, five in zip(questions, fives, strict=True)}
    return Summary(row[0], facts, _repeated(path, id_column), row[1])


def _repeated(path: Path, column: str) -> int:
    """Rows that repeat an earlier value of a column."""
    if all_differ(path, column):  # ten times as fast as counting
        return 0
    name = quoted(column)
    ((again,),) = answer(f"select count({name}) - count(distinct {name}) from read_parquet(?)", [str(path)])  # noqa: S608
    return int(again)


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


def cells(
    path: Path, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]], prediction: str, label: str, positive: str
) -> list[Cell]:
    """Counts at the finest intersection of the attributes, by selection and truth, in a fixed order.

    `attributes` maps a protected column to its cut points (none: its values are the groups) and their names.
    Rows without a prediction are left out.
    """
    groups, parameters = _grouping(attributes)
    made, truth = quoted(prediction), quoted(label)
    query = (
        f"select {groups}{made} = ? as selected, {truth} = ? as favourable, {made} = {truth} as hit, count(*) as n "  # noqa: S608
        f"from read_parquet(?) where {made} is not null group by all order by all"
    )
    width = len(attributes)
    rows = answer(query, [*parameters, positive, positive, str(path)])
    return [Cell(row[:width], *row[width:]) for row in rows]


def error_cells(
    path: Path, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]], prediction: str, label: str
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
    rows = answer(query, [*parameters, str(path)], threads=1)
    return [ErrorCell(row[:width], *row[width:]) for row in rows if row[width]]


def group_counts(
    path: Path, attributes: Mapping[str, tuple[Cuts, tuple[str, ...]]]
) -> dict[tuple[str | None, ...], int]:
    """Rows of a file at each finest intersection of the attributes; None where a row has no group."""
    groups, parameters = _grouping(attributes)
    query = f"select {groups}count(*) from read_parquet(?) group by all order by all"  # noqa: S608
    return {tuple(row[:-1]): row[-1] for row in answer(query, [*parameters, str(path)])}


def known_labels(path: Path, label: str, positive: str) -> tuple[int, int]:
    """How many labels are known, and how many of them have the positive value (0 for numbers)."""
    column = quoted(label)
    query = f"select count({column}), count(*) filter ({column}::varchar = ?) from read_parquet(?)"  # noqa: S608
    (row,) = answer(query, [positive, str(path)])
    return int(row[0]), int(row[1])
