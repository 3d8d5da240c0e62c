"""The second net on a real server: a run whose heartbeat stopped is Crashed, one that stuck comes again."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.case_world import call
from tests.prefect_server import ROOT

pytestmark = pytest.mark.servers
SYNC = "import asyncio, json; from tasks.automations import sync_automations as s; print(json.dumps(asyncio.run(s())))"


@pytest.fixture
def automations(prefect_server: str, prefect_environ: dict[str, str]) -> list[str]:
    """Both automations, made twice as two calls of `aims deploy` would."""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", SYNC], cwd=ROOT, env=prefect_environ, capture_output=True, text=True, check=True
        )
    made: list[str] = json.loads(done.stdout.splitlines()[-1])
    return made


def test_making_them_twice_keeps_one_of_each(automations: list[str], prefect_server: str) -> None:
    """`aims deploy` may run on every deploy."""
    found = call(prefect_server, "POST", "automations/filter")

    assert sorted(one["name"] for one in found if one["name"].startswith("aims: ")) == sorted(automations)


def a_run(api: str, *states: dict[str, Any], name: str = "silent") -> str:
    """A run of a flow that went through these states."""
    flow = call(api, "POST", "flows/", name=name)["id"]
    run = str(call(api, "POST", "flow_runs/", flow_id=flow)["id"])
    for state in states:
        call(api, "POST", f"flow_runs/{run}/set_state", state=state, force=True)
    return run


def beat(api: str, run: str, name: str = "silent") -> None:
    """The heartbeat of a flow process."""
    flow = {"prefect.resource.role": "flow", "prefect.resource.id": "prefect.flow.x", "prefect.resource.name": name}
    resource = {"prefect.resource.id": f"prefect.flow-run.{run}"}
    event = {"occurred": datetime.now(UTC).isoformat(), "event": "prefect.flow-run.heartbeat", "id": str(uuid4())}
    call_list(api, [event | {"resource": resource, "payload": {}, "related": [flow]}])


def call_list(api: str, events: list[dict[str, Any]]) -> None:
    """Post events as a client does."""
    from urllib.request import Request, urlopen

    body = json.dumps(events).encode()
    with urlopen(Request(f"{api}/events", body, {"Content-Type": "application/json"}), timeout=20):  # noqa: S310
        pass


@pytest.mark.long
def test_silent_runs_crash_stuck_ones_come_again_and_others_are_left_alone(
    automations: list[str], prefect_server: str
) -> None:
    """What ended under a name of ours, and the runs of cases, are not touched."""
    silent = a_run(prefect_server, {"type": "PENDING"}, {"type": "RUNNING"})
    done = a_run(prefect_server, {"type": "RUNNING"})
    case = a_run(prefect_server, {"type": "RUNNING"}, name="remediate")
    stuck = a_run(prefect_server, {"type": "PENDING"})
    for run, name in ((silent, "silent"), (done, "silent"), (case, "remediate")):
        beat(prefect_server, run, name)
    time.sleep(1)  # an end in the very instant of a beat would ring
    path = f"flow_runs/{done}/set_state"
    call(prefect_server, "POST", path, state={"type": "COMPLETED", "name": "Findings"}, force=True)
    until = time.monotonic() + 180
    names: dict[str, str] = {}
    while time.monotonic() < until and (names.get(silent), names.get(stuck)) != ("Crashed", "Scheduled"):
        time.sleep(2)
        runs = (silent, done, case, stuck)
        names = {run: call(prefect_server, "GET", f"flow_runs/{run}")["state_name"] for run in runs}

    assert names == {silent: "Crashed", done: "Findings", case: "Running", stuck: "Scheduled"}
