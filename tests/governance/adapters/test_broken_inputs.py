"""Every way an input can be broken gives a fault that names the file and, where there is one, the line."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from governance.registry.system import Source
from tests.row_builders import a_system, home, pull, rows

PLANT = "zq-Planted-73051"
HEADER = "id,time,prediction,score,label,age,income.net,region,branch,sex"
GOOD = "1,2026-10-05T10:00:00Z,1,0.5,1,40,1.5,Wien,2,f"


@dataclass(frozen=True)
class Broken:
    """A file's name and content, and what its first fault must say."""

    content: bytes | Callable[[Path], None]
    found: str
    line: int | None = None
    column: str = ""
    name: str = "rows.csv"
    faults: int = 1


def lines(*text: str) -> bytes:
    """CSV text with the usual header."""
    return "\n".join((HEADER, *text, "")).encode()


def row(**cells: str) -> str:
    """A good row with some cells replaced."""
    named = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | cells
    return ",".join(named.values())


def of(frame: pl.DataFrame) -> Callable[[Path], None]:
    """A parquet file of some rows."""
    return frame.write_parquet


def cut(share: float) -> Callable[[Path], None]:
    """A parquet file that ends too early."""

    def write(path: Path) -> None:
        rows().write_parquet(path)
        os.truncate(path, int(path.stat().st_size * share))

    return write


BEYOND = "a time outside the years 1 to 9999"


def later(unit: Literal["ms", "us"], count: int) -> Callable[[Path], None]:
    """A parquet file whose fifth time lies so many units from 1970."""
    times = pl.Series([count if row == 4 else 0 for row in range(900)]).cast(pl.Datetime(unit, "UTC"))
    return of(rows(time=times))


def nothing(path: Path) -> None:
    """No file at all."""
    assert not path.exists()


def flipped(path: Path) -> None:
    """A parquet file whose pages were overwritten at the start."""
    rows().write_parquet(path)
    whole = bytearray(path.read_bytes())
    whole[4:104] = b"\xff" * 100
    path.write_bytes(whole)


def not_utf8(path: Path) -> None:
    """A parquet file with text that is not UTF-8, in row 5 of the file."""
    plain = rows().with_columns(region=pl.lit("abcdefgh")).with_row_index("row")
    planted = pl.when(pl.col("row") == 4).then(pl.lit("QQQQQQQQ")).otherwise(pl.col("region"))
    options = {"compression": "uncompressed", "statistics": False}
    plain.with_columns(region=planted).drop("row").write_parquet(path, **options)
    path.write_bytes(path.read_bytes().replace(b"QQQQQQQQ", b"\xff\xfe" * 4))


BROKEN = {
    "missing": Broken(nothing, "no such file"),
    "a pipe": Broken(os.mkfifo, "no regular file"),
    "unreadable name": Broken(lambda path: path.symlink_to(path), "no such file"),
    "empty": Broken(b"", "an empty file", 1),
    "header only": Broken(lines(), "no rows", 1),
    "blank lines only": Broken(b"\n\n\n", "no text", 1),
    "no header": Broken(f"{GOOD}\n{GOOD}\n".encode(), "none of the columns", 1),
    "missing column": Broken(lines(row()).replace(b"score", b"scores"), "no such column", 1, "score"),
    "name twice": Broken(lines(row()).replace(b"branch", b"region"), "a name given twice", 1, "region", faults=2),
    "empty name": Broken(lines(row()).replace(b"branch", b""), "a column without a name (number 9)", 1, faults=2),
    "too few cells": Broken(lines(row(), row(), "1,2"), "2 cells", 4),
    "one cell": Broken(lines(row(), "x", row()), "1 cell", 3),
    "too many cells": Broken(lines(row(), row() + ",x"), "11 cells", 3),
    "every ragged row": Broken(lines(row(), "1", row(), "2", "3"), "1 cell", 3, faults=3),
    "many ragged rows": Broken(lines(*["x"] * 50), "1 cell", 2, faults=20),
    "open quote": Broken(lines(row(), row(region='"Wien'), row(), row()), "a quote that is never closed", 3),
    "open quote at the end": Broken(lines(row(), row(sex='"f')), "a quote that is never closed", 3),
    "text after a quote": Broken(
        lines(row(), row(region='"a"b'), row(sex='"f')), "a closing quote with text after it", 3
    ),
    "quote that swallows rows": Broken(
        lines(row(region='5" pipe'), row(sex='"f'), row(), row()), "a quote that is never closed", 3
    ),
    "open quote in the header": Broken(b'id,"time\n', "an open quote", 1),
    "NUL byte": Broken(lines(row(), row(region="W\0n")), "a NUL byte", 3),
    "not UTF-8": Broken(
        lines(row(), row(region="Kärnten")).replace("ä".encode(), b"\xe4"), "bytes that are not UTF-8", 3
    ),
    "header not UTF-8": Broken(lines(row()).replace(b"branch", b"br\xe4nch"), "other bytes", 1),
    "UTF-16": Broken("\n".join((HEADER, row())).encode("utf-16"), "UTF-16 text"),
    "zip": Broken(b"PK\x03\x04" + b"\0" * 90, "a zip archive or a spreadsheet"),
    "huge cell": Broken(
        lines(row(), row(region='"' + "x" * 30_000_000 + '"')),
        "a cell of more than 8,388,608 characters, or a quote that is never closed",
        3,
    ),
    "cut gzip": Broken(gzip.compress(lines(*[row()] * 400), 0)[:9000], "an end in the middle", 191),
    "gzip with a wrong checksum": Broken(gzip.compress(lines(row()))[:-8] + b"\1" * 8, "data that fail their checksum"),
    "gzip of nothing": Broken(gzip.compress(b""), "no text", 1),
    "gzip of gzip": Broken(gzip.compress(gzip.compress(lines(row()))), "a gzip file within a gzip file"),
    "no number": Broken(lines(row(), row(age=PLANT)), "text of 16 characters", 3, "age"),
    "NA": Broken(lines(row(age="NA")), "a word for a missing value", 2, "age"),
    "null": Broken(lines(row(score="null")), "a word for a missing value", 2, "score"),
    "decimal comma": Broken(lines(row(score='"0,5"')), "a decimal comma", 2, "score"),
    "underscore": Broken(lines(row(score="1_0")), "text of 3 characters", 2, "score"),
    "after cells with line ends": Broken(
        lines(row(region='"a\nb\n"'), "", row(age="x")), "text of 1 character", 6, "age"
    ),
    "no time": Broken(lines(row(), row(time="")), "an empty cell", 3, "time"),
    "not a time": Broken(lines(row(time=PLANT)), "text of 16 characters", 2, "time"),
    "no such date": Broken(lines(row(time="2026-02-30")), "text of 10 characters", 2, "time"),
    "a date of no known order": Broken(
        lines(row(time="05/10/2026")), "a date with its year last, whose day and month nobody can tell apart", 2, "time"
    ),
    "the hour that comes twice": Broken(
        lines(row(time="2026-10-05T10:00:00"), row(time="2026-10-25T02:30:00")),
        "a local time that comes twice",
        3,
        "time",
    ),
    "all faults of a row": Broken(
        lines(row(age="x", score="y"), row(age="z")), "text of 1 character", 2, "score", faults=3
    ),
    "many faults": Broken(lines(*[row(age="x")] * 50), "text of 1 character", 2, "age", faults=20),
    "parquet cut short": Broken(cut(0.7), "bytes that Arrow cannot read (ArrowInvalid)", name="rows.parquet"),
    "parquet without a footer": Broken(b"PAR1", "bytes that Arrow cannot read (ArrowInvalid)", name="rows.parquet"),
    "parquet damaged": Broken(flipped, "bytes that Arrow cannot read (OSError)", name="rows.parquet"),
    "parquet that is text": Broken(lines(row()), "something else", name="rows.parquet"),
    "encrypted parquet": Broken(b"PARE" + b"\0" * 90, "an encrypted parquet file", name="rows.parquet"),
    "parquet without a column": Broken(of(rows().drop("sex")), "no such column", None, "sex", "rows.parquet"),
    "parquet without rows": Broken(of(rows().clear()), "no rows", name="rows.parquet"),
    "parquet of lists": Broken(
        of(rows(age=pl.concat_list("age"))), "a column of type large_list", None, "age", "rows.parquet"
    ),
    "parquet of dates for numbers": Broken(
        of(rows(age=pl.col("time").dt.date())), "a column of type date", None, "age", "rows.parquet"
    ),
    "parquet of numbers for times": Broken(
        of(rows(time=pl.col("id"))), "a column of type int64", None, "time", "rows.parquet"
    ),
    "parquet without a time": Broken(
        of(rows(time=pl.when(pl.col("id") != 1004).then("time"))), "an empty cell", 5, "time", "rows.parquet"
    ),
    "parquet not UTF-8": Broken(not_utf8, "bytes that are not UTF-8 text", 5, "region", "rows.parquet"),
    "parquet with a time past 9999": Broken(later("ms", 2**60), BEYOND, 5, "time", "rows.parquet"),
    "parquet with a time that would wrap around": Broken(later("us", 2**62), BEYOND, 5, "time", "rows.parquet"),
    "parquet with a time before the year 1": Broken(later("us", -(2**62)), BEYOND, 5, "time", "rows.parquet"),
    "parquet with a date past 9999": Broken(
        of(rows(region=pl.lit(2**30).cast(pl.Date))), BEYOND, 1, "region", "rows.parquet"
    ),
    "parquet named csv": Broken(cut(0.7), "bytes that Arrow cannot read (ArrowInvalid)"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_input_is_a_fault_with_its_place(broken: Broken, tmp_path: Path) -> None:
    """The window is not read, the fault names file, line and column, and no value."""
    here = home(tmp_path / "home")
    path = here / broken.name
    path.unlink(missing_ok=True)
    if isinstance(broken.content, bytes):
        path.write_bytes(broken.content)
    else:
        broken.content(path)

    window = pull(a_system(predictions=Source(address=broken.name)), here)

    assert window.current is None
    assert window.reference is not None
    first = window.faults[0]
    assert (first.place.file, first.place.line, first.place.column) == (broken.name, broken.line, broken.column)
    assert first.found == broken.found
    assert len(window.faults) == broken.faults
    assert first.mend
    assert first.expected
    assert not any(PLANT in str(fault) or str(tmp_path) in str(fault) for fault in window.faults)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_reference_leaves_the_window_usable(broken: Broken, tmp_path: Path) -> None:
    """The same faults in the reference spoil the reference alone."""
    here = home(tmp_path / "home")
    path = here / broken.name
    path.unlink(missing_ok=True)
    if isinstance(broken.content, bytes):
        path.write_bytes(broken.content)
    else:
        broken.content(path)

    window = pull(a_system(reference=Source(address=broken.name)), here)

    assert window.reference is None
    assert window.current is not None
    assert window.faults[0].place.line == broken.line
