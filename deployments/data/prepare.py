"""Makes the example data of this folder from the published files that README.md names.

    python deployments/data/prepare.py RAW_DIR

Original values are kept. What is added has a name of its own: `contacted_on`, `subscribed`, `score`, `prediction`,
`rented_at`.
The bank's and the bicycles' `score` and `prediction` come with RAW_DIR (models described in README.md).
Deterministic: the same input gives the same bytes.
"""

import gzip
import io
import shutil
import sys
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """One gzip'd CSV without a time stamp."""
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, compresslevel=9, filename="") as packed:
        packed.write(frame.write_csv().encode())


def bank(raw: Path) -> None:
    """A file of calls a month, and one of answers a month, as a call centre would deliver them."""
    calls = pl.read_csv(
        io.BytesIO(gzip.decompress((raw / "bank_marketing.csv.gz").read_bytes())), infer_schema_length=None
    )
    frame = pl.concat([pl.read_parquet(raw / "bank_marketing_predictions.parquet"), calls], how="horizontal")
    frame = frame.rename({"row": "call"}).drop("duration", "month", "day_of_week")
    for (window,), part in frame.group_by(["window"], maintain_order=True):
        dated = part.with_columns(pl.lit(f"{window}-01").alias("contacted_on")).drop("window", "y")
        write_csv(
            dated.select("call", "contacted_on", pl.exclude("call", "contacted_on")),
            HERE / f"bank-calls/calls-{window}.csv.gz",
        )
    subscribed = (pl.col("y") == "yes").cast(pl.Int8).alias("subscribed")
    write_csv(frame.select("call", "y", subscribed), HERE / "bank-calls/answers.csv.gz")
    whole = (HERE / "bank-calls/calls-2010-11.csv.gz").read_bytes()
    (HERE / "bank-calls/calls-2010-12.csv.gz").write_bytes(whole[: len(whole) // 2])


def bikes(raw: Path) -> None:
    """One file of hours with the model's forecast and what came true."""
    hours = pl.read_csv(
        io.BytesIO(gzip.decompress((raw / "bike_sharing_hour.csv.gz").read_bytes())), infer_schema_length=None
    )
    frame = hours.join(pl.read_parquet(raw / "bike_sharing_predictions.parquet"), on="instant", how="left")
    at = pl.col("dteday") + "T" + pl.col("hr").cast(pl.String).str.zfill(2) + ":00:00Z"
    kept = frame.with_columns(at.alias("rented_at")).drop("dteday", "casual", "registered", "yr", "mnth")
    write_csv(
        kept.select("instant", "rented_at", pl.exclude("instant", "rented_at")), HERE / "bike-demand/hours.csv.gz"
    )


def employment(raw: Path) -> None:
    """The reference of 2015 with labels; 2016 with the labels apart."""
    for name, target in (
        ("acs_employment_ma_2015", "reference-2015"),
        ("acs_employment_ma_2016", "predictions-2016"),
        ("acs_employment_ma_2016_labels", "labels-2016"),
    ):
        shutil.copyfile(raw / f"{name}.parquet", HERE / f"employment-ma/{target}.parquet")


if __name__ == "__main__":
    for make in (employment, bank, bikes):
        make(Path(sys.argv[1]))
