"""Deployments on a real Prefect server: unattended, in step with the registry, and scheduled runs really come."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.processes import Processes, python
from tests.acceptance.test_monitor import ask
from tests.case_world import call
from tests.prefect_server import ROOT, begin

pytestmark = pytest.mark.servers
PATIENCE = 150


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry whose bicycles are judged each minute, with one window due."""
    home = tmp_path_factory.mktemp("registry") / "deployments"
    shutil.copytree(ROOT / "deployments", home)
    bike = home / "systems/bike-demand.yaml"
    text = bike.read_text().replace('cron: "0 8 2 1,4,7,10 *"', 'cron: "* * * * *"')
    bike.write_text(text.replace("until: 2013-01-01}", "until: 2011-07-01}"))
    return home


@pytest.fixture(scope="module")
def environ(
    home: Path, prefect_server: str, prefect_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The environment of deployments, worker and flows."""
    state = tmp_path_factory.mktemp("deployed") / "state"
    begin(state, home)
    settings = {"AIMS_STATE": str(state), "AIMS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return {**os.environ, **prefect_environ, **settings}


@pytest.fixture(scope="module")
def deployed(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """The fixed flows and the registry deployed, and a worker."""
    prefect = python("-m", "prefect", "--no-prompt")
    with Processes(tmp_path_factory.mktemp("logs"), environ) as processes:
        processes.run("pool", [*prefect, "work-pool", "create", "aims", "--type", "process"])
        processes.run("deploy-all", [*prefect, "deploy", "--all"])
        processes.run("deploy", python("-m", "governance.cli", "deploy"))
        processes.start("worker", [*prefect, "worker", "start", "--pool", "aims"])
        yield processes


def aims(environ: dict[str, str], *arguments: str) -> str:
    """What an `aims` command prints."""
    command = [sys.executable, "-m", "governance.cli", *arguments]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def names(api: str) -> set[str]:
    """The deployments on the server."""
    return {one["name"] for one in ask(api, "deployments/filter")}


def test_a_cron_deployment_gets_its_scheduled_run_and_a_worker_finishes_it(
    deployed: Processes, prefect_server: str
) -> None:
    """Within minutes, without a hand: scheduled, picked up, judged, named by its verdict."""
    until = time.monotonic() + PATIENCE
    run: dict[str, Any] = {}
    while time.monotonic() < until and run.get("name") != "bike-demand 2011Q2 alarm":
        wanted = {"tags": {"all_": ["managed-by:aims-registry", "verdict:alarm"]}}
        run = next(iter(ask(prefect_server, "flow_runs/filter", flow_runs=wanted)), {})
        time.sleep(1)

    assert run["name"] == "bike-demand 2011Q2 alarm"
    assert run["state"]["name"] == "Findings"
    assert run["auto_scheduled"] is True


def test_its_finding_waits_for_the_owner_as_a_suspended_run(deployed: Processes, prefect_server: str) -> None:
    """The worker started the case's run, which suspended itself behind its form."""
    until = time.monotonic() + PATIENCE
    runs: list[dict[str, Any]] = []
    while time.monotonic() < until and not [run for run in runs if run["state"]["name"] == "Suspended"]:
        wanted = {"tags": {"all_": ["system:bike-demand", "owner:dmitri-haas", "kind:remediation"]}}
        runs = ask(prefect_server, "flow_runs/filter", flow_runs=wanted)
        time.sleep(1)

    waiting = next(run for run in runs if run["state"]["name"] == "Suspended")
    assert waiting["name"].startswith("REM-bike-demand-")
    assert waiting["state"]["state_details"]["run_input_keyset"]


def test_the_second_net_is_spread(deployed: Processes, prefect_server: str) -> None:
    """`aims deploy` makes the automations for silent and stuck runs."""
    found = {one["name"] for one in ask(prefect_server, "automations/filter")}

    assert {"aims: crash silent runs", "aims: reschedule stuck runs"} <= found


def test_the_fixed_flows_and_each_system_are_deployed_without_a_prompt(
    deployed: Processes, prefect_server: str
) -> None:
    """One deployment per fixed flow of prefect.yaml and one per system."""
    assert {"by-hand", "hourly", "form", "case", "on-demand", "employment-ma", "bank-calls", "bike-demand"} <= names(
        prefect_server
    )


def test_a_run_that_judges_goes_before_the_runs_of_cases_that_have_waited_longer(
    deployed: Processes, prefect_server: str
) -> None:
    """A thousand new cases keep no system from being judged: their runs have a queue that comes last."""
    then = datetime.now(UTC) + timedelta(days=40)
    made = []
    for minute, name in enumerate(("remediate/case", "monitor/by-hand")):
        deployment = call(prefect_server, "GET", f"deployments/name/{name}")["id"]
        due = {"scheduled_time": (then + timedelta(minutes=minute)).isoformat()}
        state = {"type": "SCHEDULED", "state_details": due}
        given = {"case_id": "x"} if name.endswith("case") else {"system_id": "x"}
        path = f"deployments/{deployment}/create_flow_run"
        made.append(call(prefect_server, "POST", path, state=state, parameters=given)["id"])
    until = {"scheduled_after": then.isoformat(), "scheduled_before": (then + timedelta(hours=1)).isoformat()}
    found = [one["flow_run"]["id"] for one in ask(prefect_server, "work_pools/aims/get_scheduled_flow_runs", **until)]
    for one in made:
        call(prefect_server, "DELETE", f"flow_runs/{one}")

    assert [one for one in found if one in made] == made[::-1]


def test_deploying_an_unchanged_registry_changes_nothing(deployed: Processes, environ: dict[str, str]) -> None:
    """The digest decides: nothing is applied twice."""
    assert "applied     none" in aims(environ, "deploy")


@pytest.mark.long
def test_a_retired_system_loses_its_deployment_and_nothing_else_is_touched(
    deployed: Processes, environ: dict[str, str], home: Path, prefect_server: str
) -> None:
    """What the registry no longer names is removed; the fixed flows stay."""
    before, path = names(prefect_server), home / "systems/employment-ma.yaml"
    text = path.read_text()
    path.unlink()
    told = aims(environ, "deploy")
    after = names(prefect_server)
    path.write_text(text)
    aims(environ, "deploy")

    assert "removed     employment-ma" in told
    assert before - after == {"employment-ma"}
    assert names(prefect_server) == before
