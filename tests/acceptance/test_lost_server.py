"""What is rebuilt from the archive alone: the cases by `aims rebuild`, their suspended runs by the follow-up."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.case_world import OWNER, make_home
from tests.gate_server import Gated, installation, working
from tests.prefect_server import ROOT, begin

pytestmark = [pytest.mark.servers, pytest.mark.long]
ROLES = {OWNER: "owner"}
SYSTEMS = ("loans", "cards")


def answer(gated: Gated, case: str, verb: str) -> None:
    """Fill in the form of a case's run, as its owner, through the gate."""
    [run] = [one for one in gated.case_runs("Suspended") if f"case:{case}" in one["tags"]]
    said = {"run_input": {"act": verb, "by": OWNER, "why": "because it is so"}}
    told = gated.ask(OWNER, "POST", f"/api/flow_runs/{run['id']}/resume", said)
    assert told[1].get("status") == "ACCEPT", told


def suspended(gated: Gated, state: str, count: int) -> list[str]:
    """The names of the suspended runs of cases, once so many show cases in a state."""

    def look() -> list[str]:
        found = [one for one in gated.case_runs("Suspended") if f"state:{state}" in one["tags"]]
        return sorted(one["name"] for one in found) if len(found) == count else []

    return gated.until(look, f"{count} {state}", 300)  # type: ignore[no-any-return]


def test_cases_and_suspended_runs_stand_again_after_database_and_prefect_are_deleted(tmp_path: Path) -> None:
    """Two open cases, one of them acknowledged; all but the archive is lost; then both wait in the UI as before."""
    home = make_home(tmp_path, systems=SYSTEMS, broken=["2026-01"])
    with installation(tmp_path, home, ROLES) as gated, working(gated, tmp_path / "logs"):
        for system in SYSTEMS:
            gated.run("monitor/by-hand", system_id=system, window="2026-01")
        suspended(gated, "open", 2)
        here = begin(gated.state, home)
        here.casework.sync()
        first, second = (case.id for case in here.index.open_cases())
        answer(gated, first, "acknowledge")
        before = [*suspended(gated, "acknowledged", 1), *suspended(gated, "open", 1)]
    here.casework.sync()
    dump = here.index.dump()

    shutil.rmtree(tmp_path / "prefect")
    (gated.state / "cases.db").unlink()
    with installation(tmp_path, home, ROLES) as gated, working(gated, tmp_path / "logs"):
        assert gated.case_runs() == []
        rebuild = [sys.executable, "-m", "governance.cli", "rebuild"]
        done = subprocess.run(rebuild, cwd=ROOT, env=gated.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert here.index.dump() == dump
        gated.run("follow-up/hourly")

        assert [*suspended(gated, "acknowledged", 1), *suspended(gated, "open", 1)] == before
        answer(gated, second, "acknowledge")
        suspended(gated, "acknowledged", 2)
