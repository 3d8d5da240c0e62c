"""Who may do what through the gate. Pure: a role, a method, a path and a body in; yes or no out.

The tables name each endpoint of Prefect 3.8.8 that people reach, and how. What is not named is refused, so an endpoint
that a later Prefect adds stays shut until somebody has read what it does. Rules (ISO/IEC 42001 A.3.2, AI Act Art. 14):

- A viewer reads. An owner also answers what is asked of them. An operator also runs, pauses, retries and cancels.
- What the repository reviews (deployments, job variables, templates, automations, blocks) is changed there, not here:
  whoever sets a job variable runs a program on the worker.
- Nobody reads a secret; block documents are for operators, without their secrets.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Body: TypeAlias = Mapping[str, Any] | list[Any] | None


class Role(StrEnum):
    """What somebody is here for."""

    VIEWER = "viewer"
    OWNER = "owner"
    OPERATOR = "operator"


READ = frozenset(
    """
GET /api/admin/settings
GET /api/admin/version
POST /api/artifacts/count
POST /api/artifacts/filter
POST /api/artifacts/latest/count
POST /api/artifacts/latest/filter
GET /api/artifacts/{id}
GET /api/artifacts/{key}/latest
POST /api/automations/count
POST /api/automations/filter
GET /api/automations/related-to/{id}
GET /api/automations/{id}
GET /api/block_capabilities/
POST /api/block_schemas/filter
GET /api/block_schemas/{id}
GET /api/block_schemas/checksum/{checksum}
POST /api/block_types/filter
GET /api/block_types/{id}
GET /api/block_types/slug/{slug}
GET /api/collections/views/{view}
POST /api/concurrency_limits/filter
GET /api/concurrency_limits/{id}
GET /api/concurrency_limits/tag/{tag}
GET /api/csrf-token
POST /api/deployments/count
POST /api/deployments/filter
POST /api/deployments/paginate
GET /api/deployments/{id}
GET /api/deployments/{id}/schedules
GET /api/deployments/{id}/work_queue_check
GET /api/deployments/name/{flow}/{deployment}
POST /api/events/count-by/{countable}
POST /api/events/filter
GET /api/events/filter/next
GET /api/flow_run_states/
GET /api/flow_run_states/{id}
POST /api/flow_runs/count
POST /api/flow_runs/filter
POST /api/flow_runs/history
POST /api/flow_runs/lateness
POST /api/flow_runs/paginate
GET /api/flow_runs/{id}
GET /api/flow_runs/{id}/graph
GET /api/flow_runs/{id}/graph-v2
POST /api/flow_runs/{id}/input/filter
GET /api/flow_runs/{id}/input/{key}
GET /api/flow_runs/{id}/logs/download
POST /api/flows/count
POST /api/flows/filter
POST /api/flows/paginate
GET /api/flows/{id}
GET /api/flows/name/{name}
GET /api/health
GET /api/hello
POST /api/logs/filter
GET /api/ready
POST /api/saved_searches/filter
GET /api/saved_searches/{id}
GET /api/task_run_states/
GET /api/task_run_states/{id}
POST /api/task_runs/count
POST /api/task_runs/filter
POST /api/task_runs/history
POST /api/task_runs/paginate
GET /api/task_runs/{id}
POST /api/task_workers/filter
POST /api/ui/flow_runs/count-task-runs
POST /api/ui/flow_runs/history
POST /api/ui/flows/count-deployments
POST /api/ui/flows/next-runs
POST /api/ui/task_runs/count
POST /api/ui/task_runs/dashboard/counts
GET /api/ui/task_runs/{id}
POST /api/v2/concurrency_limits/filter
GET /api/v2/concurrency_limits/{id}
POST /api/variables/count
POST /api/variables/filter
GET /api/variables/{id}
GET /api/variables/name/{name}
GET /api/version
POST /api/work_pools/count
POST /api/work_pools/filter
GET /api/work_pools/{name}
POST /api/work_pools/{name}/concurrency_status
POST /api/work_pools/{name}/queues/filter
GET /api/work_pools/{name}/queues/{queue}
POST /api/work_pools/{name}/workers/filter
POST /api/work_queues/filter
GET /api/work_queues/{id}
GET /api/work_queues/{id}/status
GET /api/work_queues/name/{name}
POST /api/work_queues/{id}/concurrency_status
""".strip().splitlines()
)

CREATE_RUN = "POST /api/deployments/{id}/create_flow_run"
RESUME_RUN = "POST /api/flow_runs/{id}/resume"
SET_STATE = "POST /api/flow_runs/{id}/set_state"

OWNER = READ | {CREATE_RUN, RESUME_RUN, "POST /api/ui/schemas/validate"}

# What an operator may switch: the endpoint and the only fields its body may hold.
SWITCHES = {
    "PATCH /api/deployments/{id}": {"paused"},
    "PATCH /api/deployments/{id}/schedules/{schedule}": {"active"},
    "PATCH /api/work_pools/{name}": {"is_paused"},
    "PATCH /api/work_pools/{name}/queues/{queue}": {"is_paused"},
    "PATCH /api/work_queues/{id}": {"is_paused"},
    "PATCH /api/automations/{id}": {"enabled"},
}
OPERATOR = (
    OWNER
    | SWITCHES.keys()
    | {
        SET_STATE,
        "POST /api/deployments/{id}/pause_deployment",
        "POST /api/deployments/{id}/resume_deployment",
        "POST /api/block_documents/count",
        "POST /api/block_documents/filter",
        "GET /api/block_documents/{id}",
        "GET /api/block_types/slug/{slug}/block_documents",
        "GET /api/block_types/slug/{slug}/block_documents/name/{name}",
    }
)
TABLE: Mapping[Role, frozenset[str]] = {Role.VIEWER: READ, Role.OWNER: OWNER, Role.OPERATOR: frozenset(OPERATOR)}

STREAMS = frozenset({"/api/events/out", "/api/logs/out"})  # websockets that only tell
RUN_STATES = {"SCHEDULED"}
STATE_NAMES = {None, "Scheduled", "AwaitingRetry", "Cancelling", "Cancelled"}  # a name is what people read
SET_STATES = {"SCHEDULED", "CANCELLING", "CANCELLED"}  # retry and cancel; nobody declares a run Completed
RUN_FIELDS = {"state", "name", "parameters", "enforce_parameter_schema", "tags", "idempotency_key", "work_queue_name"}


def may(role: Role, method: str, path: str, body: Body = None, query: str = "") -> bool:
    """Whether a role may call an endpoint of Prefect's API with this body (parsed JSON) and query string.

    Whose act it is, `governance.registry.acting` decides besides.
    """
    found = endpoint(role, method, path)
    return bool(found) and not asks_for_secrets(body, query) and _fits(found, body)


def endpoint(role: Role, method: str, path: str) -> str:
    """The endpoint of the role's table that a call falls under; empty if under none."""
    wanted = f"{method} {path}"
    if wanted in TABLE[role]:
        return wanted
    return next((one for one in sorted(TABLE[role]) if _pattern(one).fullmatch(wanted)), "")


def asks_for_secrets(body: Body, query: str = "") -> bool:
    """Whether `include_secrets` is anything but false, at any depth of the body or in the query."""
    asked = [value for name, value in parse_qsl(query, keep_blank_values=True) if name == "include_secrets"]
    return any(value.lower() != "false" for value in asked) or any(
        value is not False for value in values_of("include_secrets", body)
    )


def values_of(name: str, body: Any) -> Iterator[Any]:
    """Every value that stands under this name, at any depth."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key == name:
                yield value
            yield from values_of(name, value)
    elif isinstance(body, list):
        for value in body:
            yield from values_of(name, value)


def _fits(found: str, body: Body) -> bool:
    """Whether the body holds only what this endpoint's caller may set."""
    given = body if isinstance(body, Mapping) else {}
    if found in SWITCHES:
        return bool(given) and given.keys() <= SWITCHES[found]
    if found == CREATE_RUN:
        policy = given.get("empirical_policy") or {}  # both UIs send one that asks for nothing
        extra = [given[field] for field in given.keys() - RUN_FIELDS - {"empirical_policy"}]
        asks = any(extra) or not isinstance(policy, Mapping) or any(policy.values())
        return not asks and _state(given, absent="SCHEDULED") in RUN_STATES
    if found == SET_STATE:
        return _state(given, absent="") in SET_STATES
    return True


def _state(body: Mapping[str, Any], absent: str) -> str:
    """The type of the state that a body asks for."""
    state = body.get("state")
    if state is None:
        return absent
    named = isinstance(state, Mapping) and state.get("name") in STATE_NAMES and not state.get("data")
    return str(state.get("type")) if named else ""


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))
