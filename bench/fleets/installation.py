"""An installation as `aims up` starts it, without gate and store, with a meter on each part; and its API."""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from fleets.home import Cadence, make_home
from fleets.meter import Meter, grown, postmaster, size

from governance.adapters.embedded import QUIET, begin_archive
from governance.adapters.processes import Processes, python
from governance.adapters.workplace import Workplace
from governance.cli.up import free_port

PREFECT = python("-m", "prefect", "--no-prompt")
SHAPES = {"sweep": 0, "deployments": 10**6}  # up to how many systems each has a deployment of its own
DEPLOY = """
import asyncio, sys
from governance.adapters.workplace import Workplace
from tasks.deploy import sync_deployments
from tasks.automations import sync_automations
asyncio.run(sync_deployments(Workplace.here().registry, most=int(sys.argv[1])))
asyncio.run(sync_automations())
"""


@dataclass(frozen=True)
class Fleet:
    """An installation that runs: its folder, its API, what is metered."""

    folder: Path
    api: str
    postgres: str
    systems: int
    meters: Mapping[str, Meter]

    def sizes(self) -> tuple[float, float]:
        """MB of Prefect's database and of the archive."""
        return grown(self.folder, self.postgres), size(self.folder / "state/archive")


@contextlib.contextmanager
def running(shape: str, systems: int, postgres: str, cadence: Cadence) -> Iterator[Fleet]:
    """Server, pool, deployments, worker, as `aims up` starts them, without gate and store; the meters at zero."""
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
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "AIMS_HOME": str(make_home(folder, systems, cadence)),
            "AIMS_STATE": str(folder / "state"),
        }
        os.environ.update(environment)
        begin_archive(Workplace.here())
        with Processes(folder / "logs", environment) as processes:
            meters = {"server": Meter(processes.start("server", [*PREFECT, "server", "start"]))}
            processes.wait_for("server", f"{environment['PREFECT_API_URL']}/health", 300)
            processes.run("pool", [*PREFECT, "work-pool", "create", "aims", "--type", "process"])
            processes.run("pool", [*PREFECT, "work-pool", "set-concurrency-limit", "aims", "2"])
            if cadence.operated:
                processes.run("deploy", [*PREFECT, "deploy", "--all"])
            processes.run("deploy", python("-c", DEPLOY, str(SHAPES[shape])))
            worker = processes.start("worker", [*PREFECT, "worker", "start", "--pool", "aims"])
            meters["worker"] = Meter(worker)
            if postgres:
                meters["postgres"] = Meter(postmaster(postgres))
            for meter in meters.values():
                meter.base += meter.cpu()
            yield Fleet(folder, environment["PREFECT_API_URL"], postgres, systems, meters)


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
