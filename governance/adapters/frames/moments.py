"""Cells as moments in UTC (rules 4 and 5; times.py has the forms), and which rows are wanted by them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from governance.adapters import shapes, times
from governance.adapters.frames.cells import EXACT, Bad, bad_cells, texts_of, unfit

UTC_TIME = pl.Datetime("us", "UTC")
LOCAL_TIME = pl.Datetime("us")
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - a local time; a day's room for any zone


@dataclass(frozen=True)
class Clock:
    """Which column holds the time, how it is written, and which rows are wanted: since <= time < until (UTC).

    A time after `latest` (UTC) is a fault.
    """

    column: str
    pattern: str
    zone: str
    since: datetime | None = None
    until: datetime | None = None
    latest: datetime | None = None


def within(moments: pl.Series, clock: Clock) -> pl.Series:
    """Which rows are wanted; a row without a moment is not."""
    keep = moments.is_not_null()
    if clock.since:
        keep &= (moments >= clock.since).fill_null(value=False)
    if clock.until:
        keep &= (moments < clock.until).fill_null(value=False)
    return keep


def moments_of(cells: pl.Series, rows: pl.Series, clock: Clock, manner: set[str]) -> tuple[pl.Series, list[Bad]]:
    """Each row's moment in UTC, or null; and the rows for which no moment can be told."""
    expected = times.expected(clock.pattern)
    match cells.dtype:
        case pl.Datetime(time_zone=str()):
            exact, local = cells.dt.convert_time_zone("UTC").cast(UTC_TIME), _none(cells, LOCAL_TIME)
        case pl.Datetime() | pl.Date():
            exact, local = _none(cells, UTC_TIME), cells.cast(LOCAL_TIME)
        case kind if clock.pattern in times.EPOCH and (kind == pl.String or kind.is_numeric()):
            exact, local = _since_1970(cells, times.EPOCH[clock.pattern]), _none(cells, LOCAL_TIME)
        case kind if kind == pl.String or (kind.is_numeric() and clock.pattern != times.AUTO):
            exact, local = _parsed(texts_of(cells, rows)[0], clock.pattern)
        case _:
            mend = 'Write times, or give columns.time_format a pattern such as "%Y", or epoch_s, epoch_ms or epoch_us.'
            return _none(cells, UTC_TIME), [unfit(cells, expected, mend)]
    local = local.set(~local.is_between(FIRST, LAST), None)
    exact = exact.set(~exact.dt.replace_time_zone(None).is_between(FIRST, LAST), None)
    moments = exact.zip_with(exact.is_not_null(), _utc(local, clock.zone, "null"))
    unread = exact.is_null() & local.is_null()
    mend = "Give each row a time in this form, or change columns.time_format."
    bad = bad_cells(cells, rows, unread, expected=expected, mend=mend, shape=shapes.of_time)
    bad += _mixed(cells, rows, exact.is_not_null(), local.is_not_null(), manner)
    bad += _far(cells, rows, moments, clock)
    return moments, bad + _doubtful(local, rows, moments.is_null() & ~unread, clock)


def _since_1970(cells: pl.Series, unit: int) -> pl.Series:
    """Counts of seconds (or `unit` parts of one) since 1970 as moments; null where there is no such moment."""
    numbers = cells.cast(pl.Float64, strict=False) * (1_000_000 / unit)
    numbers = numbers.set(~numbers.is_finite() | (numbers.abs() > EXACT), None)
    return numbers.round().cast(pl.Int64).cast(UTC_TIME)


def _mixed(cells: pl.Series, rows: pl.Series, offset: pl.Series, local: pl.Series, manner: set[str]) -> list[Bad]:
    """Rule 4: times with an offset among times without, and the other way round; the first manner met counts."""
    for name, those in (("offset", offset), ("local", local)):
        if those.any() and not manner:
            both = offset.any() and local.any()
            manner.add("local" if both and local.arg_max() < offset.arg_max() else name)  # type: ignore[operator]
    expected = "times that all have an offset, or none of them"
    mend = "Write every time of a file with its offset, or every one without."
    if "offset" in manner and local.any():
        return bad_cells(cells, rows, local, expected=expected, mend=mend, what="a time without an offset among others")
    if "local" in manner and offset.any():
        return bad_cells(cells, rows, offset, expected=expected, mend=mend, what="a time with an offset among others")
    return []


def _far(cells: pl.Series, rows: pl.Series, moments: pl.Series, clock: Clock) -> list[Bad]:
    """Rule 4: times that cannot have been reached."""
    if clock.latest is None:
        return []
    far = (moments > clock.latest).fill_null(value=False)
    expected, mend = "a time that can have come", "Correct the clock, or the time's unit or format."
    return bad_cells(cells, rows, far, expected=expected, mend=mend, what="a time more than a year ahead")


def _none(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    """As many nulls as there are cells."""
    return pl.Series(cells.name, [None], dtype=dtype).new_from_index(0, len(cells))


def _utc(local: pl.Series, zone: str, twice: Any) -> pl.Series:
    """Local times in UTC; null where a clock change skips them, and as `twice` says where they come twice."""
    there = local.dt.replace_time_zone(zone, ambiguous=twice, non_existent="null")
    return there.dt.convert_time_zone("UTC")


def _doubtful(local: pl.Series, rows: pl.Series, doubt: pl.Series, clock: Clock) -> list[Bad]:
    """Local times skipped or repeated by a clock change that may lie in the period."""
    if not doubt.any():
        return []
    some, where = local.filter(doubt), rows.filter(doubt)
    low, high = _utc(some, clock.zone, "earliest"), _utc(some, clock.zone, "latest")
    skipped = low.is_null()
    low = low.zip_with(~skipped, _utc(some.dt.offset_by("-1h"), clock.zone, "earliest"))
    high = high.zip_with(~skipped, _utc(some.dt.offset_by("1h"), clock.zone, "latest"))
    outside = pl.Series([False]).new_from_index(0, len(some))
    if clock.since:
        outside |= high < clock.since
    if clock.until:
        outside |= low >= clock.until
    expected = f"a time that {clock.zone} has once"
    mend = "Write times with their offset, or in UTC."
    told = [("a local time that a clock change skips", skipped), ("a local time that comes twice", ~skipped)]
    return [
        bad
        for what, those in told
        for bad in bad_cells(some, where, those & ~outside, expected=expected, mend=mend, what=what)
    ]


def _parsed(texts: pl.Series, pattern: str) -> tuple[pl.Series, pl.Series]:
    """Moments with an offset (in UTC) and local times, each null where the other has it or neither does."""
    exact, local = _none(texts, UTC_TIME), _none(texts, LOCAL_TIME)
    left = pl.DataFrame({"at": pl.Series(range(len(texts)), dtype=pl.UInt32), "text": texts.str.strip_chars()})
    left = left.drop_nulls()
    formats = times.ISO if pattern == times.AUTO else (pattern,) * times.is_plain(pattern)
    for form in sorted(formats, key=lambda form: _chrono(left["text"].head(1), form).is_null().any()):
        if not left.height:
            break
        got = _chrono(left["text"], form)
        (exact if got.dtype == UTC_TIME else local).scatter(left["at"].filter(got.is_not_null()), got.drop_nulls())
        left = left.filter(got.is_null())
    if pattern != times.AUTO:
        for text, at in left.group_by("text").agg("at").iter_rows():
            moment = times.strptime(text, pattern)
            if moment is not None:
                (exact if moment.tzinfo else local).scatter(at, moment)
    return exact, local


def _chrono(texts: pl.Series, form: str) -> pl.Series:
    """Texts parsed in one form, null where they have another."""
    parsed = texts.str.to_datetime(form, strict=False, time_unit="us", ambiguous="null")
    return parsed.cast(UTC_TIME if form.endswith("z") else LOCAL_TIME)
