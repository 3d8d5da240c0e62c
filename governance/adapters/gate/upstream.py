"""Prefect's server, asked over HTTP with the gate's own authentication. Only named headers cross, either way."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlsplit

import httpx

from governance.registry.acting import CASE_FLOW, Target

ASKED = {
    "accept",
    "accept-language",
    "content-type",
    "if-modified-since",
    "if-none-match",
    "prefect-csrf-client",
    "prefect-csrf-token",
    "x-prefect-api-version",
}
ANSWERED = {"content-disposition", "content-type", "cache-control", "etag", "last-modified", "location", "retry-after"}
CLIENT = "aims-gate"  # the name under which the server gives the gate its own token against forged requests
UI_COOKIE = "prefect_ui_version"  # which of the two UIs somebody likes; all that crosses of the cookies


class Silent(Exception):
    """Prefect's server did not answer."""


@dataclass(frozen=True)
class Answer:
    """What Prefect's server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read. Raises ValueError when it is no JSON."""
        return json.loads(self.body)


class Upstream:
    """The server behind the gate."""

    def __init__(self, address: str, authentication: str, host: str) -> None:
        """Hold one pool of connections.

        Args:
            address: such as http://127.0.0.1:4210.
            authentication: its authentication string, or empty.
            host: what it is told as Host, so that what it redirects to is the gate's.
        """
        self.address, self.authentication = address, authentication
        headers = {"host": host, "user-agent": "aims-gate"}
        if authentication:
            headers["authorization"] = f"Basic {base64.b64encode(authentication.encode()).decode()}"
        self._client = httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False)

    async def ask(
        self, method: str, path: str, query: str = "", headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> Answer:
        """Pass a request on; `path` is decoded, so that what was judged is what is sent.

        Raises:
            Silent: no answer.
        """
        target = quote(path, safe="/") + (f"?{query}" if query else "")
        kept = {name: value for name, value in headers if name in ASKED}
        try:
            got = await self._client.request(method, target, headers=kept, content=body)
        except httpx.HTTPError as error:
            raise Silent from error
        given = {name: value for name, value in got.headers.items() if name in ANSWERED}
        if "location" in given:
            given["location"] = _local(given["location"])
        return Answer(got.status_code, given, got.content)

    async def deployment(self, deployment_id: str) -> Target | None:
        """The deployment of this id; None if there is none."""
        found = await self._get(f"/api/deployments/{deployment_id}")
        return await self._target(found, deployment=str(found["name"])) if found else None

    async def run(self, run_id: str) -> Target | None:
        """The flow run of this id; None if there is none."""
        found = await self._get(f"/api/flow_runs/{run_id}")
        return await self._target(found) if found else None

    async def run_of_case(self, case: str) -> str:
        """The id of the run that stands for a case: the one that waits for its people, or the newest; empty if none.

        Raises:
            Silent: no answer.
        """
        token = await self._get(f"/api/csrf-token?client={CLIENT}") or {}
        asked = [
            ("content-type", "application/json"),
            ("prefect-csrf-client", CLIENT),
            ("prefect-csrf-token", str(token.get("token", ""))),
        ]
        body = {
            "flows": {"name": {"any_": [CASE_FLOW]}},
            "flow_runs": {"tags": {"all_": [f"case:{case}"]}},
            "sort": "EXPECTED_START_TIME_DESC",
        }
        answer = await self.ask("POST", "/api/flow_runs/filter", "", asked, json.dumps(body).encode())
        found = answer.json() if answer.status == 200 else []
        return next((str(run["id"]) for run in sorted(found, key=lambda run: run["state_type"] != "PAUSED")), "")

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _target(self, found: Mapping[str, Any], deployment: str = "") -> Target | None:
        flow = await self._get(f"/api/flows/{found['flow_id']}")
        return Target(str(flow["name"]), deployment, frozenset(found["tags"])) if flow else None

    async def _get(self, path: str) -> Mapping[str, Any] | None:
        path, _, query = path.partition("?")
        answer = await self.ask("GET", path, query)
        return cast(Mapping[str, Any], answer.json()) if answer.status == 200 else None


def _local(location: str) -> str:
    """A redirection without scheme and host: the gate sends nobody elsewhere."""
    parts = urlsplit(location)
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
