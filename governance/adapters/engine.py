"""Counts of a window's rows where they lie: Postgres, Spark, or DuckDB over parquet. The only module that imports ibis.

Rules
1. Every question is a SELECT of counts and sums, written by Ibis in the engine's own SQL and read only; its text is
   kept in `asked`, with the source's query within it, and :cut_1, :cut_2, ... for cuts, which are values of rows.
2. A row's values are asked for only by `ordered`: one column's values with their counts, in rising order.
3. Columns are declared as of another type than wanted, so that Ibis casts each: what the engine holds is not known.
4. Numbers are written as texts that are cast: engines read 0.1 as a decimal, not as the double that was meant.
5. Not finite is x - x <> 0: DuckDB folds isnan on parquet, and Postgres holds NaN equal to itself.

The extra `engines` is needed (ibis-framework, sqlglot below 30: Ibis 12 writes broken DDL with later ones, though none
is used here).
"""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from governance.adapters.faults import broken
from governance.adapters.places import open_store
from governance.adapters.stores import Address, address
from governance.errors import UnreadableInput
from governance.registry.system import Source

TYPE_OF = {"duckdb": "typeof({})", "postgres": "pg_typeof({})::text", "pyspark": "typeof({})"}
MOMENT = {"duckdb": "timestamp with time zone", "postgres": "timestamp with time zone", "pyspark": "timestamp"}
TEXTS = r"(var)?char.*|bpchar|text|string|character.*|enum.*|bool(ean)?|u?(tiny|small|big|huge)?int(eger)?"
ROWS = "the_rows_of_the_source"
Bounds = tuple[datetime, datetime]
Run = Callable[[str], list[tuple[Any, ...]]]
Group = tuple[int, int, int, float, float, float, float]


class Plan(Protocol):
    """How a grid cuts the axis (checks/grid.py)."""

    @property
    def low(self) -> float:
        """Where the even cells begin."""

    @property
    def high(self) -> float:
        """Where they end."""

    @property
    def cuts(self) -> tuple[float, ...]:
        """Numbers of which every row's rank is wanted, rising."""

    @property
    def cells(self) -> int:
        """Even cells from low to high."""

    @property
    def scale(self) -> float:
        """Cells for each unit."""


class Engine:
    """The rows of one window of a source; `time` is a column of moments.

    Raises:
        UnreadableInput: the extra is missing; the source is none that can be asked; a query fails (by every method).
        SourceUnavailable: the engine does not answer.
    """

    def __init__(self, source: Source, time: str, bounds: Bounds, home: Path) -> None:
        where = address(source.address)
        self._ibis = _ibis(where.shown)
        self._dialect, self._rows, self._shown, self._run = _opened(self._ibis, source, where, bounds, home)
        self._time, self._bounds, self._name = time, bounds, where.shown
        self.asked: dict[str, str] = {}
        mend = "Give it as a timestamp with time zone, in the query if need be; or pull the rows."
        self._see_kind(time, MOMENT[self._dialect], "moments: a local time is none", mend)

    def grid(self, column: str, plan: Plan) -> list[Group]:
        """Rows, sums, sums of squares of x - low, least and greatest, by cell and rank (checks/grid.py)."""
        number = self._number
        rows, origin = self._finite(column), number(plan.low)
        inside = self._ibis.least(((rows.v - origin) * number(plan.scale)).floor(), number(plan.cells - 1)).cast(
            "int64"
        )
        cell = self._ibis.cases((rows.v < origin, -1), (rows.v >= number(plan.high), plan.cells), else_=inside)
        rank = sum((self._ibis.ifelse(rows.v > number(cut), 1, 0) for cut in plan.cuts), self._ibis.literal(0))
        found = (
            rows.mutate(cell=cell, rank=rank, d=rows.v - origin)
            .group_by("cell", "rank")
            .agg(
                n=lambda one: one.count(),
                sums=lambda one: one.d.sum(),
                squares=lambda one: (one.d * one.d).sum(),
                least=lambda one: one.v.min(),
                greatest=lambda one: one.v.max(),
            )
        )
        told = self._answer(f"{column}.grid", found, plan.cuts)
        return sorted((int(a), int(b), int(n), float(c), float(d), float(e), float(f)) for a, b, n, c, d, e, f in told)

    def counts(self, column: str) -> dict[str, int]:
        """How often each text of a column occurs; nulls and empty texts are left out, as when rows are pulled."""
        mend = "Cast it to text or a whole number in the query: engines do not write 1.0 alike."
        self._see_kind(column, TEXTS, "texts, whole numbers or booleans", mend)
        rows = self._window({column: "int64"})
        texts = rows.select(v=rows[column].cast("string")).filter(lambda one: one.v != "")
        found = texts.group_by("v").agg(n=lambda one: one.count())
        return dict(sorted((str(value), int(n)) for value, n in self._answer(f"{column}.counts", found)))

    def ordered(self, column: str) -> list[tuple[float, int]]:
        """The finite values of a numeric column with their counts, rising."""
        found = self._finite(column).group_by("v").agg(n=lambda one: one.count()).order_by("v")
        return [(float(value), int(n)) for value, n in self._answer(f"{column}.ordered", found)]

    def _see_kind(self, column: str, allowed: str, expected: str, mend: str) -> None:
        """Refuse a column whose type, by the engine's own word for it, is none that is allowed (a pattern)."""
        mark = "`" if self._dialect == "pyspark" else '"'
        type_of = TYPE_OF[self._dialect].format(mark + column.replace(mark, mark * 2) + mark)
        for (told,) in self._run(f"SELECT {type_of} FROM (\n{self._rows}\n) AS source LIMIT 1"):  # noqa: S608
            kind = str(told).lower()
            if not re.fullmatch(allowed, kind):
                found = f"a column of {kind.split('(')[0]}"
                raise UnreadableInput(broken(self._name, expected, found, mend, column=column))

    def _finite(self, column: str) -> Any:
        """A column `v` of finite doubles."""
        rows = self._window({column: "string"})
        return rows.select(v=rows[column].cast("float64")).filter(lambda one: (one.v - one.v) == self._number(0.0))

    def _window(self, types: dict[str, str]) -> Any:
        """The rows of the window; rule 3."""
        rows = self._ibis.table({self._time: "string", **types}, name=ROWS)
        moment = rows[self._time].cast("timestamp('UTC')")
        since, until = (self._ibis.literal(edge.isoformat()).cast("timestamp('UTC')") for edge in self._bounds)
        return rows.filter(moment >= since, moment < until)

    def _number(self, value: float) -> Any:
        """Rule 4."""
        return self._ibis.literal(repr(float(value))).cast("float64")

    def _answer(self, name: str, question: Any, hidden: tuple[float, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows that answer a question; its text is kept, without the numbers that are `hidden`."""
        text = str(self._ibis.to_sql(question, dialect=self._dialect))
        shown = text
        for place, number in enumerate(hidden, 1):
            shown = shown.replace(f"'{number!r}'", f":cut_{place}")
        self.asked[name] = _within(shown, self._shown) + "\n"
        return self._run(_within(text, self._rows))


def _within(text: str, rows: str) -> str:
    """A question with the source's query in it."""
    for mark in '"`':
        text = text.replace(f"{mark}{ROWS}{mark}", f"(\n{rows}\n)")
    return text


def _ibis(name: str) -> Any:
    """Ibis, an extra."""
    try:
        import ibis  # noqa: PLC0415 - an extra, and a second to import
    except ImportError:
        raise UnreadableInput(broken(name, "Ibis", "no such package", "pip install aims[engines]")) from None
    return ibis


def _opened(ibis: Any, source: Source, where: Address, bounds: Bounds, home: Path) -> tuple[str, str, str, Run]:
    """The dialect, the source's own query to run and to show, and what runs a text."""
    scheme = where.real.partition("://")[0]
    store: Any = open_store(source, home, bounds)
    items = store.items()
    if scheme in ("postgresql", "postgres"):
        return "postgres", store.selected, store.selected, store.rows
    if scheme == "spark":
        _ = ibis.pyspark  # its settings are read when SQL is written
        return "pyspark", store.selected, store.selected, store.rows
    if scheme == "s3" or not all(item.place.lower().endswith((".parquet", ".pq")) for item in items):
        mend = "Give a Postgres or Spark source, or parquet files on this machine; other files are pulled."
        raise UnreadableInput(broken(where.shown, "an engine, or parquet files", "another kind of source", mend))
    real, shown = (
        ", ".join(map(_text, paths)) for paths in zip(*((one.place, one.name) for one in items), strict=True)
    )
    query = "SELECT * FROM read_parquet([{}])"
    return "duckdb", query.format(real), query.format(shown), _duckdb(ibis, where.shown)


def _duckdb(ibis: Any, name: str) -> Run:
    """A DuckDB of this process, that reaches no network."""
    engine = ibis.duckdb.connect(
        threads=2, memory_limit="2GB", autoinstall_known_extensions=False, autoload_known_extensions=False
    )
    engine.raw_sql("set timezone = 'UTC'")

    def run(text: str) -> list[tuple[Any, ...]]:
        try:
            found: list[tuple[Any, ...]] = engine.raw_sql(text).fetchall()
        except Exception as error:  # noqa: BLE001 - DuckDB's own errors; their text may hold a value
            raise UnreadableInput(broken(name, "rows of a SELECT", type(error).__name__, "Run it by hand.")) from None
        return found

    return run


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
