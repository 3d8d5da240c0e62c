"""The gate before a real Prefect server: what each role reaches of the real API, and whose acts go through."""

import asyncio
import base64
import json
import re
import sqlite3
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from governance.registry.access import TABLE, Role, endpoint
from tests.gate_server import OPERATOR, OTHER, OWNER, VIEWER, Gated, call
from tests.prefect_server import ROOT

pytestmark = pytest.mark.servers

# How Prefect 3.8.8 names an operation that only reads; whatever it names otherwise counts as a write.
READS = re.compile(
    r"read|count|paginate|filter|history|lateness|graph|download|get csrf token|health|hello|ready|version|view|"
    r"dashboard|next runs|work queue check|work queue status",
    re.IGNORECASE,
)
NOT_READS = re.compile(
    r"create|update|delete|\bset\b|resume|pause|schedule$|install|increment|decrement|renew|bulk|heartbeat",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def operations(gated: Gated) -> dict[str, str]:
    """Every operation of the real OpenAPI: method and path -> its summary."""
    script = (
        "import json; from prefect.server.api.server import create_app; spec = create_app().openapi();"
        "print(json.dumps({f'{m.upper()} /api{p}': o.get('summary', '') for p, ms in spec['paths'].items()"
        " for m, o in ms.items()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=gated.environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def filled(operation: str) -> tuple[str, str]:
    """Method and path with something in each place."""
    method, path = operation.split(" ", 1)
    return method, re.sub(r"\{(\w*)\}", lambda place: str(uuid4()) if "id" in place[1] else "x", path)


def test_no_operation_that_writes_is_in_the_table_of_a_viewer(operations: dict[str, str]) -> None:
    """Judged by what the server itself calls each of its operations; all of them are looked at."""
    open_to_viewers = {one: says for one, says in operations.items() if endpoint(Role.VIEWER, *filled(one))}

    assert len(operations) > 180
    assert len(open_to_viewers) > 80
    doubtful = {one for one, says in open_to_viewers.items() if NOT_READS.search(says) or not READS.search(says)}
    assert doubtful == {"GET /api/csrf-token"}  # the UI's own token, of the one who asks


def test_every_row_of_the_tables_is_an_operation_of_this_server(operations: dict[str, str]) -> None:
    """No row is a mistake of writing: each meets a real operation."""
    real = {re.sub(r"\{\w+\}", "{}", one) for one in operations}

    assert {one for one in TABLE[Role.OPERATOR] if re.sub(r"\{\w+\}", "{}", one) not in real} == set()


def rows(gated: Gated) -> dict[str, int]:
    """How many rows each table of the server's database holds; its own bookkeeping of time left out."""
    with sqlite3.connect(
        f"file:{Path(gated.environment['PREFECT_HOME']) / 'prefect.db'}?mode=ro", uri=True
    ) as database:
        names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        kept = [name for name in names if name not in {"csrf_token", "events", "event_resources", "worker"}]
        return {name: database.execute(f'select count(*) from "{name}"').fetchone()[0] for name in kept}  # noqa: S608


def test_a_viewer_who_calls_every_operation_changes_nothing(gated: Gated, operations: dict[str, str]) -> None:
    """Writes are refused by the gate, reads are answered, the database holds what it held."""
    before = rows(gated)
    said = {one: gated.ask(VIEWER, *filled(one), body=None if one.startswith("GET") else {})[0] for one in operations}
    refused = {one for one, status in said.items() if status == 403}

    assert rows(gated) == before
    assert refused == {one for one in operations if not endpoint(Role.VIEWER, *filled(one))}
    assert {status for one, status in said.items() if status >= 500} == set()


def deployment(gated: Gated) -> str:
    """The id of act/form."""
    return str(gated.ask(OWNER, "GET", "/api/deployments/name/act/form")[1]["id"])


def step(gated: Gated, by: str, **more: Any) -> dict[str, Any]:
    """The body of a new run of the form."""
    return {"parameters": {"step": {"case": gated.case, "verb": "comment", "by": by, "why": "Looked at it."}}, **more}


@pytest.mark.parametrize("user", [VIEWER, OTHER, OPERATOR])
def test_nobody_acts_in_the_name_of_another(gated: Gated, user: str) -> None:
    """A viewer not at all; an owner and an operator not for another."""
    path = f"/api/deployments/{deployment(gated)}/create_flow_run"

    status, told = gated.ask(user, "POST", path, step(gated, by=OWNER))

    assert status == 403
    assert ("may not do this" in told["detail"]) is (user == VIEWER)
    assert ("act in your own name" in told["detail"]) is (user != VIEWER)


def test_json_text_that_the_server_would_turn_into_another_name_is_refused(gated: Gated) -> None:
    """Prefect replaces such objects after the gate has read them; without the gate it does."""
    path = f"/api/deployments/{deployment(gated)}/create_flow_run"
    inner = json.dumps(step(gated, by=OWNER)["parameters"]["step"])
    hidden = {"parameters": {"step": {"by": OTHER, "__prefect_kind": "json", "value": inner}}}
    later = {**hidden, "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}}

    past_the_gate = gated.inside("POST", path, later)

    assert past_the_gate[1]["parameters"]["step"]["by"] == OWNER
    assert gated.ask(OTHER, "POST", path, hidden)[0] == 403


def test_the_server_behind_answers_to_nobody_without_its_string(gated: Gated) -> None:
    """Whoever goes past the gate on this machine is refused, and a browser's header does not help through it."""
    assert call(gated.upstream, "GET", "/api/version")[0] == 401
    key = base64.b64encode(gated.environment["PREFECT_API_AUTH_STRING"].encode()).decode()
    assert call(gated.address, "GET", "/api/version", {"authorization": f"Basic {key}"})[0] == 401


def test_secrets_stay_inside(gated: Gated) -> None:
    """An operator reads block documents, without their secrets; the server's settings are read by nobody."""
    path = "/api/block_documents/filter"

    assert gated.ask(OPERATOR, "POST", path, {"include_secrets": True})[0] == 403
    assert gated.ask(OPERATOR, "POST", path, {})[0] == 200
    assert gated.ask(OWNER, "POST", path, {})[0] == 403
    for user in (VIEWER, OPERATOR):
        told = gated.ask(user, "GET", "/api/admin/settings")[1]
        assert list(told) == ["server"]


def waiting_run(gated: Gated, owner: str, *tags: str) -> str:
    """A run of the flow remediate that waits for somebody, as the follow-up makes it."""
    flow = gated.inside("POST", "/api/flows/", {"name": "remediate"})[1]["id"]
    state = {"type": "PAUSED", "name": "Paused", "state_details": {"pause_timeout": "2099-01-01T00:00:00Z"}}
    body = {"flow_id": flow, "tags": [f"owner:{owner}", *tags], "state": state}
    return str(gated.inside("POST", "/api/flow_runs/", body)[1]["id"])


def test_only_the_owner_of_a_case_resumes_its_run(gated: Gated) -> None:
    """Viewer, another owner, operator: refused and told; the owner: accepted by the server."""
    path = f"/api/flow_runs/{waiting_run(gated, OWNER)}/resume"
    said = {user: gated.ask(user, "POST", path, {"run_input": {}})[0] for user in (VIEWER, OTHER, OPERATOR)}
    named = gated.ask(OWNER, "POST", path, {"run_input": {"by": OTHER}})[0]

    status, told = gated.ask(OWNER, "POST", path, {"run_input": {"by": OWNER}})

    assert said == {VIEWER: 403, OTHER: 403, OPERATOR: 403}
    assert named == 403
    assert status in {200, 201}
    assert told["status"] == "ACCEPT"


def test_the_link_of_a_notification_leads_to_the_run_that_waits(gated: Gated) -> None:
    """By the case's id, so that it holds when another run stands for the case; an unknown case has none."""
    run = waiting_run(gated, OWNER, "case:CON-linked")
    page = {"accept": "text/html", "cookie": gated.cookie(OWNER)}
    connection = HTTPConnection(gated.address.removeprefix("http://"), timeout=30)
    connection.request("GET", "/case/CON-linked", headers=page)
    answer = connection.getresponse()
    connection.close()

    assert (answer.status, answer.headers["location"]) == (303, f"/runs/flow-run/{run}")
    assert call(gated.address, "GET", "/case/CON-other", page)[0] == 404


def test_an_owner_starts_nothing_but_the_form(gated: Gated) -> None:
    """No run without a deployment, no bulk, no other state."""
    path = f"/api/deployments/{deployment(gated)}/create_flow_run"

    assert gated.ask(OWNER, "POST", f"{path}/bulk", [step(gated, by=OWNER)])[0] == 403
    assert gated.ask(OWNER, "POST", path, step(gated, by=OWNER, job_variables={"command": "id"}))[0] == 403
    assert gated.ask(OWNER, "POST", path, step(gated, by=OWNER, state={"type": "COMPLETED"}))[0] == 403


async def heard(gated: Gated, path: str, user: str, origin: str) -> str:
    """What a stream says first to a browser that asks for everything."""
    headers = {"cookie": gated.cookie(user)} if user else {}
    address = gated.address.replace("http", "ws") + path
    async with connect(
        address,
        additional_headers=headers,
        origin=origin,
        subprotocols=["prefect"],
        proxy=None,  # type: ignore[list-item, arg-type]
    ) as socket:
        await socket.send('{"type": "auth", "token": "a browser knows none"}')
        return str(await asyncio.wait_for(socket.recv(), 10))


def test_the_streams_that_tell_are_open_to_those_signed_in(gated: Gated) -> None:
    """The gate puts the server's token in place of the browser's."""
    assert json.loads(asyncio.run(heard(gated, "/api/events/out", VIEWER, gated.address)))["type"] == "auth_success"


@pytest.mark.parametrize(
    ("path", "user", "origin"),
    [
        ("/api/events/in", VIEWER, ""),
        ("/api/events/in", OPERATOR, ""),
        ("/api/work_pools/aims/workers/connect", OPERATOR, ""),
        ("/api/task_runs/subscriptions/scheduled", OPERATOR, ""),
        ("/api/events/out", "", ""),
        ("/api/events/out", VIEWER, "http://127.0.0.1:9999"),
    ],
)
def test_the_streams_that_write_and_strangers_are_refused(gated: Gated, path: str, user: str, origin: str) -> None:
    """Before a socket is open."""
    with pytest.raises(InvalidStatus):
        asyncio.run(heard(gated, path, user, origin or gated.address))
