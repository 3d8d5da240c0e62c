"""What pull promises of a window and of the file it writes."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.adapters import arrow
from governance.adapters.layout import Kind
from governance.registry.system import Columns, Source, WindowPlan
from governance.window import Length, period_of
from tests.row_builders import COLUMNS, a_system, home, month, pull, read, rows, texts

UTC_TIME = pl.Datetime("us", "UTC")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder with predictions and reference."""
    return home(tmp_path / "home")


def columns(**changes: object) -> Columns:
    """The usual columns with some changes."""
    return COLUMNS.model_copy(update=changes)


def test_types_come_from_the_registry(here: Path) -> None:
    """Numbers are float64, times UTC microseconds, all else is text; the label stands last."""
    found = read(pull(a_system(), here))

    text, number = pl.String(), pl.Float64()
    assert dict(found.schema) == {
        "id": text,
        "time": UTC_TIME,
        "prediction": text,
        "score": number,
        "age": number,
        "income.net": number,
        "region": text,
        "branch": text,
        "sex": text,
        "label": text,
    }


def test_numbers_and_booleans_become_text_as_written(here: Path) -> None:
    """Integers and whole floats have no point; booleans are words; what is not a number is null."""
    frame = rows(
        4, time=pl.lit(month().start), branch=pl.Series([1.0, 2.5, float("nan"), -0.0]), sex=pl.col("id") > 1001
    )
    home(here, frame)

    found = read(pull(a_system(), here))

    assert found["branch"].to_list() == ["1", "2.5", None, "0"]
    assert found["sex"].to_list() == ["false", "false", "true", "true"]


def test_a_regression_has_numbers_for_prediction_and_label(here: Path) -> None:
    """What a regression predicts is a quantity."""
    found = read(pull(a_system(task="regression"), here))

    assert (found.schema["prediction"], found.schema["label"]) == (pl.Float64(), pl.Float64())


def test_a_window_is_half_open(here: Path) -> None:
    """A row at the start belongs to it, a row at the end to the next."""
    period = month()
    edge = timedelta(microseconds=1)
    times = [period.start - edge, period.start, period.end - edge, period.end]
    home(here, rows(4, time=pl.Series(times, dtype=UTC_TIME)))

    found = read(pull(a_system(), here, period))

    assert found["id"].to_list() == ["1001", "1002"]


def test_faults_outside_the_window_do_not_matter(here: Path) -> None:
    """A cell that cannot be read in November does not block October."""
    late = pl.col("time") >= month().end
    home(here, rows(age=pl.when(late).then(pl.lit("x")).otherwise(pl.col("age").cast(pl.String))))

    october, november = (pull(a_system(), here, month(name)) for name in ("2026-10", "2026-11"))

    assert october.faults == ()
    assert november.current is None


def test_a_window_without_rows_is_a_fault(here: Path) -> None:
    """No row is never taken for a quiet window."""
    window = pull(a_system(), here, month("2025-01"))

    assert window.current is None
    assert texts(window).startswith(
        "predictions.parquet: expected rows for this window, found 900 rows, none of them in it. Check that rows of "
    )


def test_the_same_rows_have_the_same_digest(here: Path) -> None:
    """A second pull, and one of a file with other row groups, writes the same bytes."""
    first = pull(a_system(), here)
    rows().write_parquet(here / "predictions.parquet", row_group_size=13, compression="lz4")

    second = pull(a_system(), here)

    assert first.current is not None
    assert second.current is not None
    assert first.current.sha256 == second.current.sha256


def test_the_order_of_rows_changes_the_digest(here: Path) -> None:
    """A digest stands for the rows as they were read."""
    first = pull(a_system(), here)
    home(here, rows().reverse())

    second = pull(a_system(), here)

    assert first.current is not None
    assert second.current is not None
    assert first.current.sha256 != second.current.sha256


def test_nothing_but_windows_and_references_is_left(here: Path) -> None:
    """Temporary files are gone, also after a fault."""
    pull(a_system(), here)
    pull(a_system(predictions=Source(address="missing.csv")), here)

    left = {path.relative_to(here / "work").parts[0] for path in (here / "work").rglob("*")}
    assert left == {"windows", "references", ".lock"}
    assert len(list((here / "work/windows").iterdir())) == 1


def test_duckdb_counts_what_is_not_a_number(here: Path) -> None:
    """A window file carries no bounds that would make DuckDB forget NaN."""
    window = pull(a_system(), here)
    assert window.current is not None
    found = read(window)["income.net"]

    counted = duckdb.execute(
        f"""SELECT count(*) FILTER (isnan("income.net")), count(*) FILTER ("income.net" > 1e9)
        FROM '{window.current.path}'"""  # noqa: S608 - a path of ours
    ).fetchone()

    assert counted is not None
    assert counted == (found.is_nan().sum(), found.is_nan().sum())
    assert counted[0] > 0


def test_row_groups_have_a_fixed_size_whatever_the_batches(tmp_path: Path) -> None:
    """The bytes of a file do not depend on how its rows arrived."""
    frame = pl.DataFrame({"x": [float(row) for row in range(300_000)]})
    for name, size in (("a", 300_000), ("b", 7_001)):
        sink = arrow.Sink(tmp_path / name, {"x": Kind.NUMBER})
        for part in frame.iter_slices(size):
            sink.write(part)
        sink.close()

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("2026-10-05T12:30:00+02:00", "auto"),
        ("2026-10-05T10:30:00Z", "auto"),
        ("2026-10-05 10:30:00.000000+0000", "auto"),
        ("2026-10-05T12:30:00", "auto"),
        ("2026-10-05 12:30", "auto"),
        (" 2026-10-05T12:30 ", "auto"),
        ("05.10.2026 12:30", "%d.%m.%Y %H:%M"),
        ("Oct 5 2026 12:30 PM", "%b %d %Y %I:%M %p"),
        ("2026-10-05T12:30+0200", "%Y-%m-%dT%H:%M%z"),
    ],
)
def test_times_are_read_in_the_windows_zone(here: Path, written: str, pattern: str) -> None:
    """An offset counts; without one a time is local in Vienna."""
    home(here, rows(3, time=pl.lit(written)))
    rows().write_parquet(here / "reference.parquet")

    found = read(pull(a_system(columns=columns(time_format=pattern)), here))

    assert found["time"].unique().to_list() == [datetime(2026, 10, 5, 10, 30, tzinfo=UTC)]


def test_a_year_may_be_an_integer(here: Path) -> None:
    """`%Y` reads a column of years as their first moments in the zone."""
    home(here, rows(3, time=pl.Series([2025, 2026, 2027])))
    yearly = WindowPlan(length=Length.YEAR, zone="America/New_York", since=date(2020, 1, 1))
    system = a_system(columns=columns(time_format="%Y"), window=yearly)

    found = read(pull(system, here, period_of(datetime(2026, 6, 1, tzinfo=UTC), Length.YEAR, "America/New_York")))

    assert found["time"].to_list() == [datetime(2026, 1, 1, 5, tzinfo=UTC)]


@pytest.mark.parametrize("written", ["2026-10-25T02:30:00", "2026-03-29T02:30:00"])
def test_a_doubtful_time_concerns_only_its_window(here: Path, written: str) -> None:
    """The hour that a clock change doubles or skips is a fault of its month, not of the next."""
    home(here, rows(3, time=pl.Series(["2026-10-05", "2026-11-05", written])))

    told = {name: pull(a_system(), here, month(name)).faults for name in ("2026-03", "2026-10", "2026-11")}

    mine = written[:7]
    assert [fault.place.line for fault in told.pop(mine)] == [3]
    assert told.pop("2026-11") == ()


def test_naive_parquet_times_are_local(here: Path) -> None:
    """A timestamp without a zone is in the window's."""
    naive = pl.Series([datetime(2026, 10, 1)] * 2, dtype=pl.Datetime("ms"))  # noqa: DTZ001
    home(here, rows(2, time=naive))

    assert read(pull(a_system(), here))["time"].to_list() == [month().start] * 2


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "+05:30", "Europe/Vienna", "Mars/Base"])
def test_parquet_times_are_moments_whatever_their_unit_and_zone(here: Path, unit: str, zone: str) -> None:
    """What a writer calls the zone changes nothing; fixed offsets are read too."""
    seconds = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp())
    count = seconds * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    table = rows(1).to_arrow().drop("time").append_column("time", pa.array([count], pa.timestamp(unit, zone)))
    pq.write_table(table, here / "predictions.parquet")

    assert read(pull(a_system(), here))["time"].to_list() == [datetime(2026, 10, 5, tzinfo=UTC)]


def test_one_broken_file_in_two_roles_is_told_once(here: Path) -> None:
    """A history that is both predictions and reference has each fault once."""
    (here / "predictions.parquet").write_bytes(b"PAR1 torn")

    window = pull(a_system(reference=Source(address="predictions.parquet")), here)

    assert (window.current, window.reference, len(window.faults)) == (None, None, 1)


def test_a_working_folder_that_cannot_be_written_is_a_fault(here: Path) -> None:
    """Even then nothing is raised."""
    (here / "work").write_text("a file where the folder should be")

    window = pull(a_system(), here)

    assert texts(window).startswith("expected a working folder with room to write, found file exists.")


def test_a_file_that_changes_while_it_is_read_is_a_fault(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest would stand for other rows than those judged."""
    path = here / "predictions.parquet"
    opened = arrow.parquet_batches

    def meanwhile(source: Path, wanted: list[str]) -> Iterator[object]:
        yield from opened(source, wanted)
        if source == path:
            os.utime(path, ns=(1, 1))

    monkeypatch.setattr(arrow, "parquet_batches", meanwhile)

    window = pull(a_system(), here)

    assert window.current is None
    assert window.faults[0].found == "one that changed while it was read"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_empty_lines_and_any_line_ends_are_fine(here: Path, ends: str) -> None:
    """Blank lines before the header, between rows and at the end are skipped; a fault still has its physical line."""
    lines = rows().select(pl.exclude("region"), region=pl.lit('"q"')).write_csv().split("\n")[:3]
    (here / "rows.csv").write_bytes(ends.join(["", lines[0], "", lines[1], "", lines[2], "", ""]).encode())
    system = a_system(predictions=Source(address="rows.csv"))

    good = pull(system, here, month("2026-09"))
    (here / "rows.csv").write_bytes((here / "rows.csv").read_bytes().replace(b"2026-09", b"x", 1))
    bad = pull(system, here, month("2026-09"))

    assert good.current is not None
    assert good.current.rows == 2
    assert [fault.place.line for fault in bad.faults] == [4]
