"""A small world for acceptance tests of cases: systems with rows made here, people with a file each, Prefect's API."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import polars as pl
import pytest
import yaml

from governance.adapters.workplace import Workplace
from governance.cases.case import Case
from tests.prefect_server import ROOT, Run, begin

OWNER, DEPUTY, REVIEWER, BOSS = "ada-okafor", "ben-lind", "eve-marsh", "femi-adeyemi"
ROWS = 300


def rows(month: str, columns: Sequence[str], *, broken: bool) -> pl.DataFrame:
    """One month of predictions; in broken ones each column is null in half of the rows."""
    days = [f"{month}-{1 + row % 28:02d}T12:00:00Z" for row in range(ROWS)]
    base = {
        "id": [f"{month}-{row}" for row in range(ROWS)],
        "time": days,
        "prediction": [str(row % 2) for row in range(ROWS)],
        "label": [str(row // 2 % 2) for row in range(ROWS)],
    }
    values = [None if broken and row % 2 else float(row * 7919 % 101) for row in range(ROWS)]
    return pl.DataFrame(base | dict.fromkeys(columns, values))


def make_home(
    folder: Path,
    *,
    systems: Sequence[str] = ("loans",),
    columns: int = 2,
    broken: Sequence[str] = (),
    until: str = "2026-07-01",
) -> Path:
    """A registry folder with monthly systems from January 2026, whose broken months violate the data contract."""
    home = folder / "deployments"
    shutil.copytree(ROOT / "deployments/kinds", home / "kinds")
    shutil.copy(ROOT / "deployments/controls.yaml", home)
    people = [
        {"id": one, "name": one.title(), "email": f"{one}@example.org", "notify": [(folder / f"{one}.jsonl").as_uri()]}
        for one in (OWNER, DEPUTY, REVIEWER, BOSS)
    ]
    (home / "people.yaml").write_text(yaml.safe_dump({"people": people}))
    named = [f"c{number:03d}" for number in range(columns)]
    (home / "systems").mkdir()
    rows("2025-12", named, broken=False).write_parquet(home / "reference.parquet")
    months = [f"2026-{month:02d}" for month in range(1, 7)]
    pl.concat([rows(one, named, broken=one in broken) for one in months]).write_parquet(home / "predictions.parquet")
    for system in systems:
        (home / "systems" / f"{system}.yaml").write_text(yaml.safe_dump(entry(system, named, until), sort_keys=False))
    return home


def entry(system: str, columns: Sequence[str], until: str) -> dict[str, Any]:
    """The registry entry of one system."""
    return {
        "id": system,
        "title": f"The {system} system",
        "purpose": "Decides about loans in a test; an error means that somebody waits.",
        "task": "binary",
        "model": {"name": "loans", "version": "1"},
        "ai_act": {"risk_class": "high", "role": "deployer", "reason": "Annex III point 5(b), in a test"},
        "people": {"owner": OWNER, "deputy": DEPUTY, "reviewer": REVIEWER, "escalation": [BOSS]},
        "predictions": {"address": "predictions.parquet"},
        "reference": {"address": "reference.parquet"},
        "columns": {"id": "id", "time": "time", "prediction": "prediction", "label": "label", "numeric": list(columns)},
        "window": {"length": "P1M", "zone": "UTC", "since": "2026-01-01", "until": until},
        "schedule": {"cron": "0 6 2 * *"},
    }


def call(api: str, method: str, path: str, **body: Any) -> Any:
    """What Prefect's API answers; None for an answer without content. A locked SQLite (503) is asked again."""
    data = json.dumps(body).encode() if body or method == "POST" else None
    request = Request(f"{api}/{path}", data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    for patience in (1, 2, 4, 0):
        try:
            with urlopen(request, timeout=20) as answer:  # noqa: S310
                text = answer.read()
            return json.loads(text) if text else None
        except HTTPError as error:
            if error.code != 503 or not patience:
                raise
            time.sleep(patience)
    raise AssertionError("the last try returns or raises")


@dataclass
class World:
    """One installation with its Prefect API."""

    api: str
    here: Workplace
    run: Run

    def monitor(self, system: str, window: str | None = None) -> dict[str, Any]:
        """Run the monitor flow."""
        return self.flow("flows.monitor:monitor", system_id=system, window=window)

    def flow(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Run a flow."""
        return self.run(self.here.settings.state, "", flow=name, arguments=arguments, home=str(self.here.home))

    def follow_up(self, now: str) -> dict[str, Any]:
        """Run the follow-up as if it were `now`."""
        return self.flow("flows.follow_up:follow_up", now=now)

    def case_runs(self, case: str = "") -> list[dict[str, Any]]:
        """The runs of a case, or of all cases of this world, the newest first."""
        self.here.index.sync(self.here.archive)
        known = {one.id for one in self.here.index.cases()}
        found = call(self.api, "POST", "flow_runs/filter", flows={"name": {"any_": ["remediate"]}}, limit=200)
        mine = [one for one in found if one["parameters"]["case_id"] in (known if not case else {case})]
        return sorted(mine, key=lambda one: one["created"], reverse=True)

    def living_run(self) -> dict[str, Any]:
        """The one run that is suspended."""
        [found] = [one for one in self.case_runs() if one["state"]["name"] == "Suspended"]
        return found

    def cases(self) -> list[Case]:
        """Every case of this world."""
        self.here.index.sync(self.here.archive)
        return self.here.index.cases()

    def only_case(self) -> Case:
        """The one case of this world."""
        [case] = self.cases()
        return case

    def work(self, **more: Any) -> list[dict[str, Any]]:
        """Do what a worker does: execute every case run that is scheduled."""
        due = [one for one in self.case_runs() if one["state"]["type"] == "SCHEDULED"]
        state, home = self.here.settings.state, str(self.here.home)
        return [self.run(state, "", execute=one["id"], home=home, **more) for one in due]

    def answer(self, case: str, act: str, by: str, **fields: Any) -> dict[str, Any]:
        """Fill in the form of a case's run and press Resume."""
        run = next(one for one in self.case_runs(case) if one["state"]["name"] == "Suspended")
        said = {"act": act, "by": by, "why": "because it is so", **fields}
        try:
            told: dict[str, Any] = call(self.api, "POST", f"flow_runs/{run['id']}/resume", run_input=said)
        except HTTPError as error:
            raise AssertionError(error.read()) from None
        return told

    def form(self, case: str) -> str:
        """The text above the form that a case's newest run shows."""
        run = self.case_runs(case)[0]
        key = run["state"]["state_details"]["run_input_keyset"]["description"]
        return str(call(self.api, "GET", f"flow_runs/{run['id']}/input/{key}"))

    def messages(self, person: str) -> list[dict[str, str]]:
        """What a person was sent."""
        path = self.here.home.parent / f"{person}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def deploy_cases(api: str) -> str:
    """The deployment remediate/case, without a work pool: nobody but the test executes its runs."""
    flow = call(api, "POST", "flows/", name="remediate")["id"]
    made = call(api, "POST", "deployments/", name="case", flow_id=flow, entrypoint="flows.remediate.remediate")
    return str(made["id"])


@pytest.fixture
def world(tmp_path: Path, prefect_server: str, runs: Run, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world; `pytest.mark.parametrize("world", [{...}], indirect=True)` gives make_home's options."""
    home = make_home(tmp_path, **getattr(request, "param", {"broken": ["2026-01", "2026-02"]}))
    deployment = deploy_cases(prefect_server)
    world = World(prefect_server, begin(tmp_path / "state", home), runs)
    yield world
    for one in world.case_runs():
        call(prefect_server, "DELETE", f"flow_runs/{one['id']}")
    with suppress(HTTPError):
        call(prefect_server, "DELETE", f"deployments/{deployment}")
