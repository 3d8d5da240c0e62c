"""Cells as text and numbers (rules 1 to 3), and what could not be read, told without its value."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from governance.adapters import shapes
from governance.adapters.faults import MOST

Frame = pl.DataFrame
EXACT = 2**53
_WHOLE = r"^\s*[-+]?[0-9]+\s*$"


@dataclass(frozen=True)
class Bad:
    """One cell (or, without a row, one column) that could not be read, told without its value."""

    row: int | None
    column: str
    expected: str
    found: str
    mend: str


def texts_of(cells: pl.Series, _rows: pl.Series) -> tuple[pl.Series, list[Bad]]:
    """Rules 1 and 2."""
    if cells.dtype.is_float():
        whole = cells.is_finite() & (cells == cells.floor()) & (cells.abs() < 2**53)
        short = cells.cast(pl.Int64, strict=False).cast(pl.String)
        return short.zip_with(whole.fill_null(value=False), cells.fill_nan(None).cast(pl.String)), []
    texts = cells.cast(pl.String)
    return texts.set(texts == "", None), []


def numbers_of(cells: pl.Series, rows: pl.Series) -> tuple[pl.Series, list[Bad]]:
    """Rules 1 and 3."""
    expected = "a number"
    if cells.dtype == pl.String:
        numbers = cells.cast(pl.Float64, strict=False)
        wrong = numbers.is_null() & (cells != "").fill_null(value=False)
        if wrong.any():
            numbers = numbers.zip_with(~wrong, cells.str.strip_chars().cast(pl.Float64, strict=False))
            wrong &= numbers.is_null()
        bad = bad_cells(cells, rows, wrong, expected=expected, mend=shapes.POINT, shape=shapes.of_number)
        large = (numbers.abs() >= EXACT).fill_null(value=False)
        if large.any():
            large &= cells.str.contains(_WHOLE).fill_null(value=False)
        return numbers.fill_nan(float("nan")), bad + _too_large(cells, rows, large)
    if cells.dtype.is_integer():
        large = (cells.cast(pl.Int128) > EXACT) | (cells.cast(pl.Int128) < -EXACT)
        return cells.cast(pl.Float64), _too_large(cells, rows, large.fill_null(value=False))
    if cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        return cells.cast(pl.Float64).fill_nan(float("nan")), []
    nothing = pl.Series([None] * len(cells), dtype=pl.Float64)
    return nothing, [unfit(cells, expected, "Write numbers, or name the column as categorical in the registry.")]


def _too_large(cells: pl.Series, rows: pl.Series, large: pl.Series) -> list[Bad]:
    """Whole numbers that a float64 need not hold exactly."""
    mend = "Write it in a larger unit, or name the column as categorical if it is a code."
    return bad_cells(cells, rows, large, expected="a number", mend=mend, what="a whole number beyond 2**53")


def unfit(cells: pl.Series, expected: str, mend: str) -> Bad:
    """A whole column of an unfit type."""
    return Bad(None, cells.name, expected, f"a column of type {cells.dtype.base_type().__name__.lower()}", mend)


def bad_cells(
    cells: pl.Series,
    rows: pl.Series,
    wrong: pl.Series,
    *,
    expected: str,
    mend: str,
    what: str = "",
    shape: Callable[[str], shapes.Shape | None] = lambda _text: None,
) -> list[Bad]:
    """The first faulty cells of a column; `shape` finds better words for what stands there."""
    bad = []
    for row, text in zip(rows.filter(wrong).head(MOST), cells.filter(wrong).head(MOST).cast(pl.String), strict=True):
        known = shape(text or "")
        found = what or (known.found if known else _described(len(text or "")))
        bad.append(Bad(row, cells.name, expected, found, known.mend if known else mend))
    return bad


def _described(length: int) -> str:
    """What a cell holds, without its value."""
    return f"text of {length} character{'s' if length != 1 else ''}" if length else "an empty cell"
