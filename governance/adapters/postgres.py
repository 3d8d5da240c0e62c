"""PostgreSQL: the rows of one SELECT, through a server-side cursor in a read-only transaction.

Rules
1. The query may use %(start)s and %(end)s, the bounds in UTC. If it does, a literal percent sign is written %%.
2. Numeric and all types that parquet has no plain form of travel as text, exactly as Postgres writes them.
3. Nothing that psycopg says is passed on: its texts may hold the address, the password or a row's value. Only the
   SQLSTATE and the name of the error are told.
4. The rows become a local parquet file, whose digest stands for what was read.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from governance.adapters import arrow
from governance.adapters.faults import broken
from governance.adapters.layout import Kind
from governance.adapters.stores import EARLIEST, LATEST, Address, Item, with_bounds
from governance.errors import SourceUnavailable, UnreadableInput

BATCH = 10_000
KINDS = {
    "bool": "boolean",
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "float4": Kind.NUMBER,
    "float8": Kind.NUMBER,
    "date": "date",
    "timestamp": "local time",
    "timestamptz": Kind.TIME,
}
# A FATAL that passes by itself; libpq gives no SQLSTATE for a connection that was refused, so the text must do.
PASSING = ("starting up", "shutting down", "recovery mode", "too many", "remaining connection slots")


class PostgresStore:
    """One query. `bounds` are since and until in UTC; an open end is the year 1 or 9999."""

    def __init__(self, address: Address, query: str, bounds: tuple[datetime | None, datetime | None]) -> None:
        self._address, self._query = address, query
        self.selected = with_bounds(query, bounds, "TIMESTAMPTZ")
        self._bounds = {"start": bounds[0] or EARLIEST, "end": bounds[1] or LATEST}

    def items(self) -> list[Item]:
        """See `Store.items`: the query itself."""
        if not self._query.strip():
            mend = "Give a SELECT as query beside the address in the registry."
            raise UnreadableInput(broken(self._address.shown, "a query", "none", mend))
        return [Item(self._address.shown, "")]

    def fetch(self, item: Item, into: Path) -> Path:
        """See `Store.fetch`: the query's rows as a parquet file."""
        with self._told(item.name), self._connected() as connection, connection.cursor(name="aims") as cursor:
            cursor.itersize = BATCH
            cursor.execute(self._query, self._bounds if "%(" in self._query else None)
            self._save(cursor, item.name, into)
        return into

    def stamp(self, item: Item) -> str:  # noqa: ARG002 - the port has it
        """See `Store.stamp`: none; nothing cheaper than its rows proves that a query would give the same again."""
        return ""

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of another SELECT: `selected` is the source's own, with its bounds, to be put in it."""
        with self._told(self._address.shown), self._connected() as connection:
            found: list[tuple[Any, ...]] = connection.execute(text).fetchall()
        return found

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """A read-only transaction in UTC."""
        with psycopg.connect(self._address.real, connect_timeout=10, tcp_user_timeout=60_000) as connection:
            connection.read_only = True
            connection.execute("SET LOCAL TIME ZONE 'UTC'")
            yield connection

    def _save(self, cursor: Any, name: str, into: Path) -> None:
        """Write what a cursor gives."""
        kinds = {}
        for column in cursor.description:
            kinds[column.name] = KINDS.get(column.type_display.partition("(")[0], Kind.TEXT)
            if kinds[column.name] is Kind.TEXT:
                cursor.adapters.register_loader(column.type_code, TextLoader)
        if len(kinds) < len(cursor.description):
            mend = "Name the columns of the query with AS."
            raise UnreadableInput(broken(name, "a different name for each column", "a name given twice", mend))
        sink = arrow.Sink(into, kinds)
        while rows := cursor.fetchmany(BATCH):
            sink.write_rows(rows)
        sink.close()

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Turn psycopg's errors into ours: rule 3."""
        try:
            yield
        except psycopg.OperationalError as error:
            if error.sqlstate is None and _refuses(str(error)):
                mend = "Check the address, the database's name, the user and the password in the environment."
                told = broken(name, "a connection", "one that the server or its address refuses", mend)
                raise UnreadableInput(told) from None
            found = f"no answer ({_code(error)})"
            mend = "Check that the server runs and can be reached; the run tries again."
            raise SourceUnavailable(broken(name, "an answer of Postgres", found, mend)) from None
        except psycopg.Error as error:
            mend = "Run the query by hand. With %(start)s or %(end)s a literal percent sign is written %%."
            raise UnreadableInput(broken(name, "rows of a SELECT", f"error {_code(error)}", mend)) from None


def _refuses(text: str) -> bool:
    """Whether a connection failed for good: a FATAL that will not pass by itself, or an address that means nothing."""
    if "FATAL" in text:
        return not any(sign in text for sign in PASSING)
    return "invalid" in text or "missing" in text


def _code(error: psycopg.Error) -> str:
    """The SQLSTATE, if there is one, and the error's name."""
    return f"{error.sqlstate} {type(error).__name__}" if error.sqlstate else type(error).__name__
