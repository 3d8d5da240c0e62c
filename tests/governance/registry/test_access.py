"""The table of the gate: what each role reaches, in words of method, path and body."""

import pytest

from governance.registry.access import OWNER, READ, TABLE, Role, asks_for_secrets, may

ID = "0e8a1c1e-0000-4000-8000-000000000001"
WRITES = [
    ("POST", f"/api/flow_runs/{ID}/resume"),
    ("POST", f"/api/flow_runs/{ID}/set_state"),
    ("POST", f"/api/deployments/{ID}/create_flow_run"),
    ("POST", f"/api/deployments/{ID}/create_flow_run/bulk"),
    ("POST", "/api/flow_runs/"),
    ("POST", f"/api/flow_runs/{ID}/input"),
    ("PATCH", f"/api/artifacts/{ID}"),
    ("DELETE", f"/api/artifacts/{ID}"),
    ("DELETE", f"/api/flow_runs/{ID}"),
    ("POST", "/api/logs/"),
    ("POST", "/api/events"),
    ("POST", "/api/variables/"),
    ("PUT", "/api/admin/storage"),
    ("POST", "/api/block_types/install_system_block_types"),
    ("POST", "/api/deployments/get_scheduled_flow_runs"),
    ("POST", "/api/work_pools/aims/workers/heartbeat"),
    ("GET", "/api/events/in"),
    ("GET", "/api/work_pools/aims/workers/connect"),
]


@pytest.mark.parametrize(("method", "path"), WRITES, ids=[f"{method} {path}" for method, path in WRITES])
def test_a_viewer_writes_nothing(method: str, path: str) -> None:
    """Every write is refused, also the ones an owner has."""
    assert not may(Role.VIEWER, method, path, {})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "get"])
def test_a_reading_path_is_open_for_its_own_method_alone(method: str) -> None:
    """The method is part of the rule."""
    assert may(Role.VIEWER, "GET", f"/api/flow_runs/{ID}")
    assert not may(Role.VIEWER, method, f"/api/flow_runs/{ID}")


@pytest.mark.parametrize(
    "path",
    ["/api/flow_runs/filter/", "/api//flow_runs/filter", "/api/flow_runs/filter/x", "/API/flow_runs/filter", "/"],
)
def test_a_path_that_is_not_in_the_table_is_refused(path: str) -> None:
    """Nothing is guessed from how a path looks."""
    assert not may(Role.OPERATOR, "POST", path, {})


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("value", [True, "true", 1, "yes", None, [], {}])
def test_secrets_are_for_nobody(role: Role, value: object) -> None:
    """`include_secrets` is refused unless it is plainly false, at any depth and in the query."""
    body = {"block_documents": {"x": [{"include_secrets": value}]}}

    assert asks_for_secrets(body)
    assert not may(role, "POST", "/api/block_documents/filter", body)
    assert not may(role, "GET", f"/api/block_documents/{ID}", None, "include_secrets=true")
    assert not may(role, "GET", f"/api/block_documents/{ID}", None, "include_secrets=false&include%5Fsecrets=1")


def test_block_documents_are_for_operators_and_without_their_secrets() -> None:
    """The other roles do not see them at all."""
    given = ("POST", "/api/block_documents/filter", {"include_secrets": False})

    assert {role for role in Role if may(role, *given)} == {Role.OPERATOR}


@pytest.mark.parametrize(
    "extra",
    [
        {"job_variables": {"command": "id"}},
        {"infrastructure_document_id": ID},
        {"context": {"a": 1}},
        {"labels": {"a": 1}},
        {"parent_task_run_id": ID},
        {"state": {"type": "COMPLETED"}},
        {"state": "COMPLETED"},
        {"state": {"type": "SCHEDULED", "name": "Done"}},
        {"empirical_policy": {"retries": 9}},
        {"empirical_policy": "x"},
    ],
    ids=str,
)
def test_a_new_run_brings_parameters_and_nothing_that_runs_a_program(extra: dict[str, object]) -> None:
    """Job variables would run any command on the worker; a finished state would be a lie."""
    path = f"/api/deployments/{ID}/create_flow_run"

    assert may(Role.OWNER, "POST", path, {"parameters": {}, "job_variables": {}, "state": {"type": "SCHEDULED"}})
    assert may(Role.OWNER, "POST", path, {"parameters": {}, "empirical_policy": {"retries": 0, "pause_keys": []}})
    assert not may(Role.OWNER, "POST", path, {"parameters": {}, **extra})
    assert not may(Role.OPERATOR, "POST", path, {"parameters": {}, **extra})


def test_an_operator_pauses_but_changes_no_deployment() -> None:
    """A switch may be turned; what stands in the repository may not be changed here."""
    path = f"/api/deployments/{ID}"

    assert may(Role.OPERATOR, "PATCH", path, {"paused": True})
    assert not may(Role.OPERATOR, "PATCH", path, {"paused": True, "entrypoint": "x"})
    assert not may(Role.OPERATOR, "PATCH", path, {})
    assert not may(Role.OWNER, "PATCH", path, {"paused": True})


@pytest.mark.parametrize(
    ("state", "allowed"), [("CANCELLING", True), ("SCHEDULED", True), ("COMPLETED", False), ("", False)]
)
def test_an_operator_cancels_and_retries_but_declares_nothing_done(state: str, allowed: bool) -> None:
    """A run is completed by what it did."""
    assert may(Role.OPERATOR, "POST", f"/api/flow_runs/{ID}/set_state", {"state": {"type": state}}) is allowed


def test_each_role_holds_the_one_before() -> None:
    """Viewer, owner, operator: a table only grows."""
    assert TABLE[Role.VIEWER] == READ
    assert READ < OWNER < TABLE[Role.OPERATOR]
