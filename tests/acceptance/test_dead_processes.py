"""Worker and server killed while a run is going: the second net catches it, and the archive holds everything once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.processes import python
from governance.adapters.workplace import Workplace
from governance.evidence import verify_archive
from tests.case_world import OWNER, make_home
from tests.gate_server import SERVER, Gated, call, installation, working
from tests.prefect_server import ROOT, begin

pytestmark = [pytest.mark.servers, pytest.mark.long]
WORKER = [*python("-m", "prefect", "--no-prompt"), "worker", "start", "--pool", "aims"]
QUIET: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
PATIENCE = 300  # seconds: the automations wait 80 and 120, and a loaded machine is slow
CRASHED_IN = timedelta(seconds=90)


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[Gated]:
    """An installation with its automations and deployments, whose worker is a matter of each test."""
    home = make_home(tmp_path, broken=["2026-01"])
    with installation(tmp_path, home, {OWNER: "owner"}) as found:
        with working(found, tmp_path / "logs"):
            pass  # the worker is gone again, the deployments stay
        deploy = [sys.executable, "-m", "governance.cli", "deploy"]
        subprocess.run(deploy, cwd=ROOT, env=found.environment, capture_output=True, check=True)
        yield found


def worker(gated: Gated) -> subprocess.Popen[bytes]:
    """A worker that is alone in its process group with what it starts."""
    return subprocess.Popen(WORKER, cwd=ROOT, env=gated.environment, start_new_session=True, **QUIET)


def end_all(first: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    """Signal a worker, and kill at once whatever it has started, so that nobody is left to tell."""
    family = started_by(first.pid)
    first.send_signal(sign)
    for one in family:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    try:
        first.wait(2)
    except subprocess.TimeoutExpired:
        first.kill()
        first.wait(30)


def started_by(pid: int) -> list[int]:
    """The living descendants of a process."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found[1:]


def start(gated: Gated) -> str:
    """A run of the monitor flow, waiting for a worker."""
    made = gated.inside("GET", "/api/deployments/name/monitor/by-hand")[1]["id"]
    body = {"parameters": {"system_id": "loans", "window": "2026-01"}, "state": {"type": "SCHEDULED"}}
    return str(gated.inside("POST", f"/api/deployments/{made}/create_flow_run", body)[1]["id"])


def comes(gated: Gated, run: str, *names: str) -> str:
    """Wait until a run is in a state of one of these names or types; which."""

    def look() -> str:
        found = gated.inside("GET", f"/api/flow_runs/{run}")[1]
        return next((name for name in names if name in (found["state_name"], found["state_type"])), "")

    return str(gated.until(look, f"{run} in {names}", PATIENCE))


def require_once(gated: Gated, tmp_path: Path) -> None:
    """One bundle of the run, one case of its finding, one act on it, and an archive that verifies."""
    here: Workplace = begin(gated.state, tmp_path / "deployments")
    here.casework.sync()
    bundles = [key for key in here.archive.list("bundle/") if "/loans.2026-01." in key]
    assert len(bundles) == 1
    assert [[act.verb for act in here.index.acts(case.id)] for case in here.index.cases()] == [["open"]]
    assert verify_archive(here.archive).ok


def test_a_worker_told_to_stop_leaves_a_run_that_is_crashed_by_the_automation_in_90_s(
    gated: Gated, tmp_path: Path
) -> None:
    """SIGTERM as a machine goes down: worker told to stop, all it started killed; the next run does the work, once."""
    first = worker(gated)
    run = start(gated)
    comes(gated, run, "Running")
    gated.until(lambda: heard(gated, run), "a heartbeat", 60)
    stopped = datetime.now(UTC)
    end_all(first, signal.SIGTERM)
    comes(gated, run, "Crashed", "Findings")
    ended = gated.inside("GET", f"/api/flow_runs/{run}")[1]["state"]
    second = worker(gated)
    try:
        again = start(gated)
        comes(gated, again, "Findings")
    finally:
        end_all(second, signal.SIGKILL)

    assert (ended["name"], ended["message"]) == ("Crashed", "no heartbeat for 80 s")
    assert datetime.fromisoformat(ended["timestamp"]) - stopped <= CRASHED_IN
    require_once(gated, tmp_path)


def heard(gated: Gated, run: str) -> bool:
    """Whether a heartbeat of a run has arrived."""
    wanted = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    return bool(gated.inside("POST", "/api/events/filter", {"filter": wanted})[1]["events"])


def test_a_worker_that_dies_after_claiming_a_run_is_made_up_for(gated: Gated, tmp_path: Path) -> None:
    """The run stays Pending until the automation schedules it again; the next worker finishes it."""
    first = worker(gated)
    run = start(gated)
    comes(gated, run, "PENDING")
    end_all(first, signal.SIGKILL)
    seen = str(gated.inside("GET", f"/api/flow_runs/{run}")[1]["state_type"])
    comes(gated, run, "SCHEDULED")
    second = worker(gated)
    try:
        comes(gated, run, "Findings")
    finally:
        end_all(second, signal.SIGKILL)

    assert seen == "PENDING"
    require_once(gated, tmp_path)


def test_a_server_that_is_killed_and_started_again_loses_nothing_of_a_window(gated: Gated, tmp_path: Path) -> None:
    """The run ends, or fails for want of the server; the next one does what is left, and nothing is there twice."""
    first = worker(gated)
    run = start(gated)
    comes(gated, run, "Running")
    os.killpg(gated.server, signal.SIGKILL)
    time.sleep(10)
    with subprocess.Popen(SERVER, cwd=ROOT, env=gated.environment, **QUIET) as server:
        try:
            gated.until(lambda: answers(gated), "the server answers", 120)
            comes(gated, run, "Findings", "FAILED", "CRASHED")
            comes(gated, start(gated), "Findings")
        finally:
            end_all(first, signal.SIGKILL)
            server.kill()

    require_once(gated, tmp_path)


def answers(gated: Gated) -> bool:
    """Whether the server is there."""
    try:
        return call(gated.upstream, "GET", "/api/health")[0] == 200
    except OSError:
        return False
