"""CPU seconds (user + system) of drift: DuckDB's scan of both files (the floor), ours, and Evidently's preset.

    python bench/drift.py [--rows 100000 1000000] [--full]

20 numeric and 8 categorical columns, reference and current of n rows each, seeded. Ours is measured with the sorted
reference already kept, as every window after the first finds it, and once without. Evidently runs at 100,000 rows;
with --full at every size (1,000,000 take minutes). Goals: ours at most 10 times the floor, Evidently at least 40 times
ours.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from checks import drift
from governance.registry.system import System
from governance.window import Table

NUMERIC = tuple(f"x{place}" for place in range(20))
CATEGORICAL = tuple(f"c{place}" for place in range(8))


def system() -> System:
    """A registry entry that watches the generated columns."""
    return System.model_validate(
        {
            "id": "bench",
            "title": "Benchmark",
            "purpose": "Measures how long one window takes to judge.",
            "task": "binary",
            "model": {"name": "none", "version": "1"},
            "ai_act": {"risk_class": "minimal", "role": "deployer", "reason": "a benchmark decides nothing"},
            "people": {"owner": "ada", "deputy": "ben", "reviewer": "eve", "escalation": ["ada"]},
            "predictions": {"address": "none"},
            "reference": {"address": "none"},
            "columns": {
                "id": "id",
                "time": "time",
                "prediction": "prediction",
                "label": "label",
                "numeric": NUMERIC,
                "categorical": CATEGORICAL,
                "protected": ["sex", "race"],
            },
            "window": {"length": "P1D", "zone": "UTC", "since": "2026-01-01"},
            "schedule": {"cron": "0 6 * * *"},
        }
    )


def generate(path: Path, rows: int, seed: int, shift: float) -> Table:
    """A window's parquet file: normal numbers (the first shifted), even categories, ids, labels, two attributes."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2026-03-01T00:00:00", "us").astype(np.int64)
    data: dict[str, object] = {name: rng.normal(shift if name == "x0" else 0, 1, rows) for name in NUMERIC}
    data |= {name: rng.choice(np.array(list("abcdef")), rows) for name in CATEGORICAL}
    truth = rng.random(rows) < 0.3
    data |= {"label": np.where(truth, "1", "0"), "prediction": np.where(truth ^ (rng.random(rows) < 0.1), "1", "0")}
    data |= {"sex": rng.choice(np.array(["F", "M"]), rows), "race": rng.choice(np.array(list("uvwxyz")), rows)}
    frame = pl.DataFrame(data).with_columns(
        pl.int_range(rows).cast(pl.String).alias("id"),
        (pl.lit(start) + pl.int_range(rows) % 86_400 * 1_000_000)
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .alias("time"),
    )
    frame.write_parquet(path)
    return Table(path, sha256(path.read_bytes()).hexdigest(), rows)


def cpu(work: Callable[[], object], repeat: int = 1) -> tuple[float, float]:
    """The least CPU and wall seconds of some repetitions."""
    figures = []
    for _ in range(repeat):
        before, wall = os.times(), time.perf_counter()
        work()
        after = os.times()
        figures.append((after.user - before.user + after.system - before.system, time.perf_counter() - wall))
    return min(figures)


def scan(*tables: Table) -> None:
    """The floor: DuckDB reads every watched column of the files once."""
    sums = ", ".join([f"sum({name})" for name in NUMERIC] + [f"count({name})" for name in (*CATEGORICAL, "prediction")])
    query = f"select {sums} from read_parquet(?)"  # noqa: S608
    for table in tables:
        duckdb.connect(config={"threads": 2}).execute(query, [str(table.path)]).fetchall()


def preset(current: Table, reference: Table) -> None:
    """Evidently's own preset on the same rows."""
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset  # noqa: PLC0415

    columns = [*NUMERIC, *CATEGORICAL, "prediction"]
    definition = DataDefinition(numerical_columns=list(NUMERIC), categorical_columns=[*CATEGORICAL, "prediction"])
    frames = [pl.read_parquet(table.path, columns=columns).to_pandas() for table in (current, reference)]
    datasets = [Dataset.from_pandas(frame, data_definition=definition) for frame in frames]
    Report([DataDriftPreset()]).run(*datasets)


def compare(rows: int, folder: Path, *, full: bool) -> None:
    """Print one size."""
    reference, current = generate(folder / "r.parquet", rows, 1, 0.0), generate(folder / "c.parquet", rows, 2, 0.3)
    watching = system()
    scan(reference, current)
    floor, floor_wall = cpu(lambda: scan(reference, current), 5)
    print(f"\n{rows:,} rows x {len(NUMERIC)} numeric + {len(CATEGORICAL)} categorical columns, reference and current")
    print(f"  DuckDB scan (floor)          CPU {floor:8.3f} s   wall {floor_wall:8.3f} s")
    first, first_wall = cpu(lambda: drift.examine(watching, current.path, reference, {}))
    print(
        f"  ours, reference sorted anew  CPU {first:8.3f} s   wall {first_wall:8.3f} s   {first / floor:6.1f} x floor"
    )
    ours, ours_wall = cpu(lambda: drift.examine(watching, current.path, reference, {}), 5)
    print(f"  ours, sorted reference kept  CPU {ours:8.3f} s   wall {ours_wall:8.3f} s   {ours / floor:6.1f} x floor")
    if full or rows <= 100_000:
        import evidently.presets  # noqa: F401, PLC0415  its import is not counted

        theirs, wall = cpu(lambda: preset(current, reference))
        print(f"  Evidently DataDriftPreset    CPU {theirs:8.3f} s   wall {wall:8.3f} s   {theirs / ours:6.1f} x ours")


def main() -> None:
    """Run all sizes."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    asked.add_argument("--full", action="store_true", help="run Evidently at every size")
    chosen = asked.parse_args()
    warnings.simplefilter("ignore")
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory() as folder:
            compare(rows, Path(folder), full=chosen.full)


if __name__ == "__main__":
    main()
