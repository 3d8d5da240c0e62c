"""CSV as RFC 4180 has it: UTF-8 (a byte order mark is accepted), one header row, comma, or semicolon or tab.

Rules
1. The delimiter is the comma, unless only another one finds every needed column in the header.
2. Arrow reads the file fast. Where that fails, or where the lines do not add up, a slower pass with the standard
   library finds the faulty lines; it also names the line of a row whose cell could not be decoded.
3. A line is the physical line on which a row begins, counted from 1, the header included. Empty lines are skipped.
4. Ragged rows, open quotes, NUL bytes, text that is not UTF-8, a needed name given twice or lost are faults.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from governance.adapters import arrow
from governance.adapters.faults import MOST, broken, missing_columns
from governance.errors import Fault, UnreadableInput

DELIMITERS = ",;\t"
CHUNK = 1 << 20
LONGEST = arrow.BLOCK  # characters of a cell that the slower pass reads, as many as Arrow's bytes of a row
STRAY = re.compile(rb'"(?<=[^,;\t"\r\n]")[^,;\t"\r\n]')
RESAVE = "Write the file anew as UTF-8 CSV with one header row."


def expand(path: Path, name: str, into: Path) -> Path:
    """The plain text of a gzip file, written to `into`.

    Raises:
        UnreadableInput: the compressed data end early or fail their checksum; names the line reached.
    """
    line = 1
    try:
        with gzip.open(path) as packed, into.open("wb") as plain:
            while block := packed.read1(CHUNK):
                plain.write(block)
                line += block.count(b"\n")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        cut = isinstance(error, EOFError)
        found, at = ("an end in the middle", line) if cut else ("data that fail their checksum", None)
        raise UnreadableInput(broken(name, "a whole gzip file", found, "Copy the file again.", line=at)) from None
    return into


@dataclass(frozen=True)
class Survey:
    """What one pass over the bytes counts; `stray` says that a quote stands where RFC 4180 has none."""

    nul_line: int | None
    quotes: int
    lines: int
    stray: bool

    def adds_up(self, rows: int) -> bool:
        """Whether so many rows leave no doubt that each quote is closed and each line is one row."""
        return not self.quotes or (not self.stray and self.quotes % 2 == 0 and self.lines == rows + 1)


def survey(path: Path) -> Survey:
    """Count quotes and lines, and find the line of the first NUL byte."""
    nul, quotes, ends, last, stray = None, 0, 0, b"\n", False
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            if nul is None and (at := block.find(b"\0")) >= 0:
                nul = ends + block.count(b"\n", 0, at) + 1
            stray = stray or STRAY.search(last + block) is not None
            quotes, ends, last = quotes + block.count(b'"'), ends + block.count(b"\n"), block[-1:]
    return Survey(nul, quotes, ends + (last != b"\n"), stray)


csv.field_size_limit(LONGEST)


class DelimitedRows:
    """The rows of one CSV file, as batches of text.

    Raises (on opening and on reading):
        UnreadableInput: rules 1 and 4, or a needed column is missing; up to 20 faults with their lines.
    """

    header_line: int | None = 1

    def __init__(self, path: Path, name: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        self.path, self.name = path, name
        self._survey = survey(path)
        if self._survey.nul_line is not None:
            raise UnreadableInput(broken(name, "text", "a NUL byte", RESAVE, line=self._survey.nul_line))
        self._delimiter, header = self._header(needed)
        self.columns = [*needed, *(column for column in optional if column in header and column not in needed)]
        self._width = len(header)
        self.rows = 0

    def batches(self) -> Iterator[Any]:
        """Batches of the wanted columns, in file order."""
        multiline = self._survey.quotes > 0
        try:
            for batch in arrow.csv_batches(self.path, self.columns, self._delimiter, multiline=multiline):
                yield batch
                self.rows += batch.num_rows
        except arrow.Unparsable as error:
            told = broken(self.name, "UTF-8 CSV", error.why, RESAVE)
            raise UnreadableInput(*(self._structure() or [told])) from None
        if not self._survey.adds_up(self.rows) and (faults := self._structure()):
            raise UnreadableInput(*faults)

    @property
    def first_line(self) -> int | None:
        """The line of the first row, once all were read, if each row is one line; else None."""
        return 2 if self._survey.lines == self.rows + 1 else None

    def lines(self, rows: set[int]) -> dict[int, int]:
        """The physical line on which each of some rows (from 0) begins."""
        if not rows:
            return {}
        records = self._records()
        next(records, None)
        numbered = islice(enumerate(records), max(rows) + 1)
        return {row: line for row, (line, _width, _why) in numbered if row in rows}

    def _header(self, needed: tuple[str, ...]) -> tuple[str, list[str]]:
        """Rule 1: the delimiter and the names."""
        headers = {mark: self._first_row(mark) for mark in DELIMITERS}
        found = {mark: len(set(needed) & set(headers[mark] or ())) for mark in DELIMITERS}
        mark = max(DELIMITERS, key=lambda mark: (found[mark], headers[mark] is not None))
        names = headers[mark] or []
        if not found[mark] and None in headers.values():
            raise UnreadableInput(broken(self.name, "a header row", "an open quote", RESAVE, line=1))
        if not names:
            raise UnreadableInput(broken(self.name, "a header row", "no text", "Deliver the file again.", line=1))
        if not _is_utf8(names):
            raise UnreadableInput(broken(self.name, "UTF-8", "other bytes", RESAVE, line=1))
        if not set(names) & set(needed):
            mend = "Begin the file with the names of its columns, as the registry has them."
            raise UnreadableInput(broken(self.name, "a header row", "none of the columns", mend, line=1))
        if faults := [*self._odd_names(names, needed), *missing_columns(self.name, needed, names, line=1)]:
            raise UnreadableInput(*faults)
        return mark, names

    def _odd_names(self, names: list[str], needed: tuple[str, ...]) -> list[Fault]:
        """Needed names given twice, and columns without a name where a needed one is missing."""
        expected = "a different name for each column"
        faults = [
            broken(self.name, expected, "a name given twice", RESAVE, line=1, column=name)
            for name in needed
            if names.count(name) > 1
        ]
        if "" in names and not set(needed) <= set(names):
            place = names.index("") + 1
            faults.append(broken(self.name, expected, f"a column without a name (number {place})", RESAVE, line=1))
        return faults

    def _first_row(self, delimiter: str) -> list[str] | None:
        """The names in the first row that is not empty; None where its quotes do not fit the delimiter."""
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            try:
                return next((row for row in csv.reader(text, delimiter=delimiter, strict=True) if row), [])
            except csv.Error:
                return None

    def _records(self) -> Iterator[tuple[int, int, str]]:
        """Slowly, each row that is not empty: its line, how many cells it has, and why it cannot be read."""
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            line = 1
            while True:
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    yield line, 0, _told(str(error))
                    return
                if row is None:
                    return
                if row:
                    yield line, len(row), "" if _is_utf8(row) else "bytes that are not UTF-8"
                line = reader.line_num + 1

    def _structure(self) -> list[Fault]:
        """Rule 4: the faulty rows, at most 20."""
        faults = (self._judged(*record) for record in self._records())
        return list(islice((fault for fault in faults if fault), MOST))

    def _judged(self, line: int, width: int, why: str) -> Fault | None:
        """The fault of a row, if it has one."""
        if why:
            return broken(self.name, "UTF-8 CSV", why, RESAVE, line=line)
        if width != self._width:
            found = f"{width} cell{'s' if width != 1 else ''}"
            mend = "Quote cells that hold the delimiter or a line end."
            return broken(self.name, f"{self._width} cells as in the header", found, mend, line=line)
        return None


def _is_utf8(row: list[str]) -> bool:
    """Whether a row that was decoded with surrogate escapes was UTF-8."""
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return False
    return True


def _told(error: str) -> str:
    """An error of the csv module in our words; its own text is never passed on."""
    words: list[tuple[Callable[[str], bool], str]] = [
        (lambda text: "unexpected end" in text, "a quote that is never closed"),
        (
            lambda text: "field larger" in text,
            "a cell of more than 8,388,608 characters, or a quote that is never closed",
        ),
        (lambda text: "expected after" in text, "a closing quote with text after it"),
    ]
    return next((ours for fits, ours in words if fits(error)), "a row that cannot be read")
