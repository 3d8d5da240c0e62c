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
from governance.window import Table


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
