"""Parquet files: the wanted columns, row groups as they come. Line numbers are row numbers, from 1."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from governance.adapters import arrow
from governance.adapters.faults import broken, missing_columns
from governance.errors import Fault, UnreadableInput

AGAIN = "Copy or write the file again."


class ParquetRows:
    """The rows of one parquet file, as batches.

    Raises (on opening and on reading):
        UnreadableInput: the file is truncated or damaged; a needed column is missing, there twice or of an unfit type.
    """

    header_line: int | None = None

    def __init__(self, path: Path, name: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        self.path, self.name, self.rows = path, name, 0
        try:
            there = arrow.parquet_names(path)
        except arrow.Unparsable as error:
            raise UnreadableInput(self._fault(error)) from None
        self.columns = [*needed, *(column for column in optional if column in there and column not in needed)]
        twice = [column for column in self.columns if there.count(column) > 1]
        faults = [broken(name, "this column once", "it twice", AGAIN, column=column) for column in twice]
        if faults := faults + missing_columns(name, needed, there):
            raise UnreadableInput(*faults)

    def batches(self) -> Iterator[Any]:
        """Batches of the wanted columns, in file order."""
        try:
            for batch in arrow.parquet_batches(self.path, self.columns):
                yield batch
                self.rows += batch.num_rows
        except arrow.Unparsable as error:
            raise UnreadableInput(self._fault(error)) from None

    @property
    def first_line(self) -> int | None:
        """Rows are counted from 1."""
        return 1

    def lines(self, rows: set[int]) -> dict[int, int]:
        """The row number, from 1, of each of some rows (from 0)."""
        return {row: row + 1 for row in rows}

    def _fault(self, error: arrow.Unparsable) -> Fault:
        """What Arrow could not read, as a fault."""
        expected = "plain text, numbers or times" if error.column else "a whole parquet file"
        line = None if error.row is None else error.row + 1
        return broken(self.name, expected, error.why, AGAIN, line=line, column=error.column)
