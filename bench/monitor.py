"""CPU seconds (user + system) of judging one whole window, imports warm, against DuckDB's scan of both files.

    python bench/monitor.py [--rows 100000 1000000]

The rows are those of bench/drift.py. Goal: at most 20 times the scan.
"""

import argparse
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drift import cpu, generate, scan, system

from checks.judge import judge
from governance.window import Length, Window, period_of


def measure(rows: int, folder: Path) -> None:
    """Print one size."""
    reference, current = generate(folder / "r.parquet", rows, 1, 0.0), generate(folder / "c.parquet", rows, 2, 0.3)
    period = period_of(datetime(2026, 3, 1, 12, tzinfo=UTC), Length.DAY, "UTC")
    window = Window("bench", period, period.end + timedelta(days=1), current, reference)
    verdict = judge(system(), window)
    floor, floor_wall = cpu(lambda: scan(reference, current), 5)
    ours, wall = cpu(lambda: judge(system(), window), 3)
    print(f"\n{rows:,} rows, {len(verdict.results)} results, {len(verdict.to_json()):,} bytes, {verdict.status.value}")
    print(f"  DuckDB scan (floor)  CPU {floor:8.3f} s   wall {floor_wall:8.3f} s")
    print(f"  judge, imports warm  CPU {ours:8.3f} s   wall {wall:8.3f} s   {ours / floor:6.1f} x floor")


def main() -> None:
    """Run all sizes."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    warnings.simplefilter("ignore")
    for rows in asked.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            measure(rows, Path(folder))


if __name__ == "__main__":
    main()
