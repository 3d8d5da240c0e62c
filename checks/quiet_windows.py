"""Windows in which nothing changes, and windows with a change of a known size, drawn from a system's own reference.

The reference's rows are taken to be the whole population, so what is drawn from it never drifts:
1. With at least twenty blocks (a block is as long as a window) a reference of as many blocks, and each window, are
   drawn from them, whole blocks with replacement: days differ as they did. Else rows are drawn.
2. Prediction, score and label change places together among the rows of a window: its groups are treated alike.
3. A change of size s moves the mean of every numeric feature by s standard deviations, and lowers the selection rate of
   the second largest group of each such attribute by s. Features move by drawing their own values anew with weights
   exp(b z) (exponential tilting), so no value comes up that was not there; as far as the values reach.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.registry.system import System
from governance.window import Period, Table, period_of

LEAST_BLOCKS = 20


@dataclass(frozen=True)
class Quiet:
    """A drawn reference, and what windows are drawn from; `rows` of a window, 0 for whole blocks."""

    reference: Table
    blocks: tuple[pl.DataFrame, ...]
    rows: int


def quiet(system: System, reference: Table, path: Path, rng: np.random.Generator, *, rows: int = 0) -> Quiet:
    """A reference drawn as windows will be (rule 1).

    Args:
        system: the registry's entry.
        reference: as the pull wrote it.
        path: where the drawn reference is written.
        rng: where chance comes from.
        rows: rows of a window where the reference has too few blocks; 0: as many as its blocks have on average.
    """
    every = pl.read_parquet(reference.path)
    blocks = _blocks(system, every)
    if len(blocks) >= LEAST_BLOCKS:
        dated = [
            _at(system, blocks[place], block)
            for place, block in zip(rng.integers(len(blocks), size=len(blocks)), blocks, strict=True)
        ]
        drawn, given, of_window = pl.concat(dated), tuple(blocks), 0
    else:
        drawn = every[np.sort(rng.integers(every.height, size=every.height))]
        given, of_window = (every,), rows or every.height // max(1, len(blocks))
    drawn.write_parquet(path)
    return Quiet(Table(path, f"drawn from {reference.sha256}", drawn.height), given, of_window)


def _at(system: System, rows: pl.DataFrame, when: pl.DataFrame) -> pl.DataFrame:
    """The rows at the first time of another block."""
    time = system.columns.time
    return rows.with_columns(pl.lit(when[time].min()).cast(rows.schema[time]).alias(time))


def _blocks(system: System, rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The reference cut by the window's length, in time order."""
    plan, time = system.window, system.columns.time
    hours = rows[time].dt.truncate("1h")
    starts = {hour: period_of(hour, plan.length, plan.zone).start for hour in hours.unique().drop_nulls()}
    named = rows.with_columns(hours.replace_strict(starts, default=None, return_dtype=rows.schema[time]).alias(_BLOCK))
    cut = named.drop_nulls(_BLOCK).sort(_BLOCK).partition_by(_BLOCK, maintain_order=True, include_key=False)
    return [one for one in cut if one.height >= 10]


def draw(
    system: System, from_: Quiet, period: Period, path: Path, rng: np.random.Generator, *, size: float = 0.0
) -> Table:
    """Write one window (rules 1 to 3); `size` 0 changes nothing."""
    block = from_.blocks[rng.integers(len(from_.blocks))]
    rows = block[rng.integers(block.height, size=from_.rows)] if from_.rows else block
    columns = system.columns
    moments = np.linspace(period.start.timestamp(), period.end.timestamp(), rows.height, endpoint=False)
    frame = rows.with_columns(
        pl.int_range(rows.height).cast(pl.String).cast(rows.schema[columns.id]).alias(columns.id),
        pl.Series(columns.time, (moments * 1e6).astype(np.int64)).cast(rows.schema[columns.time]),
        *_shuffled(system, rows, rng),
    )
    if size:
        frame = _unfair(system, _moved(system, frame, size, rng), size, rng)
    frame.write_parquet(path)
    return Table(path, "drawn", frame.height)


def _shuffled(system: System, rows: pl.DataFrame, rng: np.random.Generator) -> list[pl.Series]:
    """Rule 2."""
    columns, order = system.columns, rng.permutation(rows.height)
    return [rows[name][order] for name in (columns.prediction, columns.score, columns.label) if name in rows.columns]


def _moved(system: System, rows: pl.DataFrame, size: float, rng: np.random.Generator) -> pl.DataFrame:
    """Rule 3, the features."""
    for name in system.columns.numeric:
        values = rows[name].cast(pl.Float64).fill_null(math.nan).to_numpy()
        known = np.flatnonzero(np.isfinite(values))
        if len(known) and values[known].std() > 0:
            places = np.arange(rows.height)
            weights = tilted((values[known] - values[known].mean()) / values[known].std(), size)
            places[known] = known[rng.choice(len(known), len(known), p=weights)]
            rows = rows.with_columns(rows[name][places].alias(name))
    return rows


def tilted(standard: NDArray[np.float64], size: float) -> NDArray[np.float64]:
    """Weights exp(b z), summing to 1, under which values of mean 0 have a mean of `size`, or nearly their greatest."""

    def weights(slope: float) -> NDArray[np.float64]:
        logs = slope * standard
        found = np.exp(logs - logs.max())
        return np.asarray(found / found.sum())

    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if weights(middle) @ standard < size else (low, middle)
    return weights(high)


def _unfair(system: System, rows: pl.DataFrame, size: float, rng: np.random.Generator) -> pl.DataFrame:
    """Rule 3, the selections; of a binary system only."""
    columns = system.columns
    predictions = rows[columns.prediction].cast(pl.String)
    others = predictions.filter(predictions != columns.positive)
    if system.task != "binary" or not others.len():
        return rows
    selected = (predictions == columns.positive).fill_null(value=False).to_numpy()
    for name in columns.protected:
        groups = _groups(system, rows, name)
        counts = groups.value_counts(sort=True)
        if counts.height > 1:
            inside = (groups == counts[name][1]).fill_null(value=False).to_numpy()
            rate = selected[inside].mean()
            selected = selected & ~(inside & (rng.random(rows.height) < min(1.0, size / max(rate, 1e-9))))
    changed = pl.when(pl.Series(selected)).then(pl.lit(columns.positive)).otherwise(pl.lit(others[0]))
    kept = pl.when(predictions == columns.positive).then(changed).otherwise(predictions)
    return rows.with_columns(kept.cast(rows.schema[columns.prediction]).alias(columns.prediction))


def _groups(system: System, rows: pl.DataFrame, name: str) -> pl.Series:
    """The group of each row: of a numeric attribute by its cuts."""
    cuts = system.columns.groups.get(name)
    if not cuts:
        return rows[name].cast(pl.String)
    values = rows[name].cast(pl.Float64)
    return sum(((values >= cut).cast(pl.Int8) for cut in cuts), start=values.is_null().cast(pl.Int8) * 0).alias(name)


_BLOCK = "\x00block"
