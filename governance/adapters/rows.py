"""Rows out of one local file, whatever its name says: parquet and gzip are known by their first bytes, the rest is CSV.

A parquet file that is named .csv is read as parquet. A file that is named .parquet, or that the registry calls
parquet, and that does not begin as one is refused: its rows would be guessed otherwise.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from governance.adapters.delimited import DelimitedRows, expand
from governance.adapters.faults import broken
from governance.adapters.parquet import ParquetRows
from governance.errors import UnreadableInput

OTHERS = {
    b"PARE": "an encrypted parquet file",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"ARROW1": "an Arrow IPC file",
    b"SQLite": "an SQLite database",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b'{"': "JSON",
    b"[{": "JSON",
    b"<!DOCTY": "HTML",
    b"<html": "HTML",
    b"<?xml": "XML",
    b"\x1f\x8b": "a gzip file within a gzip file",
}


class Rows(Protocol):
    """The rows of one file: batches in file order, and the lines of rows for faults."""

    columns: list[str]
    rows: int
    header_line: int | None
    name: str

    @property
    def first_line(self) -> int | None:
        """The line of the first row, once all were read, if each row is one line; else None."""

    def batches(self) -> Iterator[Any]:
        """Arrow batches of the wanted columns. Raises UnreadableInput with all faults found."""

    def lines(self, rows: set[int]) -> dict[int, int]:
        """The line, from 1, of each of some rows (from 0), as far as it can be told."""


def open_rows(
    path: Path, name: str, form: str, *, needed: tuple[str, ...], optional: tuple[str, ...], spare: Path
) -> Rows:
    """The rows of a file.

    `name` is how to speak of it, `form` what the registry says of it (auto, parquet, csv), `needed` and `optional` the
    columns to read, `spare` a path that may be used for the text of a gzip file.

    Raises:
        UnreadableInput: it is empty, of another format, damaged, or lacks a needed column.
    """
    if path.stat().st_size == 0:
        raise UnreadableInput(broken(name, "rows", "an empty file", "Deliver the file again.", line=1))
    if _head(path).startswith(b"\x1f\x8b"):
        path = expand(path, name, spare)
    head = _head(path)
    is_parquet = head.startswith(b"PAR1")
    if not is_parquet and (form == "parquet" or name.lower().endswith((".parquet", ".pq"))):
        raise UnreadableInput(broken(name, "a parquet file", _format(head), "Copy or write the file again."))
    if is_parquet and form == "csv":
        raise UnreadableInput(broken(name, "CSV", "a parquet file", "Set format: parquet in the registry."))
    if is_parquet:
        return ParquetRows(path, name, needed, optional)
    if (other := _format(head)) != "something else":
        raise UnreadableInput(broken(name, "CSV or parquet", other, "Deliver UTF-8 CSV, gzip CSV or parquet."))
    return DelimitedRows(path, name, needed, optional)


def _head(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(8)


def _format(head: bytes) -> str:
    """What a file is by its first bytes."""
    return next((told for magic, told in OTHERS.items() if head.startswith(magic)), "something else")
