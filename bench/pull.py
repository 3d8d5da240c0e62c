"""How long pulling a window takes against a plain DuckDB scan of the same file: `python bench/pull.py [ROWS]`.

20 numbers and 8 texts a row, all of them in the window, labels beside. CPU seconds (all threads) are the figure to
trust on a shared machine; each is the least of three runs.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from governance.adapters.pull import pull_window
from governance.registry.system import AiAct, Columns, Model, Roles, Schedule, Source, System, WindowPlan
from governance.window import Length, period_of

NUMBERS = [f"x{number}" for number in range(20)]
TEXTS = [f"c{number}" for number in range(3)]
DAY = datetime(2026, 10, 5, tzinfo=UTC)


def system(suffix: str) -> System:
    """A system over the file of the bench."""
    names = {"id": "id", "time": "time", "prediction": "prediction", "score": "x0", "label": "label"}
    return System(
        id="bench",
        title="Bench",
        purpose="Rows without a meaning, to measure how fast they are read.",
        task="binary",
        model=Model(name="none", version="1"),
        ai_act=AiAct(risk_class="minimal", role="provider", reason="no person is concerned"),
        people=Roles(owner="an-owner", deputy="a-deputy", reviewer="a-reviewer", escalation=("a-lead",)),
        predictions=Source(address=f"rows.{suffix}"),
        reference=Source(address="little.parquet"),
        columns=Columns(**names, numeric=tuple(NUMBERS), categorical=tuple(TEXTS), protected=("sex",)),
        window=WindowPlan(length=Length.MONTH, zone="UTC", since=date(2026, 1, 1)),
        schedule=Schedule(cron="0 6 * * 1"),
    )


def rows(count: int) -> pl.DataFrame:
    """Random rows of one day."""
    rng = np.random.default_rng(1)
    numbers = {name: rng.normal(size=count) for name in NUMBERS}
    texts = {name: rng.choice(["north", "south", "east", "west"], count) for name in [*TEXTS, "sex"]}
    moments = pl.Series([DAY], dtype=pl.Datetime("us", "UTC")).new_from_index(0, count)
    marks = {name: rng.integers(0, 2, count) for name in ("prediction", "label")}
    return pl.DataFrame({"id": np.arange(count), "time": moments, **numbers, **texts, **marks})


def least(work: Callable[[], object]) -> tuple[float, float]:
    """The least CPU and wall seconds of three runs."""
    times = []
    for _ in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(cpu for cpu, _ in times), min(wall for _, wall in times)


def main() -> None:
    """Print the scan, the pull of each format, and their ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        frame = rows(count)
        frame.write_parquet(home / "rows.parquet", compression="snappy")
        frame.write_csv(home / "rows.csv")
        frame.head(1000).write_parquet(home / "little.parquet")
        names = ", ".join(f"max({name})" for name in frame.columns)
        scan = f"SELECT {names} FROM '{home / 'rows.parquet'}'"  # noqa: S608 - names of ours
        floor = least(lambda: duckdb.sql(scan).fetchall())
        print(f"{count:,} x {frame.width}   CPU s  x scan   wall s  x scan")
        print(f"DuckDB scan      {floor[0]:7.2f} {1:7.1f} {floor[1]:8.2f} {1:7.1f}")
        for suffix in ("parquet", "csv"):
            period = period_of(DAY, Length.MONTH, "UTC")
            cpu, wall = least(lambda: _whole(system(suffix), period, home, count))  # noqa: B023 - called at once
            print(f"pull {suffix:<12}{cpu:7.2f} {cpu / floor[0]:7.1f} {wall:8.2f} {wall / floor[1]:7.1f}")


def _whole(a_system: System, period: object, home: Path, count: int) -> None:
    """Pull, and make sure that all rows came."""
    window = pull_window(a_system, period, home=home, into=home / "work", as_of=DAY)  # type: ignore[arg-type]
    if window.current is None or window.current.rows != count:
        raise SystemExit("\n".join(map(str, window.faults)))


if __name__ == "__main__":
    main()
