"""What one local parquet file is like, column by column: the ground on which input faults are told from drift.

Rules
1. A profile is counts, bounds and a hundred quantiles. It holds values of rows, so it stays beside the reference that
   it was made of (`<file>.profile/`, written whole or not at all) and never enters a result.
2. Counts and bounds are of all rows; quantiles of every n-th row where there are more than 20,000, and rows that repeat
   of a share of all hashes where there are more than a million.
"""

import json
import math
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from checks.scan import answer, kinds, quoted
from governance.registry.system import System
from governance.window import Length, Table

FORMAT = "aims-profile/1"
SAMPLE = 20_000
QUANTILES = tuple(round(place / 100, 2) for place in range(101))
SAMPLED = 1_000_000
MOST_NAMES = 5000
SECONDS = {
    Length.YEAR: 31_556_952,
    Length.QUARTER: 7_889_238,
    Length.MONTH: 2_629_746,
    Length.WEEK: 604_800,
    Length.DAY: 86_400,
    Length.HOUR: 3_600,
}
ID_FORMS = {
    "an exponent, as spreadsheets write long numbers": r"^[-+]?[0-9](\.[0-9]+)?[eE]\+?[0-9]+$",
    "a decimal point behind a whole number": r"^[-+]?[0-9]+\.0*$",
    "a date, as spreadsheets make of codes": (
        r"^([0-9]{1,2}-)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(-[0-9]{1,4})?$"
    ),
    "an error of a spreadsheet": r"^#(REF|VALUE|NAME|DIV/0|NUM|NULL|N/A).?$",
}


@dataclass(frozen=True)
class Numbers:
    """A numeric column: finite values, infinite ones, bounds, quantiles; blocks of time in which it does not vary."""

    n: int
    infinite: int
    low: float
    high: float
    quantiles: tuple[float, ...]
    still_blocks: int


@dataclass(frozen=True)
class Names:
    """A column of text.

    Attributes:
        n: rows with a value.
        rows, first: rows and first row (from 0) of each of the 5,000 most frequent values.
        still_blocks: blocks of time in which it has one value only.
    """

    n: int
    rows: dict[str, int]
    first: dict[str, int]
    still_blocks: int

    @property
    def whole(self) -> bool:
        """Whether every value is there."""
        return len(self.rows) < MOST_NAMES


@dataclass(frozen=True)
class Profile:
    """One file.

    Attributes:
        rows: how many.
        numbers, names: by column.
        again: rows that say what another one says, in all that the model saw and said (each first one left out).
        pair_share, top_share: of all pairs of rows of one block of time, those that say the same, and the share of the
            row that is said most often; both of the block where they are greatest.
        leads: mean score of the rows predicted positive minus that of the others; None without either.
        odd_ids: rows by form of ID_FORMS.
    """

    rows: int
    numbers: dict[str, Numbers]
    names: dict[str, Names]
    again: int
    pair_share: float
    top_share: float
    leads: float | None
    odd_ids: dict[str, int]


def numeric_columns(system: System) -> tuple[str, ...]:
    """The numbers that are compared."""
    columns = system.columns
    made = (columns.prediction,) if system.task == "regression" else ()
    return tuple(dict.fromkeys((*columns.numeric, *((columns.score,) if columns.score else ()), *made)))


def named_columns(system: System) -> tuple[str, ...]:
    """The columns of text that are compared."""
    columns = system.columns
    classes = () if system.task == "regression" else (columns.prediction, columns.label)
    found = (*columns.categorical, *columns.protected, *classes)
    return tuple(dict.fromkeys(column for column in found if column not in numeric_columns(system)))


def row_key(system: System) -> str:
    """The SQL hash of all that the model saw and said of a row."""
    columns = system.columns
    said = (columns.prediction, *((columns.score,) if columns.score else ()))
    return f"hash({', '.join(quoted(column) for column in dict.fromkeys((*columns.features, *said)))})"


def profile_of_reference(system: System, table: Table) -> Profile:
    """The reference's profile, kept from one window to the next."""
    asked = [FORMAT, system.columns.model_dump(mode="json"), system.task, system.window.length.value, table.sha256]
    name = sha256(json.dumps(asked).encode()).hexdigest()[:24]
    file = table.path.with_name(f"{table.path.name}.profile") / f"{name}.json"
    try:
        return _told(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        made = profile(system, table.path)
        _keep(file, json.dumps(asdict(made)).encode())
        return made


def profile(system: System, path: Path) -> Profile:
    """Count one file."""
    kind = kinds(path)
    numeric = [column for column in numeric_columns(system) if kind.get(column) in ("float", "integer")]
    named = [column for column in named_columns(system) if kind.get(column) == "text"]
    rows, scalars, leads = _scalars(system, path, numeric)
    still = _still_blocks(system, path, [*numeric, *named])
    quantiles = _quantiles(path, numeric, rows)
    numbers = {
        column: Numbers(*scalars[column], tuple(quantiles[column]), still[column])
        for column in numeric
        if scalars[column][0]
    }
    names = {column: Names(*found, still[column]) for column, found in _names(path, named).items()}
    return Profile(rows, numbers, names, *_twins(system, path, rows), leads, _odd_ids(system, path))


def count_where(path: Path, condition: str, parameters: tuple[Any, ...] = ()) -> tuple[int, int | None]:
    """How many rows meet a condition of SQL, and the number (from 0) of the first one."""
    query = f"select count(*), min(file_row_number) from read_parquet(?, file_row_number = true) where {condition}"  # noqa: S608
    ((count, first),) = answer(query, [str(path), *parameters])
    return count, first


def _scalars(
    system: System, path: Path, numeric: list[str]
) -> tuple[int, dict[str, tuple[int, int, float, float]], float | None]:
    """Rows, what is counted of each number, and what the predictions make of the score."""
    parts = ["count(*)"]
    for column in map(quoted, numeric):
        finite = f"filter (isfinite({column}::double))"
        parts += [f"count(*) {finite}", f"count(*) filter (abs({column}::double) = 'infinity'::double)"]
        parts += [f"min({column}::double) {finite}", f"max({column}::double) {finite}"]
    columns, parameters = system.columns, list[Any]()
    if columns.score in numeric and system.task == "binary":
        score, made = quoted(columns.score or ""), quoted(columns.prediction)
        mean = f"avg({score}) filter (isfinite({score}) and {made}::varchar"
        parts.append(f"{mean} = ?) - {mean} <> ?)")
        parameters = [columns.positive, columns.positive]
    query = f"select {', '.join(parts)} from read_parquet(?)"  # noqa: S608
    (row,) = answer(query, [*parameters, str(path)], threads=1)
    fours = {column: tuple(row[1 + 4 * place : 5 + 4 * place]) for place, column in enumerate(numeric)}
    leads = row[-1] if parameters else None
    return row[0], fours, leads


def _quantiles(path: Path, numeric: list[str], rows: int) -> dict[str, list[float]]:
    """A hundred quantiles of each number, of every n-th row."""
    if not numeric or not rows:
        return {}
    step = math.ceil(rows / SAMPLE)
    asked = ", ".join(
        f"quantile_cont({column}::double, {list(QUANTILES)}) filter (isfinite({column}::double))"
        for column in map(quoted, numeric)
    )
    query = f"select {asked} from read_parquet(?, file_row_number = true) where file_row_number % {step} = 0"  # noqa: S608
    (row,) = answer(query, [str(path)])
    return {column: found or [] for column, found in zip(numeric, row, strict=True)}


def _names(path: Path, named: list[str]) -> dict[str, tuple[int, dict[str, int], dict[str, int]]]:
    """Rows with a value, rows and first row of each value of each column of text, the most frequent 5,000."""
    one = (
        "(select {place} as c, {column} as v, count(*) as n, min(file_row_number) as f, sum(count(*)) over () "
        "from rows where {column} is not null group by v order by n desc, v limit {most})"
    )
    parts = [one.format(place=place, column=quoted(name), most=MOST_NAMES) for place, name in enumerate(named)]
    found: dict[str, tuple[int, dict[str, int], dict[str, int]]] = {column: (0, {}, {}) for column in named}
    if parts:
        source = "with rows as (select * from read_parquet(?, file_row_number = true)) "
        for place, value, count, first, total in answer(source + " union all ".join(parts), [str(path)]):
            _, rows, firsts = found[named[place]]
            rows[value], firsts[value] = count, first
            found[named[place]] = (int(total), rows, firsts)
    return found


def _block(system: System) -> str:
    """The SQL of the number of a block of about a window's length."""
    return f"epoch_us({quoted(system.columns.time)}) // {SECONDS[system.window.length] * 1_000_000}"


def _still_blocks(system: System, path: Path, columns: list[str]) -> dict[str, int]:
    """In how many blocks of time, of half the usual rows at least, each column holds one value only."""
    if not columns:
        return {}
    still = ", ".join(f"min({column}) = max({column}) as s{at}" for at, column in enumerate(map(quoted, columns)))
    sums = ", ".join(f"count(*) filter (s{at})" for at in range(len(columns)))
    blocks = f"select count(*) as n, {still} from read_parquet(?) group by {_block(system)}"  # noqa: S608
    query = f"with blocks as ({blocks}) select {sums} from blocks where n >= (select median(n) / 2 from blocks)"  # noqa: S608
    (row,) = answer(query, [str(path)])
    return dict(zip(columns, row, strict=True))


def _twins(system: System, path: Path, rows: int) -> tuple[int, float, float]:
    """Rows that say what another one says; the greatest shares of equal pairs and of one row, over blocks of time.

    Beyond a million rows they are counted among those whose hash falls into one of so many parts, and multiplied.
    """
    step = max(1, math.ceil(rows / SAMPLED))
    query = (
        f"with keys as (select {_block(system)} as b, {row_key(system)} as k from read_parquet(?) "  # noqa: S608
        f"where k % {step} = 0), "
        "groups as (select b, count(*) as n from keys group by b, k), "
        "blocks as (select sum(n) as n, sum(n * (n - 1)) as pairs, max(n) as top from groups group by b) "
        "select (select count(*) - count(distinct k) from keys), "
        "max(pairs / (n * (n - 1.0))) filter (n > 1), max(top / n) from blocks "
        "where n >= (select median(n) / 2 from blocks)"
    )
    ((again, pairs, top),) = answer(query, [str(path)])
    return again * step, float(pairs or 0) / step, float(top or 0) / step


def _odd_ids(system: System, path: Path) -> dict[str, int]:
    """Rows whose id has a form of ID_FORMS."""
    column = f"{quoted(system.columns.id)}::varchar"
    asked = ", ".join(f"count(*) filter (regexp_matches({column}, ?))" for _ in ID_FORMS)
    (row,) = answer(f"select {asked} from read_parquet(?)", [*ID_FORMS.values(), str(path)])  # noqa: S608
    return dict(zip(ID_FORMS, row, strict=True))


def _told(kept: dict[str, Any]) -> Profile:
    """A profile from its JSON types."""
    numbers = {
        column: Numbers(**{**one, "quantiles": tuple(one["quantiles"])}) for column, one in kept.pop("numbers").items()
    }
    names = {column: Names(**one) for column, one in kept.pop("names").items()}
    return Profile(numbers=numbers, names=names, **kept)


def _keep(file: Path, body: bytes) -> None:
    """Write a file whole or not at all; a folder that cannot be written only costs time at the next run."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{uuid4().hex}")
        new.write_bytes(body)
        os.replace(new, file)  # noqa: PTH105
    except OSError:
        return
