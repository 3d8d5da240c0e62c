"""One file as the checks of one judgement read it: each question is asked of the rows once, each column sorted once.

Several checks ask the same of a file: its kinds, its groups, a column's sorted values. What was found is kept for the
judgement; what was found of a reference is kept beside it for every later window (checks/columns.py), since it depends
on the reference alone.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from checks import columns
from checks.columns import Ids, SortedReference
from checks.distances import Sorted
from checks.ordered import Ordered
from checks.query import VERSION, Rows, answer, arrays, quoted
from governance.window import Table

HELD = 1 << 26  # numbers; sorted columns beyond lie in a scratch file
SAMPLE = 20_000


class Counted:
    """A window's file."""

    def __init__(self, path: Path, sorts: Sequence[str] = (), names: Sequence[str] = ()) -> None:
        """`sorts`, `names`: columns that will be sorted, or counted by name, in any case, so that others may use it."""
        self.path, self.sorts, self.names = path, frozenset(sorts), frozenset(names)
        self._answers: dict[str, Rows] = {}
        self._ordered: dict[str, Ordered] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._arrays: dict[str, dict[str, NDArray[Any]]] = {}
        self._ids: dict[str, Ids] = {}
        self._held = 0

    def answer(self, query: str, parameters: Sequence[Any] = (), threads: int = 2) -> Rows:
        """The answer to a query whose last parameter is the file."""
        name = json.dumps([query, list(parameters)])
        if name not in self._answers:
            self._answers[name] = self._kept(name, lambda: answer(query, [*parameters, str(self.path)], threads))
        return self._answers[name]

    def _kept(self, name: str, measure: Callable[[], Rows]) -> Rows:
        """What was found of another time, or is measured now."""
        del name
        return measure()

    @property
    def rows(self) -> int:
        """How many rows."""
        ((rows,),) = self.answer("select count(*) from read_parquet(?)")
        return int(rows)

    @property
    def kinds(self) -> dict[str, str]:
        """Each column's kind: `float`, `integer`, `text`, `time`, `truth` or the engine's own word."""
        return {row[0]: _kind(row[1]) for row in self.answer("describe select * from read_parquet(?)")}

    def arrays(self, query: str) -> dict[str, NDArray[Any]]:
        """The columns that answer a query whose only parameter is the file."""
        if query not in self._arrays:
            self._arrays[query] = arrays(query, [str(self.path)])
        return self._arrays[query]

    def ids(self, column: str) -> Ids:
        """What is known of the ids."""
        if column not in self._ids:
            self._ids[column] = columns.ids(self.path, column)
        return self._ids[column]

    def ordered(self, column: str) -> Ordered:
        """A numeric column in rising order, and what is not in it."""
        if column not in self._ordered:
            room = max(0, HELD - self._held)
            found = columns.ordered(self.path, column, SAMPLE, held=room)
            self._held += found.held
            self._ordered[column] = found
        return self._ordered[column]

    def counts(self, column: str) -> dict[str, int]:
        """How often each value of a text column occurs; nulls are left out."""
        if column not in self._counts:
            text = self.kinds.get(column) == "text"
            self._counts[column] = self._texts(column) if text else columns.category_counts(self.path, column)
        return self._counts[column]

    def _texts(self, column: str) -> dict[str, int]:
        """The same of a column of text, where the engine is quicker."""
        name = quoted(column)
        query = f"select {name} as v, count(*) from read_parquet(?) where {name} is not null group by v"  # noqa: S608
        return dict(sorted(answer(query, [str(self.path)])))

    def sample(self, column: str, most: int) -> Sorted:
        """At most so many rows of a column, at even distances (checks/columns.py)."""
        if most == SAMPLE and column in self._ordered:
            return self._ordered[column].sample
        return columns.evenly(self.path, column, most)


class CountedReference(Counted):
    """A reference's file; what is found is kept beside it."""

    def __init__(self, table: Table) -> None:
        """Nothing is read yet."""
        super().__init__(table.path)
        self.table, self.kept = table, SortedReference(table)

    def _kept(self, name: str, measure: Callable[[], Rows]) -> Rows:
        found = self.kept.once(f"duckdb {VERSION}\n{name}", lambda: {"rows": measure()})
        return [tuple(row) for row in found["rows"]]

    def counts(self, column: str) -> dict[str, int]:
        """The same, kept."""
        return self.kept.counts(column)

    def ordered(self, column: str) -> Ordered:
        """The same; the sorted values are kept."""
        if column not in self._ordered:
            self._ordered[column] = self.kept.ordered(column, SAMPLE)
        return self._ordered[column]

    def sample(self, column: str, most: int) -> Sorted:
        """The same, kept."""
        return self.kept.sample(column, most)

    def once_for_all(self, name: str, measure: Callable[[], Sorted]) -> Sorted:
        """Numbers that DuckDB computed, kept."""
        return self.kept.array(f"duckdb {VERSION}\n{name}", measure)


def _kind(type_name: str) -> str:
    if type_name in ("DOUBLE", "FLOAT"):
        return "float"
    if type_name.startswith(_NUMBERS):
        return "integer"
    return next((kind for start, kind in _FAMILIES if type_name.startswith(start)), type_name.lower())


_FAMILIES = (("TIMESTAMP", "time"), ("VARCHAR", "text"), ("BOOLEAN", "truth"), ("DATE", "time"))
_NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "HUGEINT", "DECIMAL")

File = Path | Counted


def counted(file: File) -> Counted:
    """A file as the checks read it; one that is already stays what it is."""
    return file if isinstance(file, Counted) else Counted(file)
