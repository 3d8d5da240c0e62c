"""Every input fault that real files have: read right, refused with its place and mend, or found and named.

Each is a file of the bank's calls of May 2008, damaged and taken the way of production: pulled and judged. None ends
in a traceback; what is refused or found is not green; what is read right gives the undamaged file's verdict.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from checks.judge import judge
from governance.registry.system import Source, System
from governance.verdict import Result, Status, Verdict
from tests import fault_lab as lab
from tests.fault_lab import PLANT, Damage, calls, cell, cells, csv, numbers, parquet, typed

Try = Callable[..., Verdict]
CALL = pl.col("call")


def flipped(body: bytes, at: int = 3000) -> bytes:
    """A file with one bit turned."""
    return body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :]


def checked_parquet(rows: pl.DataFrame) -> bytes:
    """A parquet file whose pages carry checksums."""
    from io import BytesIO

    import pyarrow.parquet

    file = BytesIO()
    pyarrow.parquet.write_table(typed(rows).to_arrow(), file, write_page_checksum=True)
    return file.getvalue()


def retimed(rows: pl.DataFrame, form: str) -> pl.DataFrame:
    """Rows whose times are local and written in another form."""
    moments = pl.col("contacted_on").str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_zone="UTC")
    return rows.with_columns(contacted_on=moments.dt.convert_time_zone("Europe/Lisbon").dt.strftime(form))


def counted(rows: pl.DataFrame, unit: int) -> pl.DataFrame:
    """Rows whose times are counts since 1970."""
    moments = typed(rows)["contacted_on"].dt.timestamp("ms") * unit // 1000
    return rows.with_columns(contacted_on=moments.cast(pl.String))


def again(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows under new ids."""
    return rows.with_columns(call=pl.lit("9") + CALL)


def stuck(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that from the 600th on repeat what it says."""
    frozen = pl.concat([rows.head(600), *[rows.slice(600, 1)] * (rows.height - 600)])
    return frozen.with_columns(call=rows["call"], contacted_on=rows["contacted_on"])


READ_RIGHT: dict[str, Damage] = {
    "extra column": lambda rows: csv(rows.with_columns(note=pl.lit("x"))),
    "reordered columns": lambda rows: csv(rows.select(reversed(rows.columns))),
    "unnamed index column": lambda rows: b"," + csv(rows.with_row_index("n")).removeprefix(b"n,"),
    "hostile column name": lambda rows: csv(rows.with_columns(pl.lit("x").alias('<script>alert(1)</script>"'))),
    "hostile values beside": lambda rows: csv(rows.with_columns(note=pl.lit('=HYPERLINK("http://x")'))),
    "quoted numbers": lambda rows: csv(rows, quote_style="always"),
    "semicolons": lambda rows: csv(rows, separator=";"),
    "blanks around numbers": lambda rows: csv(rows.with_columns(age=" " + pl.col("age") + " ")),
    "BOM": lambda rows: b"\xef\xbb\xbf" + csv(rows),
    "CR": lambda rows: csv(rows, line_terminator="\r"),
    "CRLF": lambda rows: csv(rows, line_terminator="\r\n", quote_style="always"),
    "wrong extension, parquet": lambda rows: parquet(typed(rows)),
    "wrong extension, gzip": lambda rows: gzip.compress(csv(rows)),
    "zoned nanoseconds": lambda rows: parquet(
        typed(rows).with_columns(
            pl.col("contacted_on").dt.convert_time_zone("Europe/Vienna").cast(pl.Datetime("ns", "Europe/Vienna"))
        )
    ),
    "naive local times": lambda rows: csv(retimed(rows, "%Y-%m-%dT%H:%M:%S")),
    "ids beyond 2^53": lambda rows: parquet(typed(rows).with_columns(CALL.cast(pl.UInt64) + (2**63 + 11))),
    "ids beyond 64 bits": lambda rows: csv(rows.with_columns(call=pl.lit("99999999999999999999") + CALL)),
    "1 MB cell beside": lambda rows: csv(cell(rows.with_columns(note=pl.lit("y")), 3, "note", "x\n" * 2**19)),
}


@dataclass(frozen=True)
class Refused:
    """A damage, and what the fault must say."""

    damage: Damage
    found: str
    line: int | None = None
    column: str = ""
    name: str = "calls.csv"


REFUSED = {
    "missing column": Refused(lambda rows: csv(rows.drop("age")), "no such column", 1, "age"),
    "renamed column": Refused(lambda rows: csv(rows.rename({"age": "Age"})), "no such column", 1, "age"),
    "duplicated header": Refused(
        lambda rows: csv(rows).replace(b"euribor3m", b"age", 1), "a name given twice", 1, "age"
    ),
    "empty header": Refused(lambda rows: csv(rows).replace(b"euribor3m", b"", 1), "a column without a name", 1),
    "integer beyond 2^53": Refused(
        lambda rows: csv(cell(rows, 4, "campaign", "9007199254740993")), "beyond 2**53", 6, "campaign"
    ),
    "integer beyond 64 bits": Refused(
        lambda rows: csv(cell(rows, 4, "campaign", "18446744073709551617")), "beyond 2**53", 6, "campaign"
    ),
    "thousands separator": Refused(
        lambda rows: csv(cell(rows, 4, "euribor3m", "1 000.5")), "a thousands mark", 6, "euribor3m"
    ),
    "thousands or decimal comma": Refused(
        lambda rows: csv(cell(rows, 4, "euribor3m", "1,000")), "nobody can tell", 6, "euribor3m"
    ),
    "decimal comma": Refused(
        lambda rows: csv(rows.with_columns(pl.col("score").str.replace(".", ",", literal=True)), separator=";"),
        "a decimal comma",
        2,
        "score",
    ),
    "per cent sign": Refused(lambda rows: csv(cell(rows, 4, "score", "12%")), "a percent sign", 6, "score"),
    "null spelling": Refused(lambda rows: csv(cell(rows, 4, "age", "N/A")), "a word for a missing value", 6, "age"),
    "boolean spelling of a number": Refused(lambda rows: csv(cell(rows, 4, "age", "TRUE")), "a truth value", 6, "age"),
    "CSV formula": Refused(lambda rows: csv(cell(rows, 4, "age", "=1+1")), "a formula", 6, "age"),
    "1 MB number": Refused(lambda rows: csv(cell(rows, 4, "age", "9" * 2**20)), "beyond 2**53", 6, "age"),
    "0 bytes": Refused(lambda _rows: b"", "an empty file", 1),
    "header only": Refused(lambda rows: csv(rows.clear()), "no rows", 1),
    "no file": Refused(lambda _rows: None, "no such file"),
    "UTF-16": Refused(lambda rows: csv(rows).decode().encode("utf-16"), "UTF-16 text"),
    "UTF-16 without a mark": Refused(lambda rows: csv(rows).decode().encode("utf-16-le"), "a NUL byte", 1),
    "Latin-1": Refused(
        lambda rows: csv(cell(rows, 4, "job", "Büro")).decode().encode("latin-1"), "bytes that are not UTF-8", 6
    ),
    "broken UTF-8": Refused(
        lambda rows: csv(cell(rows, 4, "job", "QQQ")).replace(b"QQQ", b"\xe2\x28\xa1"), "bytes that are not UTF-8", 6
    ),
    "NUL byte": Refused(lambda rows: csv(cell(rows, 4, "job", "a\0b")), "a NUL byte", 6),
    "short row": Refused(lambda rows: csv(rows).replace(b",telephone\n", b"\n", 1), "11 cells", 2),
    "long row": Refused(lambda rows: csv(rows).replace(b",telephone\n", b",telephone,1\n", 1), "13 cells", 2),
    "open quote": Refused(
        lambda rows: csv(rows).replace(b",telephone\n", b',"telephone\n', 1), "a quote that is never closed", 2
    ),
    "truncated gzip": Refused(lambda rows: gzip.compress(csv(rows))[:-200], "an end in the middle", 1283),
    "double gzip": Refused(lambda rows: gzip.compress(gzip.compress(csv(rows))), "a gzip file within a gzip file"),
    "truncated parquet": Refused(lambda rows: parquet(typed(rows))[:-100], "bytes that Arrow cannot read"),
    "wrong extension": Refused(csv, "something else", name="calls.parquet"),
    "spreadsheet": Refused(lambda _rows: b"PK\x03\x04" + b"0" * 100, "a zip archive or a spreadsheet"),
    "JSON": Refused(lambda rows: rows.write_ndjson().encode(), "JSON"),
    "HTML": Refused(lambda _rows: b"<!DOCTYPE html><html>Sign in</html>", "HTML"),
    "flipped byte, gzip": Refused(lambda rows: flipped(gzip.compress(csv(rows))), "data that fail their checksum"),
    "flipped byte, parquet": Refused(lambda rows: flipped(checked_parquet(rows)), "bytes that Arrow cannot read"),
    "nested column": Refused(
        lambda rows: parquet(typed(rows).with_columns(age=pl.struct("age"))), "a column of type struct", None, "age"
    ),
    "mixed zones": Refused(
        lambda rows: csv(cell(rows, 4, "contacted_on", "2008-05-10T10:00:00")),
        "a time without an offset among others",
        6,
        "contacted_on",
    ),
    "DD/MM": Refused(
        lambda rows: csv(retimed(rows, "%d/%m/%Y %H:%M")), "day and month nobody can tell", 2, "contacted_on"
    ),
    "epoch s": Refused(lambda rows: csv(counted(rows, 1)), "seconds since 1970", 2, "contacted_on"),
    "epoch ms": Refused(lambda rows: csv(counted(rows, 1000)), "milliseconds since 1970", 2, "contacted_on"),
    "epoch in parquet": Refused(
        lambda rows: parquet(typed(rows).with_columns(pl.col("contacted_on").dt.timestamp("ms"))),
        "a column of type int64",
        None,
        "contacted_on",
    ),
    "future time": Refused(
        lambda rows: csv(cell(rows, 4, "contacted_on", "2061-05-10T10:00:00Z")),
        "more than a year ahead",
        6,
        "contacted_on",
    ),
}


@dataclass(frozen=True)
class Found:
    """A damage, and the result that must ring: its subject, metric and words."""

    damage: Damage
    subject: str
    metric: str
    words: str = ""


FOUND = {
    "swapped columns": Found(
        lambda rows: csv(rows.rename({"age": "campaign", "campaign": "age"})), "age", "swapped_columns", "exchanged"
    ),
    "swapped columns of text": Found(
        lambda rows: csv(rows.rename({"job": "education", "education": "job"})), "job", "swapped_columns", "education"
    ),
    "constant column": Found(lambda rows: csv(rows.with_columns(age=pl.lit("41"))), "age", "constant_column"),
    "all-null column": Found(lambda rows: csv(rows.with_columns(age=pl.lit(""))), "age", "null_share", "100.0 %"),
    "unseen category": Found(
        lambda rows: csv(cells(rows, "job", PLANT, 50)), "job", "unseen_values", "first at calls.csv:4"
    ),
    "null spelling in text": Found(
        lambda rows: csv(cells(rows, "job", "NULL")), "job", "unseen_values", "missing value"
    ),
    "boolean spelling": Found(
        lambda rows: csv(rows.with_columns(pl.col("prediction").replace({"0": "False", "1": "True"}))),
        "prediction",
        "unseen_values",
    ),
    "unit change": Found(
        lambda rows: csv(rows.with_columns(numbers("age", lambda x: x * 12))), "age", "unit_change", "months"
    ),
    "percent against fraction": Found(
        lambda rows: csv(rows.with_columns(numbers("score", lambda x: x * 100))), "score", "unit_change", "per cent"
    ),
    "sentinel -999": Found(
        lambda rows: csv(cells(rows, "age", "-999", 50)), "age", "sentinel_value", "26 of 1,294 rows), first at"
    ),
    "inf": Found(lambda rows: csv(cells(rows, "age", "inf", 100)), "age", "infinite_values", "first at calls.csv:4"),
    "NaN": Found(lambda rows: csv(cells(rows, "age", "NaN", 25)), "age", "missing_values", "4.0 %"),
    "out-of-range score": Found(
        lambda rows: csv(cells(rows, "score", "1.7", 200)), "score", "score_range", "first at calls.csv:4"
    ),
    "constant score": Found(lambda rows: csv(rows.with_columns(score=pl.lit("0.5"))), "score", "constant_column"),
    "constant prediction": Found(
        lambda rows: csv(rows.with_columns(prediction=pl.lit("1"))), "prediction", "constant_column"
    ),
    "inverted predictions": Found(
        lambda rows: csv(rows.with_columns(pl.col("prediction").replace({"0": "1", "1": "0"}))),
        "prediction",
        "inverted_predictions",
    ),
    "duplicated rows": Found(lambda rows: csv(pl.concat([rows, rows.head(100)])), "call", "duplicate_share", "repeat"),
    "duplicated under new ids": Found(
        lambda rows: csv(pl.concat([rows, again(rows.head(300))])), "rows", "repeated_rows"
    ),
    "contradicting rows": Found(
        lambda rows: csv(pl.concat([rows, rows.head(30).with_columns(age=pl.lit("77"))])), "call", "contradicting_rows"
    ),
    "replayed rows": Found(
        lambda rows: csv(pl.concat([rows.head(700), again(calls()[1].tail(600))])), "rows", "replayed_rows"
    ),
    "halved window": Found(lambda rows: csv(rows.head(rows.height // 2)), "contacted_on", "missing_part", "4 of"),
    "frozen rows": Found(lambda rows: csv(stuck(rows)), "rows", "repeated_rows", "stands still"),
    "null ids": Found(lambda rows: csv(cells(rows, "call", "", 50)), "call", "null_share"),
    "spreadsheet id": Found(
        lambda rows: csv(cell(rows, 4, "call", "1.00023E+15")), "call", "id_form", "first at calls.csv:6"
    ),
    "id made a date": Found(lambda rows: csv(cell(rows, 4, "call", "1-Mar")), "call", "id_form", "a date"),
    "one row": Found(lambda rows: csv(rows.head(1)), "rows", "row_count", "1 row"),
    "hostile category": Found(
        lambda rows: csv(cells(rows, "job", "<img src=x onerror=alert(1)>")), "job", "unseen_values"
    ),
}


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Try:
    """Deliver a file, pull it and judge it."""
    top = tmp_path_factory.mktemp("deliveries")

    def run(body: bytes | None, name: str = "calls.csv", system: System | None = None, **more: Any) -> Verdict:
        folder = lab.deliver(top / f"d{len(list(top.iterdir()))}", body, name)
        one = system or lab.bank(predictions=Source(address=name), **more)
        return judge(one, lab.pulled(folder, one))

    return run


@pytest.fixture(scope="module")
def undamaged(attempt: Try) -> Verdict:
    """The verdict on the file as it was."""
    return attempt(csv(calls()[0]))


def alarms(verdict: Verdict) -> list[Result]:
    """What rings or could not be judged."""
    return verdict.of(Status.ALARM, Status.ERROR)


def test_the_undamaged_file_rings_nothing(undamaged: Verdict) -> None:
    """Otherwise what follows would show nothing."""
    assert alarms(undamaged) == []
    assert [one.status for one in undamaged.results if one.metric == "input_faults"] == [Status.PASS]


@pytest.mark.long
@pytest.mark.parametrize("damage", READ_RIGHT.values(), ids=READ_RIGHT)
def test_what_can_be_read_right_gives_the_same_verdict(damage: Damage, attempt: Try, undamaged: Verdict) -> None:
    """Byte for byte, but for the digests of what was read."""
    verdict = attempt(damage(calls()[0]))

    assert replace(verdict, data={}).to_json() == replace(undamaged, data={}).to_json()


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_right_is_refused_with_its_place_and_mend(refused: Refused, attempt: Try) -> None:
    """File, line, column, what was found and what to do; nothing of the window is judged."""
    verdict = attempt(refused.damage(calls()[0]), refused.name)

    sentences = "\n".join(one.sentence for one in verdict.results)
    line = "" if refused.line is None else f":{refused.line}"
    column = f', column "{refused.column}"' if refused.column else ""
    assert verdict.status is Status.ERROR
    assert {one.status for one in verdict.results} == {Status.ERROR}
    assert verdict.rows == 0
    assert f"{refused.name}{line}{column}: expected" in sentences
    assert refused.found in sentences


@pytest.mark.long
@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_what_is_read_and_wrong_rings_by_its_name(found: Found, attempt: Try) -> None:
    """The result names the column and the fault, and no value of a row."""
    verdict = attempt(found.damage(calls()[0]))

    rung = [one for one in alarms(verdict) if (one.subject, one.metric) == (found.subject, found.metric)]
    assert [one.check for one in rung] == ["contract"]
    assert found.words in rung[0].sentence
    assert PLANT.encode() not in verdict.to_json()
    assert b"onerror" not in verdict.to_json()


def test_a_digest_beside_a_file_is_obeyed(tmp_path: Path) -> None:
    """CSV has no checksum of its own: a flipped byte shows by its .sha256 file."""
    folder = lab.deliver(tmp_path / "home", flipped(csv(calls()[0])))
    (folder / "calls.csv.sha256").write_text(f"{'0' * 64}  calls.csv\n")

    window = lab.pulled(folder, lab.bank())

    assert window.current is None
    assert window.faults[0].found == "other bytes"


@pytest.mark.parametrize(("unit", "form"), [(1, "epoch_s"), (1000, "epoch_ms"), (1_000_000, "epoch_us")])
def test_times_declared_as_counts_since_1970_are_read(unit: int, form: str, tmp_path: Path) -> None:
    """What the registry declares is no guess."""
    rows = calls()[0]
    folder = lab.deliver(tmp_path / "home", csv(counted(rows, unit)))
    system = lab.bank(columns={"time_format": form}, reference=Source(address="calls.csv"))

    window = lab.pulled(folder, system)

    assert window.current is not None
    assert pl.read_parquet(window.current.path)["contacted_on"].to_list() == typed(rows)["contacted_on"].to_list()


CLOCK_CHANGES = {
    "skipped": ("2008-03-30T01:30:00", "a local time that a clock change skips"),
    "repeated": ("2008-10-26T01:30:00", "a local time that comes twice"),
}


@pytest.mark.parametrize(("time", "found"), CLOCK_CHANGES.values(), ids=CLOCK_CHANGES)
def test_a_local_time_that_a_clock_change_makes_doubtful_is_refused(time: str, found: str, tmp_path: Path) -> None:
    """Nobody can know which moment it was."""
    from governance.adapters.pull import pull_window
    from governance.window import Length, period_of

    rows = cell(retimed(calls()[0], "%Y-%m-%dT%H:%M:%S"), 4, "contacted_on", time)
    folder, system = lab.deliver(tmp_path / "home", csv(rows)), lab.bank()
    period = period_of(typed(cell(calls()[0], 0, "contacted_on", f"{time}Z"))["contacted_on"][0], Length.MONTH, "UTC")

    window = pull_window(system, period, home=folder, into=tmp_path / "work", as_of=lab.NOW)

    assert window.current is None
    assert [(one.found, one.place.line, one.place.column) for one in window.faults] == [(found, 6, "contacted_on")]
