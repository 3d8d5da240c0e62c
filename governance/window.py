"""A window: a half-open interval of one system's predictions, in UTC, with the digest of what was read.

Calendar periods are counted in the system's own time zone (a day of 23 or 25 hours stays one window)
and kept in UTC. Names sort as text: 2016, 2011Q2, 2008-08, 2026-W48, 2026-11-24, 2026-11-24T05.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from governance.errors import Fault


class Length(StrEnum):
    """How long a window is, as an ISO 8601 duration."""

    YEAR = "P1Y"
    QUARTER = "P3M"
    MONTH = "P1M"
    WEEK = "P1W"
    DAY = "P1D"
    HOUR = "PT1H"

    @property
    def per_year(self) -> int:
        """How many windows of this length a year holds."""
        return {"P1Y": 1, "P3M": 4, "P1M": 12, "P1W": 52, "P1D": 365, "PT1H": 8760}[self.value]


@dataclass(frozen=True, order=True)
class Period:
    """[start, end) in UTC, and the name people use for it."""

    start: datetime
    end: datetime
    name: str


@dataclass(frozen=True)
class Input:
    """One thing that was read: a file, an object or a query, by address (no credentials), digest and size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Table:
    """Rows in one local parquet file; only its path and digest travel between tasks."""

    path: Path
    sha256: str
    rows: int
    inputs: tuple[Input, ...] = ()


@dataclass(frozen=True)
class LabelCounts:
    """What joining the labels showed.

    Attributes:
        orphans: labels without a prediction.
        contradictions: ids labelled twice with different values.
        corrections: ids whose label was changed later on.
        impossible: rows of the window whose label was known before the prediction was made.
    """

    orphans: int = 0
    contradictions: int = 0
    corrections: int = 0
    impossible: int = 0


@dataclass(frozen=True)
class Window:
    """What was read for one period. `current` is None when nothing could be read; `faults` says why.

    `as_of` is the moment of judging (UTC): labels count as mature when period.end + delay <= as_of.
    """

    system: str
    period: Period
    as_of: datetime
    current: Table | None
    reference: Table | None
    faults: tuple[Fault, ...] = ()
    labels: LabelCounts = LabelCounts()


def _floor(moment: datetime, length: Length) -> datetime:
    """The start of the calendar period that holds a local moment."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match length:
        case Length.HOUR:
            return moment.replace(minute=0, second=0, microsecond=0)
        case Length.DAY:
            return day
        case Length.WEEK:
            return day - timedelta(days=day.weekday())
        case Length.MONTH:
            return day.replace(day=1)
        case Length.QUARTER:
            return day.replace(day=1, month=3 * ((day.month - 1) // 3) + 1)
        case Length.YEAR:
            return day.replace(day=1, month=1)


def _next(start: datetime, length: Length) -> datetime:
    """The start of the period after the one that starts at a local `start`."""
    match length:
        case Length.HOUR:
            return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(start.tzinfo)
        case Length.DAY | Length.WEEK:
            return start + timedelta(days=1 if length is Length.DAY else 7)
        case Length.MONTH | Length.QUARTER | Length.YEAR:
            months = {Length.MONTH: 1, Length.QUARTER: 3, Length.YEAR: 12}[length]
            whole = start.year * 12 + start.month - 1 + months
            return start.replace(year=whole // 12, month=whole % 12 + 1)


def _name(start: datetime, length: Length) -> str:
    """The name of the period that starts at a local `start`; the repeated hour of autumn carries its offset."""
    match length:
        case Length.QUARTER:
            return f"{start.year}Q{(start.month + 2) // 3}"
        case Length.WEEK:
            return start.strftime("%G-W%V")
        case Length.HOUR:
            return start.strftime("%Y-%m-%dT%H") + ("b" if start.fold else "")
        case _:
            return start.strftime({Length.YEAR: "%Y", Length.MONTH: "%Y-%m"}.get(length, "%Y-%m-%d"))


def period_of(moment: datetime, length: Length, zone: str) -> Period:
    """The period that holds `moment` (aware), counted in `zone` (an IANA name)."""
    start = _floor(moment.astimezone(ZoneInfo(zone)), length)
    end = _next(start, length)
    return Period(start.astimezone(UTC), end.astimezone(UTC), _name(start, length))


def periods(since: datetime, until: datetime, length: Length, zone: str) -> Iterator[Period]:
    """Every whole period that starts at or after `since` and ends at or before `until` (aware moments)."""
    period = period_of(since, length, zone)
    if period.start < since:
        period = period_of(period.end, length, zone)
    while period.end <= until:
        yield period
        period = period_of(period.end, length, zone)
