"""What judging costs by rows: CPU seconds (user + system, all threads) over DuckDB's scan of the same files, the floor.

    python bench/scale.py [--rows 100000 1000000] [--long]

1. 28 watched columns (20 numeric, 8 categorical), the window a tenth smaller than the reference: drift with the sorted
   reference kept, as every window after the first finds it; the whole judgement; Evidently's own preset on the smallest
   size (--long: on the largest too, minutes). Each figure is the least of five rounds, taken in turn.
   Goals: drift at most 4 times the floor and Evidently at least 100 times drift at 1e6; judging at most 10 times.
2. Ten columns (6 numbers, one of them the score, 2 categories, prediction, label), 1e5 and 1e6 rows (--long: up to
   1e8; 30 GB of disk, half an hour): pull and judge, each size in a process of its own, with its peak resident memory;
   floor and second judgement are the least of three, taken in turn.
   Goals: growth is linear; 1e8 rows in less than 4 GiB.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import file_digest
from importlib import import_module
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq

from checks import drift
from checks.judge import judge
from governance.adapters.pull import pull_window
from governance.registry.system import System
from governance.window import Length, Table, Window, period_of

WIDE, NARROW = (20, 8), (6, 2)
PERIOD = period_of(datetime(2026, 3, 1, 12, tzinfo=UTC), Length.DAY, "UTC")
AS_OF = PERIOD.end + timedelta(days=1)
CHUNK = 1 << 20
GIB = 1 << 30


def system(numeric: int = WIDE[0], categorical: int = WIDE[1]) -> System:
    """A registry entry that watches the generated columns; the narrow one has a score."""
    narrow = (numeric, categorical) == NARROW
    return System.model_validate(
        {
            "id": "bench",
            "title": "Benchmark",
            "purpose": "Measures how long one window takes to judge.",
            "task": "binary",
            "model": {"name": "none", "version": "1"},
            "ai_act": {"risk_class": "minimal", "role": "deployer", "reason": "a benchmark decides nothing"},
            "people": {"owner": "ada", "deputy": "ben", "reviewer": "eve", "escalation": ["ada"]},
            "predictions": {"address": "c.parquet"},
            "reference": {"address": "r.parquet"},
            "columns": {
                "id": "id",
                "time": "time",
                "prediction": "prediction",
                "label": "label",
                "numeric": [f"x{place}" for place in range(numeric)],
                "categorical": [f"c{place}" for place in range(categorical)],
                "protected": ["c1"] if narrow else ["c6", "c7"],
                **({"score": "x0"} if narrow else {}),
            },
            "window": {"length": "P1D", "zone": "UTC", "since": "2026-01-01"},
            "schedule": {"cron": "0 6 * * *"},
        }
    )


def generate(one: System, path: Path, rows: int, seed: int, shift: float = 0.0) -> Table:
    """A parquet file of normal numbers (the first shifted) and even categories, in pieces: memory does not grow."""
    writer = None
    for start in range(0, rows, CHUNK):
        table = _piece(one, start, min(CHUNK, rows - start), np.random.default_rng((seed, start)), shift).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=CHUNK // 8)
    if writer:
        writer.close()
    with path.open("rb") as file:
        return Table(path, file_digest(file, "sha256").hexdigest(), rows)


def _piece(one: System, start: int, rows: int, rng: np.random.Generator, shift: float) -> pl.DataFrame:
    """Some rows, numbered from `start`, spread over one day."""
    first = np.datetime64("2026-03-01T00:00:00", "us").astype(np.int64)
    data: dict[str, object] = {name: rng.normal(shift if name == "x0" else 0, 1, rows) for name in one.columns.numeric}
    letters = pl.Series(list("abcdef"))
    data |= {name: letters.gather(rng.integers(0, 6, rows)) for name in one.columns.categorical}
    truth = rng.random(rows) < 0.3
    data |= {"label": np.where(truth, "1", "0"), "prediction": np.where(truth ^ (rng.random(rows) < 0.1), "1", "0")}
    moment = (pl.lit(first) + pl.int_range(start, start + rows) % 86_400 * 1_000_000).cast(pl.Datetime("us"))
    return pl.DataFrame(data).with_columns(
        pl.int_range(start, start + rows).cast(pl.String).alias("id"), moment.dt.replace_time_zone("UTC").alias("time")
    )


def cpu(work: Callable[[], object]) -> float:
    """The CPU seconds of this process that some work takes."""
    before = time.process_time()
    work()
    return time.process_time() - before


def least(works: dict[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """The least CPU seconds of each work; they take turns, so that a busy machine is busy for all of them."""
    spent = [{name: cpu(work) for name, work in works.items()} for _ in range(rounds)]
    return {name: min(one[name] for one in spent) for name in works}


def scan(one: System, *paths: Path) -> None:
    """The floor: DuckDB reads every watched column of the files once."""
    texts = (*one.columns.categorical, "prediction", "label")
    sums = ", ".join([f"sum({name})" for name in one.columns.numeric] + [f"count({name})" for name in texts])
    for path in paths:
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"select {sums} from read_parquet(?)", [str(path)]).fetchall()  # noqa: S608


def preset(one: System, *paths: Path) -> None:
    """Evidently's own preset on the same rows."""
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset  # noqa: PLC0415

    numbers, texts = list(one.columns.numeric), [*one.columns.categorical, "prediction"]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    frames = [pl.read_parquet(path, columns=[*numbers, *texts]).to_pandas() for path in paths]
    Report([DataDriftPreset()]).run(*(Dataset.from_pandas(frame, data_definition=definition) for frame in frames))


def pulled(one: System, folder: Path) -> Window:
    """The window and its reference, as a run finds them."""
    return pull_window(one, PERIOD, home=folder, into=folder / "working", as_of=AS_OF)


def both(one: System, rows: int, folder: Path) -> tuple[Table, Table]:
    """Files of a window and its reference; the window is a tenth smaller."""
    return (
        generate(one, folder / "c.parquet", rows - rows // 10, 2, 0.3),
        generate(one, folder / "r.parquet", rows, 1),
    )


def wide(rows: int, folder: Path, *, compared: bool) -> None:
    """Part 1 at one size."""
    one = system()
    both(one, rows, folder)
    window = pulled(one, folder)
    now, before = window.current, window.reference
    if now is None or before is None:
        raise SystemExit(str(window.faults))
    first = cpu(lambda: drift.examine(one, now.path, before, {}))
    judge(one, window)
    spent = least(
        {
            "DuckDB scan (the floor)": lambda: scan(one, now.path, before.path),
            "drift, sorted reference kept": lambda: drift.examine(one, now.path, before, {}),
            "whole judgement": lambda: judge(one, window),
        }
    )
    floor, ours = spent["DuckDB scan (the floor)"], spent["drift, sorted reference kept"]
    print(f"\n{rows:,} rows x 20 numeric + 8 categorical columns and the prediction; the window has {now.rows:,}")
    for name, seconds in (spent | {"drift, reference sorted anew": first}).items():
        print(f"  {name:30} CPU {seconds:9.3f} s {seconds / floor:7.1f} x floor")
    if compared:
        import_module("evidently.presets")  # not counted
        theirs = cpu(lambda: preset(one, now.path, before.path))
        print(f"  {'Evidently DataDriftPreset':30} CPU {theirs:9.3f} s {theirs / ours:7.1f} x drift")


def peak() -> float:
    """The greatest resident memory of this process so far, in GiB (ru_maxrss would begin with that of the parent)."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) * 1024 / GIB


def child(folder: Path) -> None:
    """Part 2 in a process of its own: the first window, and the next, which finds the reference kept; prints JSON."""
    one, told = system(*NARROW), dict[str, float]()
    found: list[Window] = []
    told["pull"] = cpu(lambda: found.append(pulled(one, folder)))
    told["peak of pull"] = peak()
    told["first judgement"] = cpu(lambda: judge(one, found[0]))
    told["peak of the first"] = peak()
    paths = [table.path for table in (found[0].current, found[0].reference) if table]
    told |= least({"judgement": lambda: judge(one, found[0]), "floor": lambda: scan(one, *paths)}, 3)
    told["peak"] = peak()
    sys.stdout.write(json.dumps(told))


def narrow(sizes: list[int], place: str | None) -> None:
    """Part 2: every size, and how the cost of a row grows."""
    print("\n10 columns by rows of the reference; CPU nanoseconds per row of window and reference; peak memory")
    print("         rows     floor      pull     first judgement     judgement   x floor      peak")
    for rows in sizes:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            both(system(*NARROW), rows, Path(folder))
            command = [sys.executable, __file__, "--child", folder]
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, env={**os.environ, "POLARS_MAX_THREADS": "2"}
            )
        told = json.loads(done.stdout)
        each = {name: told[name] / (1.9 * rows) * 1e9 for name in ("floor", "pull", "first judgement", "judgement")}
        print(
            f"{rows:13,} {each['floor']:9.1f} {each['pull']:9.1f} {each['first judgement']:19.1f} "
            f"{each['judgement']:13.1f} {told['judgement'] / told['floor']:9.1f} {told['peak']:6.2f} GiB"
            f"   (pull {told['peak of pull']:.2f}, first {told['peak of the first']:.2f})"
        )


def main() -> None:
    """Run all sizes."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000], help="sizes of part 1")
    asked.add_argument("--narrow", type=int, nargs="*", help="sizes of part 2")
    asked.add_argument("--long", action="store_true", help="Evidently at every size; part 2 up to 1e8 rows")
    asked.add_argument("--place", help="a folder with room for the rows")
    asked.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = asked.parse_args()
    warnings.simplefilter("ignore")
    if chosen.child:
        child(chosen.child)
        return
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory(dir=chosen.place) as folder:
            wide(rows, Path(folder), compared=chosen.long or rows == min(chosen.rows))
    sizes = [10**5, 10**6, *([10**7, 10**8] if chosen.long else [])]
    narrow(sizes if chosen.narrow is None else chosen.narrow, chosen.place)


if __name__ == "__main__":
    main()
