"""Rules of counting rows where they lie: every engine gives the same counts, and nothing of a fault's text."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import psycopg
import pytest

from checks.grid import Plan
from governance.adapters.engine import Engine
from governance.errors import UnreadableInput
from governance.registry.system import Source
from tests.optional_parts import SPARK
from tests.row_builders import a_system, month, rows

PLAN = Plan(20.0, 80.0, (30.0, 45.5))
ODD = Plan(1e3, 5e3, (1234.5678901234567,))


def frame() -> pl.DataFrame:
    """Rows with nulls, NaN, infinite and huge numbers, and a column's name with a dot."""
    every = rows()
    income = every["income.net"].to_list()
    income[::50] = [1e308, -1e308, float("inf"), float("-inf"), float("nan"), None] * 3
    return every.with_columns(pl.Series("income.net", income, dtype=pl.Float64)).drop("unused")


def parquet(folder: Path) -> Source:
    """A folder of two files."""
    (folder / "parts").mkdir()
    frame().head(400).write_parquet(folder / "parts" / "a.parquet")
    frame().slice(400).write_parquet(folder / "parts" / "it's b.parquet")
    return Source(address="parts")


@pytest.fixture
def duckdb(tmp_path: Path) -> Source:
    """DuckDB over parquet."""
    return parquet(tmp_path)


@pytest.fixture
def database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A table of Postgres."""
    monkeypatch.setenv("ROWS_DATABASE", postgres)
    types = """id bigint, "time" timestamptz, prediction int, score float8, label smallint, age numeric,
        "income.net" float8, region text, branch int, sex text"""
    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS counted")
        cursor.execute(f"CREATE TABLE counted ({types})")
        with cursor.copy("COPY counted FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(frame().write_csv())
    query = "SELECT * FROM counted WHERE time >= %(start)s AND region LIKE '%%'"
    return Source(address="${ROWS_DATABASE}", query=query)


@pytest.fixture
def spark(tmp_path: Path, spark_here: None) -> Source:
    """Spark over parquet."""
    frame().write_parquet(tmp_path / "table.parquet")
    query = f"SELECT * FROM parquet.`{tmp_path}/table.parquet` WHERE region IS NOT NULL"  # noqa: S608 - our own name
    return Source(address="spark://local[2]", query=query)


@pytest.fixture(
    params=[
        "duckdb",
        pytest.param("database", marks=pytest.mark.servers),
        SPARK,
    ]
)
def source(request: pytest.FixtureRequest) -> Source:
    """Every engine in turn."""
    found: Source = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def engine(source: Source, tmp_path: Path) -> Engine:
    """October 2026 of the rows."""
    return Engine(source, a_system().columns.time, (month().start, month().end), tmp_path)


def october(column: str, kind: Callable = float) -> list:
    """The usable values of October in rising order; where a query asks for a region, so does this."""
    period = month()
    within = frame().filter(pl.col("time").is_between(period.start, period.end, closed="left"))
    return sorted(kind(value) for value in within[column].drop_nulls().to_list() if kind is str or np.isfinite(value))


def test_every_engine_counts_the_same(engine: Engine, source: Source) -> None:
    """Cells, ranks, sums and texts are those of the rows themselves."""
    regions = engine.counts("region")
    grid = engine.grid("age", PLAN)

    assert sum(regions.values()) == len(october("region", str))
    assert regions["two\nlines"] == october("region", str).count("two\nlines")
    assert grid == sorted(grid)
    if not source.query:
        ages = np.array(october("age"))
        ranks = np.searchsorted(PLAN.cuts, ages, "left")
        assert sum(one[2] for one in grid) == len(ages)
        assert [sum(one[2] for one in grid if one[1] == rank) for rank in range(3)] == np.bincount(ranks).tolist()
        assert sum(one[3] for one in grid) == pytest.approx((ages - 20).sum(), rel=1e-12)


def test_numbers_that_are_not_finite_are_left_out_and_huge_ones_are_not(engine: Engine) -> None:
    """Of NaN and infinite numbers nothing is counted; 1e308 lies beyond the last cell."""
    values = dict(engine.ordered("income.net"))

    assert all(np.isfinite(value) for value in values)
    assert list(values) == sorted(values)
    assert max(values) == 1e308
    assert sum(values.values()) <= len(october("income.net"))


def test_what_was_asked_is_kept_word_for_word(engine: Engine, source: Source, tmp_path: Path) -> None:
    """Also where it failed; with the source's query, without cuts (values of rows) and folders of this machine."""
    with pytest.raises(UnreadableInput):
        engine.grid("no such column", ODD)

    (text,) = engine.asked.values()
    assert "'1000.0'" in text
    assert "1234.5678" not in text
    assert ":cut_1" in text
    assert "region" in text or not source.query
    assert source.query or str(tmp_path) not in text


def test_a_fraction_is_no_category(engine: Engine) -> None:
    """Engines write 1.0 in different ways, so it is refused rather than counted under another name."""
    with pytest.raises(UnreadableInput) as told:
        engine.counts("score")

    assert "a column of double" in str(told.value)


def test_a_fault_tells_no_value(engine: Engine) -> None:
    """A text where a number is wanted is told by the name of the engine's error."""
    with pytest.raises(UnreadableInput) as told:
        engine.grid("region", PLAN)

    assert "Wien" not in str(told.value)
    assert "Kärnten" not in str(told.value)
