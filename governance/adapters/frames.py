"""The one door to polars here: batches decoded to the layout's types, rows chosen by time, labels joined by id.

How cells are read
1. An empty cell is null in every source, and so is NaN where text is wanted. No other spelling is: `NA`, `null`, `-`
   in a number column are faults. `NaN` and `inf` are numbers (IEEE 754), as parquet has them; the contract counts them.
2. Text is kept as written. Integers become "1", whole floats "1", other floats their shortest form, booleans
   "true" and "false".
3. Numbers are float64. A whole number past 2**53, which a float64 need not hold exactly, is a fault. Blanks around a
   number or time do not matter.
4. Within one file times have an offset or have none: a mixture would be read row by row by guess, so it is a fault.
   So is a time more than a year after the moment of reading (`Clock.latest`).
5. A row without a readable time belongs to no window, so it is a fault of each window that its file is read for. All
   other cells are judged only in rows of the window.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from governance.adapters import shapes, times
from governance.adapters.arrow import Unparsable
from governance.adapters.faults import MOST
from governance.adapters.layout import Kind, Layout
from governance.window import LabelCounts

Frame = pl.DataFrame
UTC_TIME = pl.Datetime("us", "UTC")
LOCAL_TIME = pl.Datetime("us")
EXACT = 2**53
KNOWN = "\0known"  # no column of a file is named so
_WHOLE = r"^\s*[-+]?[0-9]+\s*$"
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - a local time; a day's room for any zone


@dataclass(frozen=True)
class Bad:
    """One cell (or, without a row, one column) that could not be read, told without its value."""

    row: int | None
    column: str
    expected: str
    found: str
    mend: str


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
        moments, bad = _moments(raw[clock.column], rows, clock, manner)
        keep = _within(moments, clock)
        done[clock.column], raw, rows = moments.filter(keep), raw.filter(keep), rows.filter(keep)
    for column, kind in layout.items():
        if column not in done:
            done[column], worse = (_numbers if kind is Kind.NUMBER else _texts)(raw[column], rows)
            bad += worse
    return Decoded(pl.DataFrame({column: done[column] for column in layout}), rows, bad)


def _within(moments: pl.Series, clock: Clock) -> pl.Series:
    """Which rows are wanted; a row without a moment is not."""
    keep = moments.is_not_null()
    if clock.since:
        keep &= (moments >= clock.since).fill_null(value=False)
    if clock.until:
        keep &= (moments < clock.until).fill_null(value=False)
    return keep


def _texts(cells: pl.Series, _rows: pl.Series) -> tuple[pl.Series, list[Bad]]:
    """Rules 1 and 2."""
    if cells.dtype.is_float():
        whole = cells.is_finite() & (cells == cells.floor()) & (cells.abs() < 2**53)
        short = cells.cast(pl.Int64, strict=False).cast(pl.String)
        return short.zip_with(whole.fill_null(value=False), cells.fill_nan(None).cast(pl.String)), []
    texts = cells.cast(pl.String)
    return texts.set(texts == "", None), []


def _numbers(cells: pl.Series, rows: pl.Series) -> tuple[pl.Series, list[Bad]]:
    """Rules 1 and 3."""
    expected = "a number"
    if cells.dtype == pl.String:
        numbers = cells.cast(pl.Float64, strict=False)
        wrong = numbers.is_null() & (cells != "").fill_null(value=False)
        if wrong.any():
            numbers = numbers.zip_with(~wrong, cells.str.strip_chars().cast(pl.Float64, strict=False))
            wrong &= numbers.is_null()
        bad = _cells(cells, rows, wrong, expected=expected, mend=shapes.POINT, shape=shapes.of_number)
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
    return nothing, [_column(cells, expected, "Write numbers, or name the column as categorical in the registry.")]


def _too_large(cells: pl.Series, rows: pl.Series, large: pl.Series) -> list[Bad]:
    """Whole numbers that a float64 need not hold exactly."""
    mend = "Write it in a larger unit, or name the column as categorical if it is a code."
    return _cells(cells, rows, large, expected="a number", mend=mend, what="a whole number beyond 2**53")


def _column(cells: pl.Series, expected: str, mend: str) -> Bad:
    """A whole column of an unfit type."""
    return Bad(None, cells.name, expected, f"a column of type {cells.dtype.base_type().__name__.lower()}", mend)


def _cells(
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


def _moments(cells: pl.Series, rows: pl.Series, clock: Clock, manner: set[str]) -> tuple[pl.Series, list[Bad]]:
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
            exact, local = _parsed(_texts(cells, rows)[0], clock.pattern)
        case _:
            mend = 'Write times, or give columns.time_format a pattern such as "%Y", or epoch_s, epoch_ms or epoch_us.'
            return _none(cells, UTC_TIME), [_column(cells, expected, mend)]
    local = local.set(~local.is_between(FIRST, LAST), None)
    exact = exact.set(~exact.dt.replace_time_zone(None).is_between(FIRST, LAST), None)
    moments = exact.zip_with(exact.is_not_null(), _utc(local, clock.zone, "null"))
    unread = exact.is_null() & local.is_null()
    mend = "Give each row a time in this form, or change columns.time_format."
    bad = _cells(cells, rows, unread, expected=expected, mend=mend, shape=shapes.of_time)
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
        return _cells(cells, rows, local, expected=expected, mend=mend, what="a time without an offset among others")
    if "local" in manner and offset.any():
        return _cells(cells, rows, offset, expected=expected, mend=mend, what="a time with an offset among others")
    return []


def _far(cells: pl.Series, rows: pl.Series, moments: pl.Series, clock: Clock) -> list[Bad]:
    """Rule 4: times that cannot have been reached."""
    if clock.latest is None:
        return []
    far = (moments > clock.latest).fill_null(value=False)
    expected, mend = "a time that can have come", "Correct the clock, or the time's unit or format."
    return _cells(cells, rows, far, expected=expected, mend=mend, what="a time more than a year ahead")


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
        for bad in _cells(some, where, those & ~outside, expected=expected, mend=mend, what=what)
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


class Truth:
    """Labels that stand apart, by id: at most one label an id, the latest where they have times."""

    def __init__(self, parts: Iterable[pl.DataFrame], layout: Layout) -> None:
        """Settle all labels read; `layout` names the columns of the id, the label and, if they have one, their time."""
        self.id, self.label, *timed = layout
        every = pl.concat([pl.DataFrame(schema=_schema(layout)), *parts]).drop_nulls(self.label)
        every = every.select(self.id, self.label, pl.col(timed[0] if timed else self.id).alias(KNOWN))
        last = every if not timed else every.filter(pl.col(KNOWN) == pl.col(KNOWN).max().over(self.id))
        told = last.group_by(self.id).agg(pl.col(self.label).n_unique().alias("told"), pl.col(self.label).first())
        one = pl.when(pl.col("told") == 1).then(self.label)
        self.contradictions = int((told["told"] > 1).sum())
        labels = every.group_by(self.id).agg(pl.col(self.label).n_unique().alias("ever"), pl.col(KNOWN).min())
        self.corrections = int((labels["ever"] > 1).sum()) - self.contradictions if timed else 0
        self.impossible = 0
        self._timed = bool(timed)
        self._table = told.select(self.id, one.alias(self.label)).join(labels.select(self.id, KNOWN), on=self.id)
        self._seen: list[pl.Series] = []

    def join(self, rows: pl.DataFrame, time: str = "") -> pl.DataFrame:
        """Rows with their labels, null where there is none; the rows keep their order and number.

        With the name of their `time` column, labels that were known before it are counted as impossible.
        """
        joined = rows.join(self._table, on=self.id, how="left", maintain_order="left")
        if time and self._timed:
            self.impossible += int((joined[KNOWN] < joined[time]).sum())
        return joined.drop(KNOWN)

    def saw(self, ids: pl.Series) -> None:
        """Remember (as hashes) the ids of prediction rows, in the window or not."""
        self._seen.append(ids.hash(seed=0))

    def counts(self, *, orphans: bool) -> LabelCounts:
        """Labels of ids seen in no prediction row (if these are to be counted), and ids with more than one label."""
        found = {
            "contradictions": self.contradictions,
            "corrections": self.corrections,
            "impossible": self.impossible,
        }
        if not orphans:
            return LabelCounts(**found)
        seen = pl.concat(self._seen) if self._seen else pl.Series([], dtype=pl.UInt64)
        known = self._table[self.id].hash(seed=0).is_in(seen.unique().implode())
        return LabelCounts(orphans=int((~known).sum()), **found)


def _schema(layout: Layout) -> dict[str, pl.DataType]:
    """The polars types of a layout."""
    kinds = {Kind.TEXT: pl.String(), Kind.NUMBER: pl.Float64(), Kind.TIME: UTC_TIME}
    return {column: kinds[kind] for column, kind in layout.items()}


def texts(batch: Any, column: str) -> pl.Series:
    """One column of a batch as text."""
    cells = pl.DataFrame(batch)[column]
    return _texts(cells, cells)[0]


def arranged(rows: Frame, layout: Layout) -> Frame:
    """Rows in the layout's columns and order; those they lack are null."""
    schema = _schema(layout)
    return rows.select(
        pl.col(column) if column in rows.columns else pl.lit(None, dtype=schema[column]).alias(column)
        for column in layout
    )
