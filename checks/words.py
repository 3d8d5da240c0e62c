"""Numbers in plain words, for the sentences of results."""

import math


def percent(share: float) -> str:
    """A share as people read it: 0.0906 is `9.1 %`."""
    return f"{100 * share:.1f} %"


def number(value: float | None) -> str:
    """A number of moderate length: two decimals, or three significant digits when it is small or large."""
    if value is None or not math.isfinite(value):
        return "without bound" if value is None or value > 0 else "without lower bound"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def count(rows: int, noun: str = "row") -> str:
    """`1 row`, `9,383 rows`, `12 more labels`."""
    return f"{rows:,} {noun}" if rows == 1 else f"{rows:,} {noun}s"


def between(low: float | None, high: float | None) -> str:
    """An interval: `(0.14 to 0.16)`."""
    return f"({number(low)} to {number(high)})"


def finite(value: float | None) -> float | None:
    """The number, or None for what JSON cannot carry (not a number, infinite)."""
    return float(value) if value is not None and math.isfinite(value) else None
