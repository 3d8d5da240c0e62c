"""A real small delivery to damage: the bank's calls of May 2008, every sixth as the window, a third as its reference.

The dates of the file get an hour of the day, in the order of the rows, so that times can be damaged too.
"""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.pull import pull_window
from governance.adapters.registry_files import load_registry
from governance.registry.system import Columns, Labels, Source, System
from governance.window import Length, Window, period_of

HOME = Path(__file__).parents[1] / "deployments"
MAY = period_of(datetime(2008, 5, 10, tzinfo=UTC), Length.MONTH, "Europe/Lisbon")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
NUMERIC = ("age", "campaign", "cons.conf.idx", "euribor3m")
CATEGORICAL = ("job", "education", "contact")
REFERENCE = "reference.csv"
PLANT = "zq-Planted-73051"

Damage = Callable[[pl.DataFrame], bytes | None]


@cache
def calls() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The window's rows and the reference's, as text."""
    folder = HOME / "data" / "bank-calls"
    rows = pl.read_csv(gzip.decompress((folder / "calls-2008-05.csv.gz").read_bytes()), infer_schema=False)
    answers = pl.read_csv(gzip.decompress((folder / "answers.csv.gz").read_bytes()), infer_schema=False)
    rows = rows.join(answers.select("call", "subscribed"), on="call", how="left", maintain_order="left")
    minutes = [place * 31 * 1440 // rows.height for place in range(rows.height)]
    times = [f"2008-05-{1 + at // 1440:02d}T{at // 60 % 24:02d}:{at % 60:02d}:00+01:00" for at in minutes]
    kept = ("call", "contacted_on", "score", "prediction", "subscribed", *NUMERIC, *CATEGORICAL)
    rows = rows.with_columns(contacted_on=pl.Series(times)).select(kept)
    place = pl.int_range(pl.len()) % 6
    return rows.filter(place == 0), rows.filter(place.is_in([1, 2]))


def bank(**changes: Any) -> System:
    """The bank's entry in the registry, reading `calls.csv` and its reference from the delivery's folder."""
    entry = load_registry(HOME).system("bank-calls")
    columns = entry.columns.model_dump() | {"numeric": NUMERIC, "categorical": CATEGORICAL}
    rules = {name: rule for name, rule in entry.checks.contract.columns.items() if name in calls()[0].columns}
    contract = entry.checks.contract.model_copy(update={"columns": rules})
    fields: dict[str, Any] = {
        "predictions": Source(address="calls.csv"),
        "reference": Source(address=f"../{REFERENCE}"),
        "labels": Labels(),
        "checks": entry.checks.model_copy(update={"contract": contract}),
        "columns": Columns(**columns | changes.pop("columns", {})),
    }
    return entry.model_copy(update=fields | changes)


def deliver(folder: Path, body: bytes | None, name: str = "calls.csv") -> Path:
    """A registry folder with one damaged file, beside the reference that all deliveries share."""
    reference = folder.parent / REFERENCE
    if not reference.exists():
        reference.write_bytes(csv(calls()[1]))
    folder.mkdir()
    if body is not None:
        (folder / name).write_bytes(body)
    return folder


def pulled(folder: Path, system: System) -> Window:
    """The window of May 2008 as the real pull gives it."""
    return pull_window(system, MAY, home=folder, into=folder.parent / "work", as_of=NOW)


def csv(rows: pl.DataFrame, **options: Any) -> bytes:
    """Rows as a CSV file."""
    return rows.write_csv(**options).encode()


def parquet(rows: pl.DataFrame, **options: Any) -> bytes:
    """Rows as a parquet file."""
    file = BytesIO()
    rows.write_parquet(file, **options)
    return file.getvalue()


def cell(rows: pl.DataFrame, row: int, column: str, value: str) -> pl.DataFrame:
    """Rows with one cell replaced."""
    here = pl.int_range(pl.len()) == row
    return rows.with_columns(pl.when(here).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))


def cells(rows: pl.DataFrame, column: str, value: str, every: int = 7) -> pl.DataFrame:
    """Rows with every n-th cell of a column replaced, from the third row on."""
    here = pl.int_range(pl.len()) % every == 2
    return rows.with_columns(pl.when(here).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))


def numbers(column: str, change: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """A column of text, changed as a number."""
    return change(pl.col(column).cast(pl.Float64)).cast(pl.String).alias(column)


def typed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the types that a parquet file has."""
    made = {"call": pl.Int64, "prediction": pl.Int64, "subscribed": pl.Int64}
    return rows.with_columns(
        pl.col("contacted_on").str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_unit="us", time_zone="UTC"),
        *(pl.col(column).cast(kind) for column, kind in made.items()),
        *(pl.col(column).cast(pl.Float64) for column in ("score", *NUMERIC)),
    )
