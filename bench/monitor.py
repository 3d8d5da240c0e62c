"""CPU seconds (user + system) of one whole run without Prefect, imports warm, against DuckDB's scan of both files.

    python bench/monitor.py [--rows 100000 1000000]

A run is: pull the window, judge it, write its pages and Evidently's report, sign the bundle, archive it in a folder.
The rows are those of bench/scale.py; the reference is pulled and sorted before, as every window after the first finds
it. Goal: at most 20 times the scan.
"""

import argparse
import tempfile
import warnings
from pathlib import Path

from scale import AS_OF, both, least, pulled, scan, system

from checks.judge import judge
from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.compliance.proof import run_key, run_members, run_statement
from governance.evidence import build_bundle, store_bundle
from governance.registry.people import People
from governance.registry.system import System
from governance.verdict import Verdict
from reports.evidently_page import evidently_report
from reports.model_card import render_model_card
from reports.page import render_page
from reports.records import EvidenceLine


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
    one = system()
    both(one, rows, folder)
    window = pulled(one, folder)
    verdict = judge(one, window)
    written = pages(one, verdict)
    prove(verdict, written, folder)
    stages = {
        "pull": lambda: pulled(one, folder),
        "judge": lambda: judge(one, window),
        "pages": lambda: pages(one, verdict),
        "sign and archive": lambda: prove(verdict, written, folder),
    }
    spent = least({"floor": lambda: scan(one, folder / "r.parquet", folder / "c.parquet"), **stages}, 3)
    floor = spent.pop("floor")
    print(f"\n{rows:,} rows, {len(verdict.results)} results, verdict {verdict.status.value}")
    print(f"  DuckDB scan (floor)   CPU {floor:8.3f} s")
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
