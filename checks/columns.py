"""Columns of a local parquet file as sorted numbers or category counts, and the sorted reference kept beside it.

The sorted reference is row data. It lies in `<reference file>.sorted/<sha256 of the file>/`, one `.npy` (memory-mapped)
and one `.json` a column, each written under a temporary name and renamed; it goes where the reference goes, and never
into a bundle. Whatever is missing or damaged there is computed again, so it changes no result.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl

from checks.distances import Sorted
from checks.ordered import Ordered
from checks.runs import Runs
from governance.window import Length, Table

EVERY = {
    Length.YEAR: "1y",
    Length.QUARTER: "1q",
    Length.MONTH: "1mo",
    Length.WEEK: "1w",
    Length.DAY: "1d",
    Length.HOUR: "1h",
}
_NO_TIME = -(1 << 63)
PIECE = 1 << 22

Cut = tuple[str, Length, str]


def _chunks(path: Path, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Some columns in file order, at most PIECE rows at a time."""
    file = pl.scan_parquet(path, glob=False).select(columns)
    for start in count(0, PIECE):
        chunk = file.slice(start, PIECE).collect()
        yield chunk
        if chunk.height < PIECE:
            return


def _rows(path: Path) -> int:
    """How many rows a file has."""
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _finite(values: pl.Series) -> Sorted:
    """The finite numbers of a series."""
    numbers: Sorted = values.drop_nulls().to_numpy()
    if numbers.dtype.kind != "f":
        return numbers
    finite = np.isfinite(numbers)
    return numbers if finite.all() else numbers[finite]


def sorted_finite(path: Path, column: str) -> Sorted:
    """The finite numbers of a column in rising order, in the column's own type."""
    return ordered(path, column, 1).values()


def ordered(path: Path, column: str, most: int, *, held: int = 1 << 62) -> Ordered:
    """A numeric column, read once; values beyond `held` lie in a scratch file, `most` are sampled."""
    n = nulls = unknown = 0
    rows, pieces = _rows(path), []
    with Runs(path.parent, rows) as runs:
        for place, chunk in enumerate(_chunks(path, [column])):
            series = chunk.to_series()
            pieces.append(_evenly(series, place, _step(rows, most)))
            finite = _finite(series)
            runs.add(finite)
            n, nulls = n + len(finite), nulls + series.null_count()
            unknown += int(series.is_nan().sum()) if len(finite) + series.null_count() < len(series) else 0
        values = runs.kept(held)
    sample = np.concatenate([_plain(piece) for piece in pieces])
    return Ordered(n, nulls, unknown, rows - n - nulls - unknown, sample, values, n if n <= held else 0)


def category_counts(path: Path, column: str) -> dict[str, int]:
    """How often each value of a text column occurs; nulls are left out."""
    file = pl.scan_parquet(path, glob=False).select(pl.col(column).cast(pl.String)).drop_nulls()
    counted = file.group_by(column).len("n").collect(engine="streaming")
    return dict(sorted(zip(counted[column].to_list(), counted["n"].to_list(), strict=True)))


@dataclass(frozen=True)
class Ids:
    """Whether no id comes twice (True is certain, False is not); whether each is a whole number, or its text; nulls."""

    differ: bool
    whole: bool
    nulls: int


def ids(path: Path, column: str) -> Ids:
    """What is known of the ids; whole numbers that rise, as a counter makes them, need no sorting."""
    whole, rising, last, nulls = True, True, -(1 << 63), 0
    for chunk in _chunks(path, [column]):
        cells = chunk.to_series()
        nulls += cells.null_count()
        numbers = _whole(cells.drop_nulls()) if whole else None
        if numbers is None:
            whole = rising = False
        elif rising and len(numbers):
            rising = bool(numbers[0] > last and (numbers[1:] > numbers[:-1]).all())
            last = int(numbers[-1])
    return Ids(rising or all_differ(path, column), whole, nulls)


def _whole(cells: pl.Series) -> Sorted | None:
    """Cells as whole numbers; None if one is not."""
    if not (cells.dtype.is_integer() or cells.dtype == pl.String):
        return None
    for part in (cells.head(100), cells):
        numbers = part.cast(pl.Int64, strict=False)
        if numbers.null_count():
            return None
    return numbers.to_numpy()


def all_differ(path: Path, column: str) -> bool:
    """Whether no value of a column comes twice, as far as 64-bit hashes tell; True is certain, False is not."""
    with Runs(path.parent, _rows(path)) as runs:
        for chunk in _chunks(path, [column]):
            runs.add(chunk.to_series().drop_nulls().hash(seed=0).to_numpy())
        hashes = runs.merged()
    return not any(
        bool((hashes[start + 1 : start + PIECE + 1] == hashes[start : start + PIECE][: len(hashes) - start - 1]).any())
        for start in range(0, len(hashes), PIECE)
    )


def evenly(path: Path, column: str, most: int) -> Sorted:
    """At most `most` rows of a column at even distances: numbers as float64 (NaN for null), all else as text ("")."""
    step = _step(_rows(path), most)
    pieces = [_evenly(piece.to_series(), place, step) for place, piece in enumerate(_chunks(path, [column]))]
    return _plain(pl.concat(pieces))


def _step(rows: int, most: int) -> int:
    """Every how manieth row is one of at most `most`."""
    return max(1, -(-rows // most))


def _evenly(chunk: pl.Series, place: int, step: int) -> pl.Series:
    """Every `step`th row of a file, those that lie in one of its chunks."""
    return chunk.gather_every(step, -place * PIECE % step)


def _plain(rows: pl.Series) -> Sorted:
    if rows.dtype.is_numeric():
        return rows.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return rows.cast(pl.String).fill_null("").to_numpy().astype(object)


def scores(path: Path, score: str, label: str, positive: str) -> tuple[Sorted, Sorted]:
    """The finite scores of rows with a known label, sorted: of the positive ones, of all others."""
    rows = _rows(path)
    with Runs(path.parent, rows) as ours, Runs(path.parent, rows) as others:
        for chunk in _chunks(path, [score, label]):
            values, truth = chunk[score].cast(pl.Float64), chunk[label].cast(pl.String) == positive
            ours.add(_finite(values.filter(truth)))
            others.add(_finite(values.filter(~truth)))
        return ours.merged(), others.merged()


class SortedReference:
    """A reference file whose columns are sorted once and kept. `facts` are small numbers about a column."""

    def __init__(self, table: Table) -> None:
        self._path = table.path
        self._blocks: dict[Cut, Sorted] = {}
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

    def ordered(self, column: str, most: int) -> Ordered:
        """A numeric column, read anew; its sorted values are kept."""
        found = ordered(self._path, column, most)
        file = self._file(column, ".npy")
        if not file.exists():
            _keep(file, lambda handle: np.save(handle, found.values(), allow_pickle=False))
        return replace(found, values=lambda: self.values(column))

    def sample(self, column: str, most: int) -> Sorted:
        """Rows at even distances, as `evenly` gives them: kept, or measured and then kept."""
        name = f"{column}\nsample {most}"
        texts = self.facts(name)
        if texts is not None:
            return np.array(texts["texts"], object)
        found = self.array(name, lambda: evenly(self._path, column, most))
        if found.dtype.kind != "f":
            self.remember(name, {"texts": found.tolist()})
        return found

    def array(self, name: str, measure: Callable[[], Sorted]) -> Sorted:
        """Numbers that are the same for every window: kept, or measured and then kept."""
        file = self._file(name, ".npy")
        try:
            kept: Sorted = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            kept = measure()
            if kept.dtype.kind != "O":
                _keep(file, lambda handle: np.save(handle, kept, allow_pickle=False))
        return kept

    def counts(self, column: str) -> dict[str, int]:
        """The category counts of a text column."""
        return self.once(f"{column}\ncounts", lambda: category_counts(self._path, column))

    def once(self, name: str, measure: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Small numbers about the reference that are the same for every window: kept, or measured and then kept."""
        found = self.facts(name)
        if found is None:
            found = dict(measure())
            self.remember(name, found)
        return found

    def blocks_of_numbers(self, column: str, bounds: Sorted, time: str, length: Length, zone: str) -> Sorted:
        """Rows by block of time (in order) and bin; a bin holds the values up to its bound, the last all others."""

        def placed(cells: pl.Series) -> Sorted:
            values = cells.cast(pl.Float64).fill_null(math.nan).to_numpy()
            return np.where(np.isfinite(values), np.searchsorted(bounds, values, "left"), -1)

        return self._in_blocks(column, placed, len(bounds) + 1, (time, length, zone))

    def blocks_of_categories(self, column: str, names: tuple[str, ...], time: str, length: Length, zone: str) -> Sorted:
        """Rows by block of time (in order) and name; the last bin holds all other names."""
        place = {name: at for at, name in enumerate(names)}

        def placed(cells: pl.Series) -> Sorted:
            bins = cells.cast(pl.String).replace_strict(place, default=len(names), return_dtype=pl.Int64)
            return bins.set(cells.is_null(), -1).to_numpy()

        return self._in_blocks(column, placed, len(names) + 1, (time, length, zone))

    def _in_blocks(self, column: str, placed: Callable[[pl.Series], Sorted], width: int, cut: Cut) -> Sorted:
        """Counts by block and bin; -1 is no block and no bin; no block where the reference has no times."""
        if cut not in self._blocks:
            self._blocks[cut] = _block_numbers(self._path, *cut)
        block, start = self._blocks[cut], 0
        if not len(block):
            return np.empty((0, width), np.int64)
        counts = np.zeros((int(block.max()) + 1) * width, np.int64)
        for chunk in _chunks(self._path, [column]):
            bins, blocks = placed(chunk.to_series()), block[start : start + chunk.height].astype(np.int64)
            start += chunk.height
            usable = (bins >= 0) & (blocks >= 0)
            counts += np.bincount(blocks[usable] * width + bins[usable], minlength=len(counts))
        return counts.reshape(-1, width)

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


def _block_numbers(path: Path, time: str, length: Length, zone: str) -> Sorted:
    """Each row's block, counted from 0 in order of time, -1 without a time; no rows where the column holds no times."""
    kind = pl.read_parquet_schema(path).get(time)
    if not isinstance(kind, pl.Datetime):
        return np.empty(0, np.int32)
    moment = pl.col(time) if kind.time_zone else pl.col(time).dt.replace_time_zone("UTC")
    local = moment if length is Length.HOUR else moment.dt.convert_time_zone(zone)
    start = local.dt.truncate(EVERY[length]).dt.timestamp("us").fill_null(_NO_TIME).alias(time)
    starts = [chunk.select(start).to_series().unique() for chunk in _chunks(path, [time])]
    known = np.unique(np.concatenate([one.to_numpy() for one in starts])) if starts else np.empty(0, np.int64)
    known = known[known != _NO_TIME]
    found = [_placed(chunk.select(start).to_series().to_numpy(), known) for chunk in _chunks(path, [time])]
    return np.concatenate(found) if found else np.empty(0, np.int32)


def _placed(starts: Sorted, known: Sorted) -> Sorted:
    """The place of each start among those known."""
    return np.where(starts == _NO_TIME, -1, np.searchsorted(known, starts)).astype(np.int32)


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
