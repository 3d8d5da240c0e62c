"""Faults of inputs, worded alike: names of files and columns, never a value."""

from difflib import get_close_matches

from governance.errors import Fault, Place

MOST = 20


def broken(name: str, expected: str, found: str, mend: str, *, line: int | None = None, column: str = "") -> Fault:
    """A fault at a file, a line and a column, as far as they are known."""
    return Fault(Place(name, line, column), expected, found, mend)


def missing_columns(name: str, needed: tuple[str, ...], there: list[str], line: int | None = None) -> list[Fault]:
    """A fault for each needed column that is not there; the mend names one that looks like it.

    Names are shown only where at least half of the needed ones are there: the first row of a file without a header
    holds values.
    """
    missing = [column for column in needed if column not in there]
    shown = there if 2 * len(missing) <= len(needed) else []
    return [_missing(name, column, shown, line) for column in missing[:MOST]]


def _missing(name: str, column: str, shown: list[str], line: int | None) -> Fault:
    """A fault for one column."""
    close = get_close_matches(column, shown, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    mend = f"{hint}Deliver the column, or correct its name in the registry."
    return broken(name, "this column", "no such column", mend, line=line, column=column)
