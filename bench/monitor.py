"""CPU seconds (user + system) of one whole run without Prefect, imports warm, against DuckDB's scan of both files.

    python bench/monitor.py [--rows 100000 1000000]

A run is: pull the window, judge it, write its pages and Evidently's report, sign the bundle, archive it in a folder.
The rows are those of bench/drift.py; the reference is pulled and sorted before, as every window after the first finds
it. Goal: at most 20 times the scan.
"""

import argparse
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drift import cpu, generate, scan, system

from checks.judge import judge
from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.pull import pull_window
from governance.compliance.proof import run_key, run_members, run_statement
from governance.evidence import build_bundle, store_bundle
from governance.registry.people import People
from governance.registry.system import System
from governance.verdict import Verdict
from governance.window import Length, Window, period_of
from reports.evidently_page import evidently_report
from reports.model_card import render_model_card
from reports.page import render_page
from reports.records import EvidenceLine

PERIOD = period_of(datetime(2026, 3, 1, 12, tzinfo=UTC), Length.DAY, "UTC")
AS_OF = PERIOD.end + timedelta(days=1)


def pull(one: System, folder: Path) -> Window:
    """The window and its reference as local files."""
    return pull_window(one, PERIOD, home=folder, into=folder / "working", as_of=AS_OF)


def pages(one: System, verdict: Verdict) -> dict[str, bytes]:
    """What the bundle holds beside the verdict."""
    people = People(people=())
    line = EvidenceLine(verdict.bundle_id, run_key(verdict), "example.org/bench")
    return {
        "page.html": render_page(one, people, verdict, [], line),
        "model_card.html": render_model_card(one, people, verdict, []),
        "evidently.json": evidently_report(verdict).json,
    }


def prove(verdict: Verdict, written: dict[str, bytes], folder: Path) -> None:
    """Sign and archive, in an archive of its own."""
    keys = create_keys(folder / "keys", demo=True)
    members = run_members(verdict, "id: bench\n", written)
    statement = run_statement(verdict, members, origin="example.org/bench", created=AS_OF)
    body = build_bundle(bundle_id=verdict.bundle_id, members=members, statement=statement, signer=keys.statement)
    with tempfile.TemporaryDirectory() as archive:
        store = DirectoryArchive(Path(archive))
        store_bundle(store, run_key(verdict), body, log_signer=keys.log, origin="example.org/bench")


def measure(rows: int, folder: Path) -> None:
    """Print one size."""
    reference, current = generate(folder / "r.parquet", rows, 1, 0.0), generate(folder / "c.parquet", rows, 2, 0.3)
    told = system().model_dump()
    one = System.model_validate(
        {**told, "predictions": {"address": "c.parquet"}, "reference": {"address": "r.parquet"}}
    )
    window = pull(one, folder)
    verdict = judge(one, window)
    written = pages(one, verdict)
    prove(verdict, written, folder)
    floor, _ = cpu(lambda: scan(reference, current), 5)
    print(f"\n{rows:,} rows, {len(verdict.results)} results, verdict {verdict.status.value}")
    print(f"  DuckDB scan (floor)   CPU {floor:8.3f} s")
    stages = {
        "pull": lambda: pull(one, folder),
        "judge": lambda: judge(one, window),
        "pages": lambda: pages(one, verdict),
        "sign and archive": lambda: prove(verdict, written, folder),
    }
    spent = {name: cpu(work, 3)[0] for name, work in stages.items()}
    for name, seconds in (spent | {"whole run": sum(spent.values())}).items():
        print(f"  {name:20}  CPU {seconds:8.3f} s   {seconds / floor:6.1f} x floor")


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
