"""How text becomes a moment: ISO 8601, or the registry's strptime pattern.

Rules
1. `auto` is ISO 8601 in its extended form: 2026-11-24, 2026-11-24T05:30, 2026-11-24 05:30:59.123456, each but the
   first with or without Z or an offset. The basic form (20261124T0530) and months alone need a pattern.
2. A pattern means what Python's `datetime.strptime` makes of it. Patterns of plain digits go a faster way that means
   the same; the rest is parsed once for each different text.
3. A moment without an offset is local in the window's zone. A local time that a clock change skips, or that comes
   twice, is a fault: nobody can know which moment it was.
4. `epoch_s`, `epoch_ms` and `epoch_us` declare counts since 1970-01-01T00:00:00Z; digits are never guessed to be that.
5. Moments have microseconds; what is finer is cut off.
"""

import re
from datetime import datetime

AUTO = "auto"
EPOCH = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_UNITS = {"epoch_s": "seconds", "epoch_ms": "milliseconds", "epoch_us": "microseconds"}

# chrono's directives, as polars knows them: %.f is an optional fraction, %#z an offset in any form or Z.
ISO = (
    *(f"%Y-%m-%d{mark}{clock}%#z" for mark in ("T", " ") for clock in ("%H:%M:%S%.f", "%H:%M")),
    *(f"%Y-%m-%d{mark}{clock}" for mark in ("T", " ") for clock in ("%H:%M:%S%.f", "%H:%M")),
    "%Y-%m-%d",
)

_DIGITS = re.compile(r"(%[YmdHMS]|[-/.:, T])+")


def expected(pattern: str) -> str:
    """What a cell must hold, for a fault."""
    if pattern in EPOCH:
        return f"{_UNITS[pattern]} since 1970"
    return "an ISO 8601 time such as 2026-11-24T05:30:00Z" if pattern == AUTO else f"a time written as {pattern}"


def is_plain(pattern: str) -> bool:
    """Whether a pattern holds a whole date, in digits only, so that chrono and strptime agree on it."""
    whole = all(pattern.count(part) == 1 for part in ("%Y", "%m", "%d"))
    once = all(pattern.count(part) <= 1 for part in ("%H", "%M", "%S"))
    nested = ("%H" in pattern or "%M" not in pattern) and ("%M" in pattern or "%S" not in pattern)
    return whole and once and nested and _DIGITS.fullmatch(pattern) is not None


def strptime(text: str, pattern: str) -> datetime | None:
    """The moment that a text names by a strptime pattern, naive or aware; None if it names none."""
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - the caller adds the zone where the text has none
    except (ValueError, OverflowError, re.error):
        return None
