"""The gate as an ASGI application: who are you, may you, whose act is it; then Prefect's server is asked.

1. Another Host than ours, or a path written in a way that two readers may read differently, goes no further.
2. Without a session there is the form for signing in, and nothing else.
3. A request that changes something comes from one of our own pages (Origin), or not from a browser at all.
4. The role's table allows the endpoint; the body that was judged is the body that is sent.
5. An act is in the name of the person who is signed in.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from governance.adapters.gate.asked import body_of, is_plain, local, path_of, query_of
from governance.adapters.gate.login_page import (
    FIRST_UI,
    again_page,
    home_page,
    login_page,
    refusal_page,
    signed_in_mark,
)
from governance.adapters.gate.pages import find_page, is_public
from governance.adapters.gate.passwords import hash_password, matches
from governance.adapters.gate.policy import OWN, UI, headers
from governance.adapters.gate.session import COOKIE, LASTS, Session, Sessions
from governance.adapters.gate.settings import LOOPBACK, GateSettings
from governance.adapters.gate.sockets import relay
from governance.adapters.gate.throttle import Throttle
from governance.adapters.gate.upstream import UI_COOKIE, Answer, Silent, Upstream
from governance.registry.access import CREATE_RUN, RESUME_RUN, STREAMS, endpoint, may
from governance.registry.acting import Visitor, creation_fault, plain, resume_fault

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SETTINGS = ("GET", "/api/admin/settings")  # the first UI hangs without an answer; the server's own stays inside
TOLD = Answer(
    HTTPStatus.OK,
    {"content-type": "application/json"},
    b'{"server": {"ui": {"show_promotional_content": false}}}',
)
SILENT = "Prefect's server does not answer."
DOCS = re.compile(r"/(docs|redoc|openapi\.json)(/.*)?")


class Gate:
    """The handlers, and what they remember."""

    def __init__(self, settings: GateSettings, now: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.sessions, self.throttle = Sessions(now), Throttle(now)
        self.now = now
        self.upstream = Upstream(settings.upstream, settings.authentication, urlsplit(settings.address).netloc)
        self._nobody = hash_password("nobody")
        self._at_once = asyncio.Semaphore(2)  # each check of a password takes 32 MiB

    def app(self) -> Starlette:
        """The application."""

        @asynccontextmanager
        async def life(_app: Starlette) -> AsyncIterator[None]:
            yield
            await self.upstream.close()

        routes = [
            Route("/login", self._guarded(self.login_form), methods=["GET"]),
            Route("/login", self._guarded(self.login), methods=["POST"]),
            Route("/logout", self._guarded(self.logout), methods=["POST"]),
            Route("/gate", self._guarded(self.home), methods=["GET"]),
            Route("/gate/first_ui.js", self._guarded(self.first_ui), methods=["GET"]),
            Route("/case/{case}", self._guarded(self.case), methods=["GET"]),
            Route("/pages/{name:path}", self._guarded(self.page), methods=["GET"]),
            Route("/{path:path}", self._guarded(self.prefect), methods=METHODS),
            WebSocketRoute("/{path:path}", self.stream),
        ]
        return Starlette(routes=routes, lifespan=life)

    # -- who is asking

    def visitor(self, asked: HTTPConnection) -> tuple[Visitor, Session | None] | None:
        """Who is signed in, by the proxy's header from loopback or by their cookie; None if nobody is."""
        header, peer = self.settings.trust_header, asked.client.host if asked.client else ""
        if header and peer in LOOPBACK and (named := asked.headers.get(header)):
            user = self.settings.users.get(named)
            return (user.visitor(named), None) if user else None
        session = self.sessions.read(asked.cookies.get(COOKIE, ""))
        user = self.settings.users.get(session.user) if session else None
        return (user.visitor(session.user), session) if user and session else None

    def is_ours(self, asked: HTTPConnection) -> bool:
        """Whether a request comes from one of our own pages, or from no page of a browser."""
        origin, site = asked.headers.get("origin"), asked.headers.get("sec-fetch-site", "same-origin")
        return (origin is None or origin in self.settings.origins) and site in {"same-origin", "none"}

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Rules 1 and 3, and the headers of whatever the handler answers."""

        async def guarded(request: Request) -> Response:
            if request.headers.get("host") not in self.settings.hosts:
                answer: Response = _refused(request, HTTPStatus.MISDIRECTED_REQUEST, "The gate has another address.")
            elif not is_plain(path_of(request)):
                answer = _refused(request, HTTPStatus.BAD_REQUEST, "This path is not written plainly.")
            elif request.method not in {"GET", "HEAD"} and not self.is_ours(request):
                answer = _refused(request, HTTPStatus.FORBIDDEN, "This came from a page of another site.")
            else:
                answer = await handler(request)
            if "content-security-policy" not in answer.headers:
                answer.headers.update(headers(OWN, secure=self.settings.secure))
            return answer

        return guarded

    # -- signing in and out

    async def login_form(self, request: Request) -> Response:
        """The form; whoever is signed in already goes on."""
        target = local(request.query_params.get("next", "/"))
        if self.visitor(request):
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
        if request.headers.get("sec-fetch-site") == "cross-site":
            return HTMLResponse(again_page(f"/login?next={quote(target, safe='')}"))
        return HTMLResponse(login_page(target))

    async def login(self, request: Request) -> Response:
        """Let somebody in who knows their password. A wrong id takes as long as a wrong password."""
        if request.headers.get("origin") not in self.settings.origins:
            return _refused(request, HTTPStatus.FORBIDDEN, "Sign in on the gate's own page.")
        form = parse_qs((await body_of(request) or b"").decode("utf-8", "replace"))
        user, password, target = (form.get(name, [""])[0] for name in ("user", "password", "next"))
        peer = request.client.host if request.client else ""
        if wait := self.throttle.wait(user, peer):
            problem = f"Too many tries. Try again in {-(-wait // 60)} min."
            page = login_page(local(target), user=user, problem=problem)
            return HTMLResponse(page, HTTPStatus.TOO_MANY_REQUESTS, {"retry-after": str(wait)})
        self.throttle.failed(user, peer)
        if not await self._knows(user, password):
            page = login_page(local(target), user=user, problem="This id and password do not belong together.")
            return HTMLResponse(page, HTTPStatus.UNAUTHORIZED)
        self.throttle.succeeded(user)
        answer = RedirectResponse(local(target), HTTPStatus.SEE_OTHER)
        self._set_cookie(answer, self.sessions.begin(user), LASTS)
        return answer

    async def logout(self, request: Request) -> Response:
        """End the session here, not only in the browser."""
        found = self.visitor(request)
        if found and found[1]:
            self.sessions.end(found[1])
        answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        self._set_cookie(answer, "", 0)
        return answer

    async def home(self, request: Request) -> Response:
        """Who is signed in."""
        found = self.visitor(request)
        return HTMLResponse(home_page(found[0], may_leave=found[1] is not None)) if found else _sign_in(request)

    async def first_ui(self, request: Request) -> Response:
        """The script that Prefect's pages are given."""
        return Response(FIRST_UI, media_type="text/javascript") if self.visitor(request) else _sign_in(request)

    async def _knows(self, user: str, password: str) -> bool:
        known = self.settings.users.get(user)
        hashed = known.hash if known and known.hash else self._nobody
        async with self._at_once:
            right = await asyncio.to_thread(matches, password, hashed)
        return right and hashed != self._nobody

    def _set_cookie(self, answer: Response, value: str, seconds: float) -> None:
        answer.set_cookie(
            COOKIE, value, max_age=int(seconds), secure=self.settings.secure, httponly=True, samesite="strict"
        )

    # -- pages and Prefect

    async def page(self, request: Request) -> Response:
        """A page of a run."""
        name = request.path_params["name"]
        if not is_public(name) and not self.visitor(request):
            return _sign_in(request)
        found = find_page(self.settings.pages, name)
        if not found:
            return _refused(request, HTTPStatus.NOT_FOUND, "There is no such page.")
        given = dict(headers(found.policy, secure=self.settings.secure, keep=is_public(name)))
        if is_public(name):
            given |= {"access-control-allow-origin": "*", "cache-control": "public, max-age=31536000, immutable"}
        return FileResponse(found.path, media_type=found.media_type, headers=given)

    async def case(self, request: Request) -> Response:
        """The run that stands for a case, where Resume is a button: the one link of a notification."""
        if not self.visitor(request):
            return _sign_in(request)
        case = str(request.path_params["case"])
        try:
            run = await self.upstream.run_of_case(case)
        except Silent:
            return _refused(request, HTTPStatus.BAD_GATEWAY, SILENT)
        if run:
            return RedirectResponse(f"/runs/flow-run/{run}", HTTPStatus.SEE_OTHER)
        return _refused(
            request, HTTPStatus.NOT_FOUND, f"No run stands for case {case}. A new case has one within the hour."
        )

    async def prefect(self, request: Request) -> Response:
        """Prefect's UI or API, as far as the visitor may."""
        found = self.visitor(request)
        if not found:
            return _sign_in(request)
        try:
            if path_of(request).startswith("/api/"):
                return await self._api(request, found[0])
            return await self._ui(request, found[0])
        except Silent:
            return _refused(request, HTTPStatus.BAD_GATEWAY, SILENT)

    async def _api(self, request: Request, visitor: Visitor) -> Response:
        """Rules 4 and 5."""
        raw, path, query = await body_of(request), path_of(request), query_of(request)
        if raw is None:
            return _refused(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is larger than 1 MiB.")
        rule = endpoint(visitor.role, request.method, path)
        try:
            body = json.loads(raw) if raw else None
            body = plain(body) if rule in {CREATE_RUN, RESUME_RUN} else body
        except (ValueError, RecursionError):
            return _refused(request, HTTPStatus.BAD_REQUEST, "The body is no JSON.")
        if not may(visitor.role, request.method, path, body, query):
            reason = f"{visitor.id} is signed in as {visitor.role} and may not do this."
            return _refused(request, HTTPStatus.FORBIDDEN, reason)
        if fault := await self._fault(rule, path, visitor, body):
            return _refused(request, HTTPStatus.FORBIDDEN, fault)
        if (request.method, path) == SETTINGS:
            return self._pass_on(TOLD, keep=False)
        sent = b"" if body is None else json.dumps(body).encode()
        kept = [(name, value) for name, value in request.headers.items() if name != "content-type"]
        kept += [("content-type", "application/json")] if sent else []
        return self._pass_on(await self.upstream.ask(request.method, path, query, kept, sent), keep=False)

    async def _fault(self, rule: str, path: str, visitor: Visitor, body: Any) -> str:
        """Why an act is not this visitor's; empty for everything else."""
        given = body if isinstance(body, dict) else {}
        if rule == CREATE_RUN:
            target = await self.upstream.deployment(path.split("/")[3])
            return (
                creation_fault(visitor, target, given.get("parameters")) if target else "There is no such deployment."
            )
        if rule == RESUME_RUN:
            target = await self.upstream.run(path.split("/")[3])
            return resume_fault(visitor, target, given) if target else "There is no such run."
        return ""

    async def _ui(self, request: Request, visitor: Visitor) -> Response:
        """Files of the UI. It is told that no further sign-in is needed."""
        path = path_of(request)
        if request.method not in {"GET", "HEAD"} or DOCS.fullmatch(path):
            return _refused(request, HTTPStatus.NOT_FOUND, "There is nothing here.")
        asked = list(request.headers.items())
        chosen = request.cookies.get(UI_COOKIE, "")
        if chosen in {"v1", "v2"}:
            asked.append(("cookie", f"{UI_COOKIE}={chosen}"))
        answer = await self.upstream.ask("GET", path, query_of(request), asked)
        if path.endswith("/ui-settings") and answer.status == HTTPStatus.OK:
            told = {**answer.json(), "api_url": "/api", "auth": None}
            answer = Answer(answer.status, answer.headers, json.dumps(told).encode())
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if is_page:
            mark = f"{signed_in_mark(visitor)}</body>".encode()
            answer = Answer(answer.status, answer.headers, answer.body.replace(b"</body>", mark))
        return self._pass_on(answer, keep="/assets/" in path and not is_page)

    def _pass_on(self, answer: Answer, *, keep: bool) -> Response:
        given = {**answer.headers, **headers(UI, secure=self.settings.secure, keep=keep)}
        return Response(answer.body, answer.status, given)

    async def stream(self, socket: WebSocket) -> None:
        """A websocket that only tells, for whoever is signed in, asked by a page of ours."""
        found = self.visitor(socket)
        path = path_of(socket)
        known = (
            socket.headers.get("host") in self.settings.hosts and socket.headers.get("origin") in self.settings.origins
        )
        if not found or not known or path not in STREAMS:
            await socket.close(1008)
            return
        await socket.accept(subprotocol="prefect")
        until = found[1].until if found[1] else self.now() + LASTS
        address = self.settings.upstream.replace("http", "ws", 1) + path
        await relay(socket, address, self.settings.authentication, until - self.now())
        try:
            await socket.close()
        except (RuntimeError, WebSocketDisconnect):
            return


def _sign_in(request: Request) -> Response:
    """A page is led to the form; a program is told."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        wanted = quote(path_of(request)) + (f"?{query_of(request)}" if query_of(request) else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", HTTPStatus.SEE_OTHER)
    return _refused(request, HTTPStatus.UNAUTHORIZED, "Sign in first.")


def _refused(request: Request, status: HTTPStatus, reason: str) -> Response:
    """Why not: a page for a browser's address bar, JSON in Prefect's own form for everything else."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(refusal_page(reason), status)
    return JSONResponse({"detail": reason, "exception_message": reason}, status)
