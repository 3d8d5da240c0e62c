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

import numpy as np
from numpy.typing import NDArray

from checks.counted import Counted, CountedReference
from checks.distances import Sorted
from checks.ordered import Ordered
from checks.query import answer, quoted
from governance.registry.system import System
from governance.window import Length, Table

FORMAT = "aims-profile/2"
QUANTILES = tuple(round(place / 100, 2) for place in range(101))
SAMPLED = 1_000_000
MOST_NAMES = 5000
NO_BLOCK = -(1 << 62)  # rows without a time
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

Keys = NDArray[np.uint64]
Blocks = NDArray[np.int64]


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
        rows: of each of the 5,000 most frequent values.
        still_blocks: blocks of time in which it has one value only.
    """

    n: int
    rows: dict[str, int]
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
        made = profile(system, CountedReference(table), still=True)
        _keep(file, json.dumps(asdict(made)).encode())
        return made


def profile(system: System, file: Counted, *, still: bool = False, step: int = 1) -> Profile:
    """Count one file.

    Args:
        system: the registry's entry.
        file: what is counted.
        still: asks for the blocks in which a column does not vary, which matter of a reference.
        step: rows whose key it divides will be asked for as well (`keys_of`).
    """
    kind, rows = file.kinds, file.rows
    numeric = [column for column in numeric_columns(system) if kind.get(column) in ("float", "integer")]
    named = [column for column in named_columns(system) if kind.get(column) == "text"]
    blocks = _still_blocks(system, file, [*numeric, *named]) if still else dict.fromkeys((*numeric, *named), 0)
    numbers = {column: _numbers(file.ordered(column), blocks[column]) for column in numeric if file.ordered(column).n}
    names = {column: _names(file.counts(column), blocks[column]) for column in named}
    twins = twins_of(*keys_of(system, file, twin_step(rows), step), step=twin_step(rows))
    return Profile(rows, numbers, names, *twins, _leads(system, file, numeric), _odd_ids(system, file, kind))


def count_where(path: Path, condition: str, parameters: tuple[Any, ...] = ()) -> tuple[int, int | None]:
    """How many rows meet a condition of SQL, and the number (from 0) of the first one."""
    query = f"select count(*), min(file_row_number) from read_parquet(?, file_row_number = true) where {condition}"  # noqa: S608
    ((count, first),) = answer(query, [str(path), *parameters])
    return count, first


def _numbers(found: Ordered, still_blocks: int) -> Numbers:
    """What sorting a column showed; the quantiles are those of its sample."""
    values = found.values()
    low, high = float(values[0]), float(values[-1])
    return Numbers(found.n, found.infinite, low, high, _quantiles(found.sample), still_blocks)


def _quantiles(sample: Sorted) -> tuple[float, ...]:
    """A hundred quantiles of the finite numbers of a sample, linear between two of them."""
    values = np.sort(sample[np.isfinite(sample)])
    if not len(values):
        return ()
    place = np.array(QUANTILES) * (len(values) - 1)
    low, high, share = values[np.floor(place).astype(int)], values[np.ceil(place).astype(int)], place % 1
    return tuple(np.where(low == high, low, low * (1 - share) + high * share).tolist())


def _names(counts: dict[str, int], still_blocks: int) -> Names:
    """The most frequent 5,000 values."""
    most = sorted(counts, key=lambda value: (-counts[value], value))[:MOST_NAMES]
    return Names(sum(counts.values()), {value: counts[value] for value in most}, still_blocks)


def _leads(system: System, file: Counted, numeric: list[str]) -> float | None:
    """Mean score of the rows predicted positive minus that of the others."""
    columns = system.columns
    if columns.score not in numeric or system.task != "binary":
        return None
    score, made = quoted(columns.score or ""), quoted(columns.prediction)
    query = (
        f"select {made}::varchar = ? as s, avg({score}) from read_parquet(?) "  # noqa: S608
        f"where isfinite({score}) and {made} is not null group by s"
    )
    means: dict[bool, float] = dict(file.answer(query, [columns.positive], threads=1))
    return float(means[True] - means[False]) if len(means) == 2 else None


def _block(system: System) -> str:
    """The SQL of the number of a block of about a window's length."""
    return f"epoch_us({quoted(system.columns.time)}) // {SECONDS[system.window.length] * 1_000_000}"


def _still_blocks(system: System, file: Counted, columns: list[str]) -> dict[str, int]:
    """In how many blocks of time, of half the usual rows at least, each column holds one value only."""
    if not columns:
        return {}
    still = ", ".join(f"min({column}) = max({column}) as s{at}" for at, column in enumerate(map(quoted, columns)))
    sums = ", ".join(f"count(*) filter (s{at})" for at in range(len(columns)))
    blocks = f"select count(*) as n, {still} from read_parquet(?) group by {_block(system)}"  # noqa: S608
    query = f"with blocks as ({blocks}) select {sums} from blocks where n >= (select median(n) / 2 from blocks)"  # noqa: S608
    (row,) = file.answer(query)
    return dict(zip(columns, row, strict=True))


def twin_step(rows: int) -> int:
    """Twins are counted among one of so many parts of the rows."""
    return max(1, math.ceil(rows / SAMPLED))


def keys_of(system: System, file: Counted, *steps: int) -> tuple[Keys, Blocks]:
    """The key (`row_key`) and the block of time of each row whose key one of the steps divides."""
    some = " or ".join(f"k % {step} = 0" for step in steps if 1 not in steps)
    time = f"coalesce({_block(system)}, {NO_BLOCK})"
    query = f"select k, b from (select {row_key(system)} as k, {time} as b from read_parquet(?))"  # noqa: S608
    found = file.arrays(f"{query} where {some}" if some else query)
    return found["k"], found["b"]


def twins_of(keys: Keys, blocks: Blocks, *, step: int) -> tuple[int, float, float]:
    """Rows that say what another one says; the greatest shares of equal pairs and of one row, over blocks of time.

    Beyond a million rows they are counted among those whose key falls into one of so many parts, and multiplied.
    """
    keys, blocks = (keys, blocks) if step == 1 else (keys[chosen := keys % step == 0], blocks[chosen])
    if not len(keys):
        return 0, 0.0, 0.0
    numbers, place, rows = np.unique(blocks, return_inverse=True, return_counts=True)
    ordered = np.sort(keys)
    again = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    pairs, top = np.zeros(len(numbers)), np.ones(len(numbers))
    if len(again):
        several = np.isin(keys, again)
        of_pair = np.stack([place[several].astype(np.uint64), keys[several]])
        (at, _), times = np.unique(of_pair, axis=1, return_counts=True)
        np.add.at(pairs, at.astype(np.int64), times * (times - 1.0))
        np.maximum.at(top, at.astype(np.int64), times)
    usual = rows >= np.median(rows) / 2
    many = usual & (rows > 1)
    share = float((pairs[many] / (rows[many] * (rows[many] - 1.0))).max(initial=0.0))
    repeats = len(ordered) - 1 - int((ordered[1:] != ordered[:-1]).sum())
    return repeats * step, share / step, float((top[usual] / rows[usual]).max(initial=0.0)) / step


def _odd_ids(system: System, file: Counted, kind: dict[str, str]) -> dict[str, int]:
    """Rows whose id has a form of ID_FORMS."""
    if kind.get(system.columns.id) == "integer" or file.ids(system.columns.id).whole:
        return dict.fromkeys(ID_FORMS, 0)
    column, any_form = f"{quoted(system.columns.id)}::varchar", "|".join(f"({form})" for form in ID_FORMS.values())
    asked = ", ".join("count(*) filter (regexp_matches(id, ?))" for _ in ID_FORMS)
    source = f"(select {column} as id from read_parquet(?)) where regexp_matches(id, ?)"  # noqa: S608
    (row,) = answer(f"select {asked} from {source}", [*ID_FORMS.values(), str(file.path), any_form])  # noqa: S608
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
