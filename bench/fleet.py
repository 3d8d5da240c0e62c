"""A fleet on one machine: what one round of a cadence costs, by shape; in CPU seconds, for others use the machine too.

    python bench/fleet.py [--systems 20] [--shapes sweep deployments] [--postgres postgresql://…]

Each system has 300 rows in one due window, judged through the real line: a Prefect server, a worker with two places at
once, `aims deploy`, pull, checks, pages, signature, archive in a folder, artifacts. A round is what a cron tick starts.
Printed: CPU of server and of worker with its flows, a system; the greatest memory (PSS) of both; how late the last
verdict came; what the round added to the database and to the archive.
"""

import argparse
import contextlib
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import polars as pl
import yaml

from governance.adapters.embedded import QUIET, begin_archive
from governance.adapters.processes import Processes, python
from governance.adapters.workplace import Workplace
from governance.cli.up import free_port

ROOT = Path(__file__).parents[1]
ROWS, COLUMNS = 300, ("a", "b", "c", "d")
TICK = os.sysconf("SC_CLK_TCK")
PREFECT = python("-m", "prefect", "--no-prompt")
SHAPES = {"sweep": 0, "deployments": 10**6}  # up to how many systems each has a deployment of its own
DEPLOY = """
import asyncio, sys
from governance.adapters.workplace import Workplace
from tasks.deploy import sync_deployments
asyncio.run(sync_deployments(Workplace.here().registry, most=int(sys.argv[1])))
"""


def make_home(folder: Path, systems: int) -> Path:
    """A registry of systems that share their rows; each has one due window, yesterday's."""
    home, day = folder / "deployments", datetime.now(UTC).date() - timedelta(days=1)
    shutil.copytree(ROOT / "deployments/kinds", home / "kinds")
    shutil.copy(ROOT / "deployments/controls.yaml", home)
    people = [{"id": one, "name": one, "email": f"{one}@example.org"} for one in ("ann", "bob", "cy", "di")]
    (home / "people.yaml").write_text(yaml.safe_dump({"people": people}))
    (home / "systems").mkdir()
    rows(day - timedelta(days=1)).write_parquet(home / "reference.parquet")
    rows(day).write_parquet(home / "predictions.parquet")
    for number in range(systems):
        name = f"fleet-{number:04d}"
        (home / "systems" / f"{name}.yaml").write_text(yaml.safe_dump(entry(name, day), sort_keys=False))
    return home


def rows(day: date) -> pl.DataFrame:
    """One day of predictions, the same in every value but the day."""
    values = {
        name: [float(row * prime % 101) for row in range(ROWS)]
        for name, prime in zip(COLUMNS, (7, 11, 13, 17), strict=True)
    }
    base = {
        "id": [f"{day}-{row}" for row in range(ROWS)],
        "time": [f"{day}T12:00:00Z"] * ROWS,
        "prediction": [str(row % 2) for row in range(ROWS)],
        "label": [str(row // 2 % 2) for row in range(ROWS)],
        "group": [("x", "y")[row % 3 == 0] for row in range(ROWS)],
    }
    return pl.DataFrame(base | values)


def entry(name: str, day: date) -> dict[str, Any]:
    """The registry entry of one system."""
    return {
        "id": name,
        "title": f"System {name}",
        "purpose": "Stands for one system of a fleet; an error means nothing.",
        "task": "binary",
        "model": {"name": "m", "version": "1"},
        "ai_act": {"risk_class": "minimal", "role": "deployer", "reason": "a measurement"},
        "people": {"owner": "ann", "deputy": "bob", "reviewer": "cy", "escalation": ["di"]},
        "predictions": {"address": "predictions.parquet"},
        "reference": {"address": "reference.parquet"},
        "columns": {
            "id": "id", "time": "time", "prediction": "prediction", "label": "label",
            "numeric": list(COLUMNS), "protected": ["group"],
        },
        "window": {"length": "P1D", "zone": "UTC", "since": str(day)},
        "schedule": {"cron": "0 0 1 1 *"},
    }  # fmt: skip


@dataclass
class Meter:
    """CPU and memory of a process and of all that it starts, read from /proc."""

    pid: int
    base: float = 0.0
    greatest: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def family(self) -> list[int]:
        """The process and its living descendants."""
        parents: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
        found = [self.pid]
        for one in found:
            found += parents.get(one, [])
        return found

    def cpu(self) -> float:
        """Seconds of CPU since the meter was set, of living and of ended processes."""
        spent = 0
        for one in self.family():
            with contextlib.suppress(OSError):
                spent += sum(int(value) for value in _fields(Path(f"/proc/{one}/stat"))[11:15])
        return spent / TICK - self.base

    def look(self) -> None:
        """Note the memory now (PSS, MB)."""
        total = 0
        for one in self.family():
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
                total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
        self.greatest = max(self.greatest, total / 1024)


def _fields(stat: Path) -> list[str]:
    """The fields of a stat file behind the name: state, parent and so on."""
    return stat.read_text().rpartition(")")[2].split()


def call(api: str, path: str, body: Any = None) -> Any:
    """What Prefect's API answers; a locked SQLite is asked again."""
    for _ in range(30):
        try:
            data = json.dumps(body).encode() if body is not None else None
            with urlopen(Request(f"{api}/{path}", data, {"Content-Type": "application/json"}), timeout=120) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except OSError:
            time.sleep(2)
    raise SystemExit("the server does not answer")


def every(api: str, path: str, **wanted: Any) -> list[dict[str, Any]]:
    """All that a filter finds, page by page."""
    found: list[dict[str, Any]] = []
    while page := call(api, path, {**wanted, "limit": 200, "offset": len(found)}):
        found += page
    return found


def size(folder: Path) -> float:
    """MB under a folder."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 2**20


def grown(folder: Path, postgres: str) -> float:
    """MB of Prefect's database."""
    if not postgres:
        return size(folder / "prefect")
    import psycopg  # noqa: PLC0415 - only asked for with --postgres

    with psycopg.connect(postgres) as base:
        row = base.execute("SELECT pg_database_size(current_database())").fetchone()
    return float(row[0]) / 2**20 if row else 0.0


def measure(shape: str, systems: int, postgres: str) -> None:
    """One round in one shape, printed."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        there = postgres.replace("postgresql://", "postgresql+asyncpg://")
        setting = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": there} if postgres else {}
        environment = {
            **QUIET,
            **setting,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_API_PORT": str(port),
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "AIMS_HOME": str(make_home(folder, systems)),
            "AIMS_STATE": str(folder / "state"),
        }
        os.environ.update(environment)
        begin_archive(Workplace.here())
        with Processes(folder / "logs", environment) as processes:
            meters = {"server": Meter(processes.start("server", [*PREFECT, "server", "start"]))}
            processes.wait_for("server", f"{environment['PREFECT_API_URL']}/health", 300)
            processes.run("pool", [*PREFECT, "work-pool", "create", "aims", "--type", "process"])
            processes.run("pool", [*PREFECT, "work-pool", "set-concurrency-limit", "aims", "2"])
            processes.run("deploy", python("-c", DEPLOY, str(SHAPES[shape])))
            worker = processes.start("worker", [*PREFECT, "worker", "start", "--pool", "aims"])
            meters["worker"] = Meter(worker)
            before = (grown(folder, postgres), size(folder / "state/archive"))
            for meter in meters.values():
                meter.base += meter.cpu()
            late = run_round(environment["PREFECT_API_URL"], meters)
            report(shape, systems, meters, late)
            added = (grown(folder, postgres) - before[0], size(folder / "state/archive") - before[1])
            print(f"  added: database {added[0]:.1f} MB, archive {added[1]:.1f} MB")


def run_round(api: str, meters: Mapping[str, Meter]) -> list[float]:
    """Start every deployment at once and wait until all have ended; the seconds after which each verdict stood."""
    began = datetime.now(UTC)
    made = [
        call(api, f"deployments/{one['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})["id"]
        for one in every(api, "deployments/filter")
    ]
    going = {"id": {"any_": made}, "state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}}
    while every(api, "flow_runs/filter", flow_runs=going):
        time.sleep(5)
        for meter in meters.values():
            meter.look()
    ended = every(api, "flow_runs/filter", flows={"name": {"any_": ["monitor"]}})
    print("  ends:", dict(Counter(str(run["state_name"]) for run in ended)))
    return sorted((datetime.fromisoformat(run["end_time"]) - began).total_seconds() for run in ended if run["end_time"])


def report(shape: str, systems: int, meters: Mapping[str, Meter], late: list[float]) -> None:
    """What a round cost."""
    print(f"{shape}: {systems} systems, load {os.getloadavg()[0]:.0f}, last verdict after {late[-1]:.0f} s")
    for name, meter in meters.items():
        cpu = meter.cpu()
        print(f"  {name:7} CPU {cpu:7.1f} s, {cpu / systems:6.3f} s a system; memory {meter.greatest:5.0f} MB")


def main() -> None:
    """Measure each shape."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--systems", type=int, default=20)
    asked.add_argument("--shapes", nargs="+", choices=SHAPES, default=["sweep"])
    asked.add_argument("--postgres", default="", help="postgresql://… of an empty database; without it SQLite")
    given = asked.parse_args()
    for shape in given.shapes:
        measure(shape, given.systems, given.postgres)


if __name__ == "__main__":
    main()
