"""Rows for tests of pulling: a loan system, three months of predictions, and the same rows in every format."""

import gzip
import random
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.fs
import pytest

from governance.adapters.pull import pull_window
from governance.adapters.s3 import make_locked_bucket
from governance.adapters.seaweed import SeaweedFS
from governance.registry.system import Columns, Source, System, WindowPlan
from governance.window import Length, Period, Window, period_of
from tests import builders

LATER = datetime(2027, 6, 1, tzinfo=UTC)
COLUMNS = Columns(
    id="id",
    time="time",
    prediction="prediction",
    score="score",
    label="label",
    numeric=("age", "income.net"),
    categorical=("region", "branch"),
    protected=("sex", "age"),
)


def a_system(**changes: Any) -> System:
    """A binary system with monthly windows in Vienna; files `predictions.parquet` and `reference.parquet`."""
    fields: dict[str, Any] = {
        "predictions": Source(address="predictions.parquet"),
        "reference": Source(address="reference.parquet"),
        "columns": COLUMNS,
        "window": WindowPlan(length=Length.MONTH, zone="Europe/Vienna", since=date(2026, 9, 1)),
    }
    return builders.system(**fields | changes)


def month(name: str = "2026-10", length: Length = Length.MONTH, zone: str = "Europe/Vienna") -> Period:
    """The period that holds noon of the month's second day."""
    return period_of(datetime.fromisoformat(f"{name}-02T12:00:00+00:00"), length, zone)


def rows(count: int = 900, **columns: Any) -> pl.DataFrame:
    """Rows of September to November 2026 in time order, with nulls, NaN, quotes, commas, line ends and umlauts."""
    chance = random.Random(7)
    first = datetime(2026, 9, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "id": range(1000, 1000 + count),
            "time": [first + timedelta(days=90) * row / count for row in range(count)],
            "prediction": [chance.randrange(2) for _ in range(count)],
            "score": [chance.random() for _ in range(count)],
            "label": [chance.choice([0, 1, None]) for _ in range(count)],
            "age": [float(chance.randrange(18, 90)) for _ in range(count)],
            "income.net": [chance.choice([None, float("nan"), chance.gauss(3e3, 9e2)]) for _ in range(count)],
            "region": [
                chance.choice(["Wien", 'the "West"', "a, b", "Kärnten", "two\nlines", None]) for _ in range(count)
            ],
            "branch": [chance.choice([1, 2, 30, None]) for _ in range(count)],
            "sex": [chance.choice(["f", "m"]) for _ in range(count)],
            "unused": ["x"] * count,
        },
        schema_overrides={"time": pl.Datetime("us", "UTC")},
    )
    return frame.with_columns(**columns)


def write_gz(frame: pl.DataFrame, path: Path) -> None:
    """A gzip CSV file."""
    path.write_bytes(gzip.compress(frame.write_csv().encode()))


def rows_bucket(server: SeaweedFS, environment: pytest.MonkeyPatch) -> tuple[str, pyarrow.fs.S3FileSystem]:
    """An empty bucket of a real server, which the environment names: its name, and a client that writes to it."""
    bucket, keys = f"rows-{secrets.token_hex(4)}", (server.admin.key, server.admin.secret)
    make_locked_bucket(bucket, server.endpoint, keys)
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), keys, strict=True):
        environment.setenv(name, value)
    environment.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    host = server.endpoint.removeprefix("http://")
    files = pyarrow.fs.S3FileSystem(
        access_key=keys[0], secret_key=keys[1], endpoint_override=host, scheme="http", region="us-east-1"
    )
    return bucket, files


def home(folder: Path, frame: pl.DataFrame | None = None) -> Path:
    """A registry folder with predictions and their reference as parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    every = rows() if frame is None else frame
    every.write_parquet(folder / "predictions.parquet")
    rows().write_parquet(folder / "reference.parquet")
    return folder


def pull(system: System, folder: Path, period: Period | None = None, as_of: datetime = LATER) -> Window:
    """What pull gives for October 2026, or for another period."""
    return pull_window(system, period or month(), home=folder, into=folder / "work", as_of=as_of)


def read(window: Window) -> pl.DataFrame:
    """The rows of a window."""
    assert window.current is not None, window.faults
    return pl.read_parquet(window.current.path)


def texts(window: Window) -> str:
    """All faults, one a line."""
    return "\n".join(str(fault) for fault in window.faults)
