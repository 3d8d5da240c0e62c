"""Columns of a local parquet file as sorted numbers or category counts, and the sorted reference kept beside it.

The sorted reference is row data. It lies in `<reference file>.sorted/<sha256 of the file>/`, one `.npy` (memory-mapped)
and one `.json` a column, each written under a temporary name and renamed; it goes where the reference goes, and never
into a bundle. Whatever is missing or damaged there is computed again, so it changes no result.
"""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl

from checks.distances import Sorted
from governance.window import Length, Table

EVERY = {
    Length.YEAR: "1y",
    Length.QUARTER: "1q",
    Length.MONTH: "1mo",
    Length.WEEK: "1w",
    Length.DAY: "1d",
    Length.HOUR: "1h",
}


def sorted_finite(path: Path, column: str) -> Sorted:
    """The finite numbers of a column in rising order, in the column's own type."""
    values: Sorted = pl.read_parquet(path, columns=[column]).to_series().drop_nulls().sort().to_numpy()
    if values.dtype.kind == "f":
        values = values[np.searchsorted(values, -np.inf, "right") : np.searchsorted(values, np.inf, "left")]
    return values


def category_counts(path: Path, column: str) -> dict[str, int]:
    """How often each value of a text column occurs; nulls are left out."""
    counted = pl.read_parquet(path, columns=[column]).to_series().drop_nulls().value_counts(name="n")
    return dict(zip(counted[column].cast(pl.String).to_list(), counted["n"].to_list(), strict=True))


def numbers(path: Path, columns: tuple[str, ...]) -> list[Sorted]:
    """Several numeric columns as arrays of float64, over the rows where all of them are finite."""
    frame = pl.read_parquet(path, columns=list(columns)).select(pl.col(name).cast(pl.Float64) for name in columns)
    frame = frame.filter(pl.all_horizontal(pl.col(name).is_finite() for name in columns))
    return [frame[name].to_numpy() for name in columns]


def scores(path: Path, score: str, label: str, positive: str) -> tuple[Sorted, Sorted]:
    """The finite scores of rows with a known label, sorted: of the positive ones, of all others."""
    frame = pl.read_parquet(path, columns=[score, label]).with_columns(pl.col(score).cast(pl.Float64))
    frame = frame.filter(pl.col(score).is_finite() & pl.col(label).is_not_null())
    truth = frame[label].cast(pl.String) == positive
    return frame.filter(truth)[score].sort().to_numpy(), frame.filter(~truth)[score].sort().to_numpy()


class SortedReference:
    """A reference file whose columns are sorted once and kept. `facts` are small numbers about a column."""

    def __init__(self, table: Table) -> None:
        self._path = table.path
        self._blocks: dict[tuple[str, Length, str], Any] = {}
        self._folder = table.path.with_name(table.path.name + ".sorted") / (table.sha256 or "unknown")

    def _file(self, column: str, ending: str) -> Path:
        return self._folder / (sha256(column.encode()).hexdigest()[:24] + ending)

    def values(self, column: str) -> Sorted:
        """The sorted finite numbers of a column, memory-mapped when they are kept."""
        file = self._file(column, ".npy")
        try:
            kept: Sorted = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            kept = sorted_finite(self._path, column)
            _keep(file, lambda handle: np.save(handle, kept, allow_pickle=False))
        return kept

    def counts(self, column: str) -> dict[str, int]:
        """The category counts of a text column."""
        return category_counts(self._path, column)

    def blocks_of_numbers(self, column: str, bounds: Sorted, time: str, length: Length, zone: str) -> Sorted:
        """Rows by block of time (in order) and bin; a bin holds the values up to its bound, the last all others."""
        block, cells = self._in_blocks(column, time, length, zone)
        values = cells.cast(pl.Float64).to_numpy()
        finite = np.isfinite(values)
        return _table(block[finite], np.searchsorted(bounds, values[finite], "left"), len(bounds) + 1)

    def blocks_of_categories(self, column: str, names: tuple[str, ...], time: str, length: Length, zone: str) -> Sorted:
        """Rows by block of time (in order) and name; the last bin holds all other names."""
        block, cells = self._in_blocks(column, time, length, zone)
        place = {name: at for at, name in enumerate(names)}
        bins = cells.cast(pl.String).replace_strict(place, default=len(names), return_dtype=pl.Int64)
        return _table(block, bins.to_numpy(), len(names) + 1)

    def _in_blocks(self, column: str, time: str, length: Length, zone: str) -> tuple[Sorted, pl.Series]:
        """The number of each row's block, and the column, without nulls; no row where the reference has no times."""
        key = (time, length, zone)
        if key not in self._blocks:
            self._blocks[key] = _block_numbers(self._path, time, length, zone)
        if self._blocks[key] is None:
            return np.empty(0, np.int64), pl.Series(column, [], dtype=pl.Float64)
        cells = pl.read_parquet(self._path, columns=[column]).to_series()
        usable = (cells.is_not_null() & self._blocks[key].is_not_null()).to_numpy()
        return self._blocks[key].filter(usable).to_numpy(), cells.filter(usable)

    def facts(self, column: str) -> dict[str, Any] | None:
        """What `remember` kept about a column, or None."""
        try:
            kept = json.loads(self._file(column, ".json").read_bytes())
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) else None

    def remember(self, column: str, facts: dict[str, Any]) -> None:
        """Keep small numbers about a column."""
        _keep(self._file(column, ".json"), lambda handle: handle.write(json.dumps(facts).encode()))


def _block_numbers(path: Path, time: str, length: Length, zone: str) -> pl.Series | None:
    """The number of the calendar period that each row lies in, from 0 in order of time; None without moments."""
    kind = pl.read_parquet_schema(path).get(time)
    if not isinstance(kind, pl.Datetime):
        return None
    moment = pl.col(time) if kind.time_zone else pl.col(time).dt.replace_time_zone("UTC")
    start = moment if length is Length.HOUR else moment.dt.convert_time_zone(zone)
    number = start.dt.truncate(EVERY[length]).rank("dense").cast(pl.Int64) - 1
    return pl.read_parquet(path, columns=[time]).select(number).to_series()


def _table(block: Sorted, bins: Sorted, width: int) -> Sorted:
    """Counts by block and bin."""
    blocks = int(block.max()) + 1 if len(block) else 0
    return np.bincount(block * width + bins, minlength=blocks * width).reshape(blocks, width)


def _keep(file: Path, write: Any) -> None:
    """Write a file whole or not at all; a folder that cannot be written only costs time at the next run."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.{uuid4().hex}")
        with new.open("xb") as handle:
            write(handle)
        os.replace(new, file)  # noqa: PTH105
    except OSError:
        return
