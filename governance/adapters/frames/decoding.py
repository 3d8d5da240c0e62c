"""Batches of a file as rows of the layout."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.adapters.arrow import Unparsable
from governance.adapters.frames.cells import Bad, Frame, numbers_of, texts_of
from governance.adapters.frames.moments import UTC_TIME, Clock, moments_of, within
from governance.adapters.layout import Kind, Layout


@dataclass(frozen=True)
class Decoded:
    """The wanted rows of a batch, each one's number (from 0) in the file, and what could not be read."""

    rows: pl.DataFrame
    numbers: pl.Series
    bad: list[Bad]


def decode(batch: Any, layout: Layout, first: int, clock: Clock | None, manner: set[str] | None = None) -> Decoded:
    """The wanted rows of a batch in the layout's types and order, and what could not be read.

    `batch` is any object that gives an Arrow stream, with the layout's columns among its own; `first` the number
    (from 0) of its first row in the file. `clock` chooses the rows; None keeps them all. `manner` is a set that the
    batches of one file share: how their times are written (rule 4).

    Raises:
        Unparsable: polars gave up on the batch; nothing is known to make it, so this is the net below.
    """
    try:
        return _decoded(pl.DataFrame(batch), layout, first, clock, set() if manner is None else manner)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise Unparsable(f"cells that polars cannot read ({type(error).__name__})") from None


def _decoded(raw: pl.DataFrame, layout: Layout, first: int, clock: Clock | None, manner: set[str]) -> Decoded:
    """The same, of a frame."""
    rows = pl.Series(range(first, first + raw.height), dtype=pl.Int64)
    done: dict[str, pl.Series] = {}
    bad: list[Bad] = []
    if clock:
        moments, bad = moments_of(raw[clock.column], rows, clock, manner)
        keep = within(moments, clock)
        done[clock.column], raw, rows = moments.filter(keep), raw.filter(keep), rows.filter(keep)
    for column, kind in layout.items():
        if column not in done:
            done[column], worse = (numbers_of if kind is Kind.NUMBER else texts_of)(raw[column], rows)
            bad += worse
    return Decoded(pl.DataFrame({column: done[column] for column in layout}), rows, bad)


def texts(batch: Any, column: str) -> pl.Series:
    """One column of a batch as text."""
    cells = pl.DataFrame(batch)[column]
    return texts_of(cells, cells)[0]


def arranged(rows: Frame, layout: Layout) -> Frame:
    """Rows in the layout's columns and order; those they lack are null."""
    schema = schema_of(layout)
    return rows.select(
        pl.col(column) if column in rows.columns else pl.lit(None, dtype=schema[column]).alias(column)
        for column in layout
    )


def schema_of(layout: Layout) -> dict[str, pl.DataType]:
    """The polars types of a layout."""
    kinds = {Kind.TEXT: pl.String(), Kind.NUMBER: pl.Float64(), Kind.TIME: UTC_TIME}
    return {column: kinds[kind] for column, kind in layout.items()}
