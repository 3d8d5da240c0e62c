"""A real Prefect server with an authentication string and the gate before it.

Fixtures: `gated` (session; knows the deployment act/form, no worker), `worked` (session; a worker takes acts, too).
People sign in with the password PASSWORD. One open concern waits under `case`. `installation` and `working` are for
tests that want a registry and a worker of their own.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from governance.adapters.gate.passwords import hash_password
from governance.adapters.processes import Processes, python
from governance.cli.up import client_environment, free_port, server_environment
from tests.prefect_server import ROOT, begin, prefect_environment

PASSWORD = "correct horse"
VIEWER, OWNER, OTHER, OPERATOR = "auditor-demo", "carla-reyes", "ada-okafor", "operator-demo"
SERVER = python("-m", "prefect", "--no-prompt", "server", "start")
ROLES = {VIEWER: "viewer", OWNER: "owner", OTHER: "owner", OPERATOR: "operator"}


@dataclass
class Gated:
    """The gate's address, the server's behind it, and the case that somebody can act on."""

    address: str
    upstream: str
    environment: dict[str, str]
    state: Path
    case: str = ""
    server: int = 0  # the process of Prefect's server

    def ask(self, user: str, method: str, path: str, body: object = None, query: str = "") -> tuple[int, Any]:
        """Status and answer of a call in somebody's name, as a browser of theirs makes it."""
        headers = {"cookie": self.cookie(user), "origin": self.address, "prefect-csrf-client": user}
        if method != "GET":
            token = self._call("GET", f"/api/csrf-token?client={user}", headers)[1]
            headers |= {"content-type": "application/json", "prefect-csrf-token": token.get("token", "")}
        return self._call(
            method, path + (f"?{query}" if query else ""), headers, json.dumps(body) if body is not None else None
        )

    def cookie(self, user: str) -> str:
        """The cookie of somebody signed in; kept for the session."""
        mine = (self.address, user)
        if mine not in _cookies:
            form = urlencode({"user": user, "password": PASSWORD, "next": "/"})
            headers = {"origin": self.address, "content-type": "application/x-www-form-urlencoded"}
            connection = HTTPConnection(self.address.removeprefix("http://"), timeout=30)
            connection.request("POST", "/login", form, headers)
            _cookies[mine] = str(connection.getresponse().headers["set-cookie"]).split(";")[0]
            connection.close()
        return _cookies[mine]

    def inside(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and answer of a call past the gate, by whoever knows the authentication string.

        A locked SQLite (503) is asked again, as Prefect's own client does.
        """
        key = base64.b64encode(self.environment["PREFECT_API_AUTH_STRING"].encode()).decode()
        headers = {"authorization": f"Basic {key}", "content-type": "application/json", "prefect-csrf-client": "x"}
        headers["prefect-csrf-token"] = call(self.upstream, "GET", "/api/csrf-token?client=x", headers)[1]["token"]
        for patience in (1, 2, 4, 8):
            status, told = call(self.upstream, method, path, headers, json.dumps(body))
            if status != 503:
                break
            time.sleep(patience)
        return status, told

    def run(self, deployment: str, **parameters: Any) -> dict[str, Any]:
        """Start a deployment past the gate and wait until a worker has finished it; the run as it ended."""
        made = self.inside("GET", f"/api/deployments/name/{deployment}")[1]["id"]
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        run = self.inside("POST", f"/api/deployments/{made}/create_flow_run", body)[1]["id"]
        return self.until(lambda: self._ended(run), f"{deployment} ends", 240)

    def _ended(self, run: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.inside("GET", f"/api/flow_runs/{run}")[1]
        return found if found["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None

    def case_runs(self, state: str = "") -> list[dict[str, Any]]:
        """The runs of cases, the newest first; only those in a state of this name if given."""
        body = {"flows": {"name": {"any_": ["remediate"]}}, "sort": "EXPECTED_START_TIME_DESC"}
        found: list[dict[str, Any]] = self.inside("POST", "/api/flow_runs/filter", body)[1]
        return [run for run in found if not state or run["state_name"] == state]

    def until(self, look: Callable[[], Any], what: str, seconds: float = 120) -> Any:
        """Look until there is something to see; what it was."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.5)
        raise AssertionError(f"never: {what}; {[(run['name'], run['state_name']) for run in self.case_runs()]}")

    def _call(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> tuple[int, Any]:
        return call(self.address, method, path, headers, body)


_cookies: dict[tuple[str, str], str] = {}


def call(
    address: str, method: str, path: str, headers: dict[str, str] | None = None, body: str | None = None
) -> tuple[int, Any]:
    """Status and answer of one call; JSON is read."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        told = answer.read()
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.status, json.loads(told) if is_json and told else told
    finally:
        connection.close()


@contextmanager
def installation(folder: Path, home: Path, roles: Mapping[str, str] = ROLES, **more: str) -> Iterator[Gated]:
    """An installation over a registry: a begun archive, the server, the gate; `more` is for their environment."""
    port, inner = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    clients = client_environment(inner, "only-the-gate-knows")
    users = {user: {"role": role, "hash": hash_password(PASSWORD, n=2**10)} for user, role in roles.items()}
    environment = {
        **prefect_environment(folder / "prefect", inner),
        **clients,
        **server_environment(clients, address),
        "AIMS_STATE": str(folder / "state"),
        "AIMS_HOME": str(home),
        "AIMS_GATE_USERS": json.dumps(users),
        "PYTHONPATH": str(ROOT),
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        **more,
    }
    if not (folder / "state").exists():
        begin(folder / "state", home)
    upstream = clients["PREFECT_API_URL"].removesuffix("/api")
    found = Gated(address, upstream, {**os.environ, **environment}, folder / "state")
    with Processes(folder / "logs", found.environment) as processes:
        found.server = processes.start("server", SERVER)
        processes.start("gate", python("-m", "governance.cli", "gate", "run", "--port", str(port)))
        processes.wait_for("server", f"{upstream}/api/health")
        processes.wait_for("gate", f"{address}/login")
        yield found


@contextmanager
def working(found: Gated, logs: Path, *deployments: str) -> Iterator[Processes]:
    """A worker, and deployments of prefect.yaml by their names; none named: all.

    Their schedules are off, so that no test depends on the minute at which it runs.
    """
    prefect = python("-m", "prefect", "--no-prompt")
    chosen = [flag for name in deployments for flag in ("--name", name)] or ["--all"]
    with Processes(logs, found.environment) as processes:
        processes.run("pool", [*prefect, "work-pool", "create", "aims", "--type", "process", "--overwrite"])
        processes.run("pool", [*prefect, "work-pool", "set-concurrency-limit", "aims", "2"])
        processes.run("deploy", [*prefect, "deploy", *chosen])
        for one in found.inside("POST", "/api/deployments/filter", {})[1]:
            found.inside("PATCH", f"/api/deployments/{one['id']}", {"paused": True})
        processes.start("worker", [*prefect, "worker", "start", "--pool", "aims"])
        yield processes


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    """Everything running, and an open concern about bank-calls."""
    about = {
        "system": "bank-calls",
        "title": "The calls at night",
        "severity": "",
        "by": OTHER,
        "why": "Somebody should look.",
    }
    folder = tmp_path_factory.mktemp("gated")
    case = begin(folder / "state").casework.open("concern", **about).case.id
    with installation(folder, ROOT / "deployments") as found:
        found.case = case
        flow = found.inside("POST", "/api/flows/", {"name": "act"})[1]["id"]
        found.inside("POST", "/api/deployments/", {"name": "form", "flow_id": flow})
        yield found


@pytest.fixture(scope="session")
def worked(gated: Gated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    """The gate with a worker that takes the acts of act/form."""
    with working(gated, tmp_path_factory.mktemp("worked"), "form"):
        yield gated
