"""Spark: a catalog table or the rows of one SELECT, through a session in this process. The only module that imports it.

Rules
1. spark://host:7077/catalog.schema.table and spark://local[2]/table name the master; spark:///table leaves it to
   spark-defaults.conf. With a query the table may be left out; it may use %(start)s and %(end)s as one of Postgres.
2. What has no plain form in parquet travels as text, exactly as Spark writes it.
3. Nothing that Spark says is passed on or logged: its texts may hold a row's value. Only the error's class is told.
4. The rows become a local parquet file, whose digest stands for what was read. They pass through the driver's memory:
   a window that is too large for it is judged where it lies (governance/adapters/engine.py).

Java 17 and the extra `spark` are needed.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from governance.adapters import arrow
from governance.adapters.faults import broken
from governance.adapters.layout import Kind
from governance.adapters.stores import Address, Item, with_bounds
from governance.errors import SourceUnavailable, UnreadableInput

KINDS = {
    "boolean": "boolean",
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), "integer"),
    **dict.fromkeys(("float", "double"), Kind.NUMBER),
    "date": "date",
    "timestamp": Kind.TIME,
    "timestamp_ntz": "local time",
}
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
}


class SparkStore:
    """One table or query. `bounds` are since and until in UTC; an open end is the year 1 or 9999."""

    def __init__(self, address: Address, query: str, bounds: tuple[datetime | None, datetime | None]) -> None:
        self._address = address
        self._master, _, table = address.real.removeprefix("spark://").partition("/")
        whole = f"SELECT * FROM {_table(table)}" if table else ""  # noqa: S608 - a quoted name
        self.selected = with_bounds(query.strip() or whole, bounds, "TIMESTAMP")

    def items(self) -> list[Item]:
        """See `Store.items`: the table or query itself."""
        if not self.selected:
            mend = "Write spark:///catalog.schema.table, or give a SELECT as query beside the address."
            raise UnreadableInput(broken(self._address.shown, "a table or a query", "neither", mend))
        return [Item(self._address.shown, "")]

    def fetch(self, item: Item, into: Path) -> Path:
        """See `Store.fetch`: the rows as a parquet file."""
        with _told(item.name):
            frame = session(self._master).sql(self.selected)
            kinds = {name: KINDS.get(kind.partition("(")[0], Kind.TEXT) for name, kind in frame.dtypes}
            if len(kinds) < len(frame.dtypes):
                mend = "Name the columns of the query with AS."
                raise UnreadableInput(broken(item.name, "a different name for each column", "a name given twice", mend))
            rows = frame.selectExpr(*(_plain(name, kind) for name, kind in kinds.items())).toArrow()
        sink = arrow.Sink(into, kinds)
        for batch in rows.to_batches():
            sink.write(batch)
        sink.close()
        return into

    def stamp(self, item: Item) -> str:  # noqa: ARG002 - the port has it
        """See `Store.stamp`: none; nothing cheaper than its rows proves that a query would give the same again."""
        return ""

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of another SELECT: `selected` is the source's own, with its bounds, to be put in it."""
        with _told(self._address.shown):
            return [tuple(row) for row in session(self._master).sql(text).collect()]


def session(master: str) -> Any:
    """The session of this process, started where there is none; it ends with the process."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and half a second to import

    logging.getLogger("SQLQueryContextLogger").disabled = True  # it would print the cells that a query fails on
    builder = SparkSession.builder.appName("aims")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    if master:
        builder = builder.master(master if re.match(r"local\b|yarn$", master) else f"spark://{master}")
    started = builder.getOrCreate()
    started.sparkContext.setLogLevel("OFF")
    return started


def _table(name: str) -> str:
    """A table's dotted name as SQL."""
    return ".".join(_quoted(part) for part in name.split("."))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _plain(name: str, kind: str) -> str:
    """One column as its kind."""
    target = {Kind.TEXT: "string", Kind.NUMBER: "double", "integer": "bigint"}.get(kind)
    return f"cast({_quoted(name)} as {target}) as {_quoted(name)}" if target else _quoted(name)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn Spark's errors into ours: rule 3."""
    try:
        from pyspark.errors import PySparkException, PySparkRuntimeError  # noqa: PLC0415
    except ImportError:
        mend = "Install the extra: pip install aims[spark]; it needs Java 17."
        raise UnreadableInput(broken(name, "PySpark", "no such package", mend)) from None
    try:
        yield
    except UnreadableInput:
        raise
    except PySparkRuntimeError as error:  # no Java, a gateway that ended
        mend = "Check that Java 17 runs on the worker and the master can be reached; the run tries again."
        raise SourceUnavailable(broken(name, "a Spark session", _code(error), mend)) from None
    except PySparkException as error:
        mend = "Run the query by hand in Spark. Bounds are written :start and :end."
        raise UnreadableInput(broken(name, "rows of a SELECT", f"error {_code(error)}", mend)) from None
    except Exception as error:  # noqa: BLE001 - Py4J raises what Java raised, of any class
        mend = "Check that the master runs and can be reached; the run tries again."
        raise SourceUnavailable(broken(name, "an answer of Spark", type(error).__name__, mend)) from None


def _code(error: Any) -> str:
    """The name of Spark's error class."""
    return str(error.getCondition() or type(error).__name__)
