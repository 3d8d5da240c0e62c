"""The standard suite that every kind of source must pass with the same rows."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import psycopg
import pytest

from checks.judge import judge
from governance.adapters.seaweed import SeaweedFS
from governance.registry.system import Source
from tests.optional_parts import SPARK
from tests.row_builders import a_system, home, month, pull, read, rows, rows_bucket, write_gz

Place = Callable[[pl.DataFrame], Source]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder."""
    return home(tmp_path / "home")


def parquet(here: Path) -> Place:
    """One parquet file."""

    def put(frame: pl.DataFrame) -> Source:
        frame.write_parquet(here / "rows.parquet", row_group_size=70)
        return Source(address="rows.parquet")

    return put


def csv(here: Path) -> Place:
    """One CSV file."""

    def put(frame: pl.DataFrame) -> Source:
        frame.write_csv(here / "rows.csv")
        return Source(address="rows.csv")

    return put


def packed(here: Path) -> Place:
    """One gzip CSV file, whose name does not say so."""

    def put(frame: pl.DataFrame) -> Source:
        write_gz(frame, here / "rows.csv")
        return Source(address="rows.csv")

    return put


def semicolons(here: Path) -> Place:
    """A file as spreadsheets write it: byte order mark, semicolons, CRLF."""

    def put(frame: pl.DataFrame) -> Source:
        frame.write_csv(here / "rows.csv", include_bom=True, separator=";", line_terminator="\r\n")
        return Source(address="rows.csv")

    return put


def folder(here: Path) -> Place:
    """A folder of files of all formats, cut within a month."""

    def put(frame: pl.DataFrame) -> Source:
        parts = here / "parts"
        (parts / "later").mkdir(parents=True)
        frame.head(400).write_parquet(parts / "a.parquet")
        frame.slice(400, 100).write_csv(parts / "b.csv")
        write_gz(frame.slice(500), parts / "later/c.csv.gz")
        (parts / "_SUCCESS").touch()
        return Source(address="parts")

    return put


def globbed(here: Path) -> Place:
    """A glob over a file for each month."""

    def put(frame: pl.DataFrame) -> Source:
        by_month = frame.group_by(pl.col("time").dt.convert_time_zone("Europe/Vienna").dt.strftime("%Y-%m"))
        for (name,), part in by_month:
            part.sort("time").write_csv(here / f"rows-{name}.csv")
        return Source(address="rows-*.csv")

    return put


@pytest.fixture
def s3(seaweed: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Two objects of a real bucket."""
    bucket, files = rows_bucket(seaweed, monkeypatch)

    def put(frame: pl.DataFrame) -> Source:
        for name, part in (("a b.csv", frame.head(450)), ("deep/c.csv", frame.slice(450))):
            with files.open_output_stream(f"{bucket}/in/{name}") as out:
                out.write(part.write_csv().encode())
        return Source(address=f"s3://{bucket}/in")

    return put


@pytest.fixture
def database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A table of a real database."""
    table = f"rows_{secrets.token_hex(4)}"
    monkeypatch.setenv("ROWS_DATABASE", postgres)
    types = """id bigint, "time" timestamptz, prediction int, score float8, label smallint, age {},
        "income.net" float8, region text, branch int, sex char(1), unused jsonb"""

    def put(frame: pl.DataFrame) -> Source:
        plain = frame.with_columns(unused=pl.lit("{}"))
        with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
            age = "text" if frame["age"].dtype == pl.String else "numeric"
            cursor.execute(f"CREATE TABLE {table} ({types.format(age)})")
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(plain.write_csv())
        return Source(address="${ROWS_DATABASE}", query=f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - our own name

    return put


@pytest.fixture
def spark(here: Path, spark_here: None) -> Place:
    """A session of Spark in this process."""

    def put(frame: pl.DataFrame) -> Source:
        frame.write_parquet(here / "table.parquet")
        return Source(address="spark://local[2]", query=f"SELECT * FROM parquet.`{here}/table.parquet` ORDER BY id")  # noqa: S608

    return put


SERVED = [pytest.param(name, marks=pytest.mark.servers) for name in ("s3", "database")]
LOCAL = {each.__name__: each for each in (parquet, csv, packed, semicolons, folder, globbed)}


@pytest.fixture(
    params=[*LOCAL, *SERVED, SPARK],
)
def place(request: pytest.FixtureRequest, here: Path) -> Place:
    """Every kind of source in turn."""
    if request.param in LOCAL:
        return LOCAL[request.param](here)
    put: Place = request.getfixturevalue(request.param)
    return put


def test_every_source_gives_the_same_window_file(place: Place, here: Path) -> None:
    """The same rows have one digest, wherever they come from."""
    plain = pull(a_system(), here)

    other = pull(a_system(predictions=place(rows())), here)

    assert other.faults == ()
    assert other.current is not None
    assert plain.current is not None
    assert other.current.sha256 == plain.current.sha256
    assert other.current.rows == plain.current.rows > 300


@pytest.mark.parametrize("place", [pytest.param("packed", marks=pytest.mark.long), *SERVED, SPARK], indirect=True)
def test_every_source_gives_the_same_verdict(place: Place, here: Path) -> None:
    """Byte for byte, but for the names and digests of what was read: these are each source's own."""
    plain, other = a_system(), a_system(predictions=place(rows()))

    verdicts = [judge(system, pull(system, here)) for system in (plain, other)]

    told = [replace(one, data={"window": one.data["window.parquet"]}).to_json() for one in verdicts]
    assert told[0] == told[1]
    assert {result.check for result in verdicts[1].results} >= {
        "contract",
        "labels",
        "drift",
        "performance",
        "fairness",
    }


def test_every_source_names_what_was_read(place: Place, here: Path) -> None:
    """Each input has a name without credentials, a digest and a size."""
    window = pull(a_system(predictions=place(rows())), here)

    assert window.current is not None
    assert window.current.inputs
    for read_ in window.current.inputs:
        assert len(read_.sha256) == 64
        assert read_.size > 0
        assert read_.name
        assert str(here) not in read_.name
        assert "/var/tmp" not in read_.name


def test_every_source_tells_the_place_of_a_bad_cell(place: Place, here: Path) -> None:
    """A cell that is no number is told with its file, column and line, and without its value."""
    age = pl.when(pl.col("id") == 1430).then(pl.lit("8x!q")).otherwise(pl.col("age").cast(pl.String))

    window = pull(a_system(predictions=place(rows(age=age))), here)

    assert window.current is None
    assert len(window.faults) == 1
    fault = window.faults[0]
    assert (fault.place.column, fault.expected, fault.found) == ("age", "a number", "text of 4 characters")
    assert fault.place.line is not None
    assert "8x!q" not in str(fault)


def test_every_source_keeps_the_order_of_its_rows(place: Place, here: Path) -> None:
    """Rows stand as they were read, and only those of the window."""
    window = pull(a_system(predictions=place(rows())), here)

    found = read(window)
    period = month()
    assert found["id"].cast(pl.Int64).is_sorted()
    assert found["time"].is_between(period.start, period.end, closed="left").all()
