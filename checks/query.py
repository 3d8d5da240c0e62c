"""One query of SQL about local parquet files, answered by DuckDB. No other module imports it.

Rules
1. One engine a process and number of threads, which reaches no network: opening one costs more than most queries.
2. Sums of floats are asked with one thread, so that the same file gives the same bytes.
3. Beyond MEMORY an engine spills to a folder of its own, which goes with it. It keeps no rows between queries.
"""

import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from numpy.typing import NDArray

MEMORY = "2GB"
VERSION = duckdb.__version__
_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

Rows = list[tuple[Any, ...]]


@cache
def _engine(threads: int, _process: int) -> duckdb.DuckDBPyConnection:
    """The engine of this process: a fork opens its own."""
    spill = Path(tempfile.gettempdir()) / f"aims-spill-{uuid4().hex}"  # DuckDB makes it if it must, and removes it
    bounds = {"threads": threads, "memory_limit": MEMORY, "temp_directory": str(spill)}
    return duckdb.connect(":memory:", config={**bounds, "enable_external_file_cache": "false", **_OFFLINE})


def answer(query: str, parameters: Sequence[Any], threads: int = 2) -> Rows:
    """The rows that answer one query."""
    with _engine(threads, os.getpid()).cursor() as cursor:
        found: Rows = cursor.execute(query, list(parameters)).fetchall()
    return found


def arrays(query: str, parameters: Sequence[Any]) -> dict[str, NDArray[Any]]:
    """The columns that answer one query, without nulls."""
    with _engine(2, os.getpid()).cursor() as cursor:
        return dict(cursor.execute(query, list(parameters)).fetchnumpy())


def quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
