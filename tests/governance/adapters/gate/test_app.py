"""The gate without a server behind it: what is refused before anything is asked."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from governance.adapters.gate.app import Gate
from governance.adapters.gate.passwords import hash_password
from governance.adapters.gate.session import COOKIE
from governance.adapters.gate.settings import GateSettings
from governance.adapters.gate.users import User
from governance.registry.access import Role

HOME = "http://127.0.0.1:4200"
PASSWORD = "correct horse"
USERS = {
    "vera": User(role=Role.VIEWER, hash=hash_password(PASSWORD, n=2**10)),
    "ada-okafor": User(role=Role.OWNER, hash=hash_password(PASSWORD, n=2**10)),
    "proxied": User(role=Role.VIEWER),
}


def gate(pages: Path, **more: str) -> Gate:
    """A gate before a server that does not answer."""
    return Gate(GateSettings(USERS, HOME, "http://127.0.0.1:9", "aims:secret", pages, **more))


class Browser:
    """Asks the gate without a network, as a peer of loopback or of elsewhere."""

    def __init__(self, made: Gate, peer: str = "127.0.0.1") -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(made.app(), client=(peer, 5000)), base_url=HOME)
        self.cookies, self.runner = self.client.cookies, asyncio.Runner()

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Ask for something."""
        return self.runner.run(self.client.get(path, **more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        """Send something."""
        return self.runner.run(self.client.post(path, **more))

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.client.aclose())
        self.runner.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser in front of the gate."""
    with Browser(gate(tmp_path)) as client:
        yield client


def sign_in(
    browser: Browser, user: str = "vera", password: str = PASSWORD, origin: str = HOME, to: str = "/runs"
) -> httpx.Response:
    """Send the form."""
    return browser.post("/login", data={"user": user, "password": password, "next": to}, headers={"origin": origin})


def test_without_a_session_there_is_only_the_form(browser: Browser) -> None:
    """A page leads to it and comes back; the API says so."""
    page = browser.get("/runs?state=Suspended", headers={"accept": "text/html"})

    assert page.status_code == 303
    assert page.headers["location"] == "/login?next=%2Fruns%3Fstate%3DSuspended"
    for path in ("/api/flow_runs/filter", "/api/health", "/pages/x/y/page.html", "/assets/x.js", "/ui-settings"):
        assert browser.get(path).status_code == 401


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    """HttpOnly, SameSite=Strict; Secure behind https."""
    answer = sign_in(browser)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/runs"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE)
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age=28800" in cookie


@pytest.mark.parametrize("user", ["vera", "nobody", "", "proxied"])
def test_a_wrong_password_and_a_wrong_id_are_told_alike(browser: Browser, user: str) -> None:
    """Nobody learns which ids there are; somebody without a hash has no password at all."""
    answer = sign_in(browser, user, "nobody")

    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert "set-cookie" not in answer.headers


def test_guessing_ends_after_five_tries_even_with_the_right_password(browser: Browser) -> None:
    """And it says when to try again."""
    for _ in range(5):
        sign_in(browser, password="wrong")

    answer = sign_in(browser)

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:4200"])
def test_signing_in_from_another_site_is_refused(browser: Browser, origin: str) -> None:
    """Another port of this machine is another site too."""
    assert sign_in(browser, origin=origin).status_code == 403


@pytest.mark.parametrize("headers", [{"origin": "http://127.0.0.1:9999"}, {"sec-fetch-site": "same-site"}])
def test_a_page_of_another_site_cannot_act_with_somebodys_session(browser: Browser, headers: dict[str, str]) -> None:
    """SameSite ignores ports; Origin does not."""
    sign_in(browser, "ada-okafor")

    answer = browser.post("/api/flow_runs/filter", json={}, headers=headers)

    assert answer.status_code == 403
    assert "another site" in answer.json()["detail"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_signing_in_never_leads_to_another_site(browser: Browser, target: str) -> None:
    """Whatever the link said."""
    assert sign_in(browser, to=target).headers["location"] == "/"


def test_after_signing_out_a_copy_of_the_cookie_is_worth_nothing(browser: Browser) -> None:
    """The session ends here, not only in the browser."""
    sign_in(browser)
    copy = browser.cookies[COOKIE]
    assert browser.get("/gate").status_code == 200
    browser.post("/logout", headers={"origin": HOME})

    browser.cookies.set(COOKIE, copy)

    assert browser.get("/gate").status_code == 401


def test_another_name_that_points_here_is_turned_away(browser: Browser) -> None:
    """DNS rebinding: the Host is not ours."""
    assert browser.get("/login", headers={"host": "evil.example:4200"}).status_code == 421


@pytest.mark.parametrize(
    "path", ["/api/flow_runs/%2e%2e/x", "/api//flow_runs/filter", "/api/x%3Fy", "/api/x%25", "/api/x%00", "/a\\b"]
)
def test_a_path_with_two_readings_goes_no_further(browser: Browser, path: str) -> None:
    """What was judged is what is sent."""
    sign_in(browser)

    assert browser.get(path).status_code == 400


def test_a_viewer_is_told_that_they_may_not(browser: Browser) -> None:
    """In Prefect's own form, so that its pages show it."""
    sign_in(browser)

    answer = browser.post("/api/flow_runs/0e8a1c1e-0000-4000-8000-000000000001/resume", json={"run_input": {}})

    assert answer.status_code == 403
    assert answer.json()["detail"] == "vera is signed in as viewer and may not do this."


@pytest.mark.servers
def test_a_server_that_does_not_answer_is_told(browser: Browser) -> None:
    """No traceback, no address."""
    sign_in(browser)

    answer = browser.post("/api/flow_runs/filter", json={})

    assert answer.status_code == 502
    assert "127.0.0.1:9" not in answer.text


@pytest.mark.servers
def test_the_link_to_a_case_leads_through_signing_in(browser: Browser) -> None:
    """The one link of a notification: the form first, and back to the case; then the server is asked."""
    link, page = "/case/REM-early-help-drift-2026-W47", {"accept": "text/html"}
    before = browser.get(link, headers=page)
    sign_in(browser)

    assert before.headers["location"] == "/login?next=%2Fcase%2FREM-early-help-drift-2026-W47"
    assert browser.get(link, headers=page).status_code == 502


def test_the_script_for_the_first_ui_is_given_to_those_signed_in(browser: Browser) -> None:
    """It stands in for the evaluation of text that the policy forbids."""
    before = browser.get("/gate/first_ui.js")
    sign_in(browser)
    given = browser.get("/gate/first_ui.js")

    assert before.status_code == 401
    assert given.headers["content-type"].startswith("text/javascript")
    assert "window.eval" in given.text


def test_a_large_body_is_not_read_to_its_end(browser: Browser) -> None:
    """One MiB is enough for a form."""
    sign_in(browser)

    assert browser.post("/api/flow_runs/filter", content=b"x" * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"])
def test_pages_that_need_outside_hosts_are_not_there(browser: Browser, path: str) -> None:
    """The API's own documentation loads scripts from elsewhere."""
    sign_in(browser)

    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/login", "/gate", "/nothing", "/pages/x"])
def test_every_answer_carries_the_rules_for_browsers(browser: Browser, path: str) -> None:
    """Also refusals."""
    given = browser.get(path).headers

    assert given["x-frame-options"] == "DENY"
    assert given["x-content-type-options"] == "nosniff"
    assert given["referrer-policy"] == "same-origin"
    assert "default-src" in given["content-security-policy"]
    assert "access-control-allow-origin" not in given


def test_a_proxys_header_is_believed_from_loopback_only_and_only_when_it_was_asked_for(tmp_path: Path) -> None:
    """Without the setting, from another peer, or for an unknown id it lets nobody in."""
    trusting, header = gate(tmp_path, trust_header="x-forwarded-user"), {"x-forwarded-user": "proxied"}
    with Browser(trusting) as near, Browser(trusting, "10.1.2.3") as far, Browser(gate(tmp_path)) as plain:
        said = [near.get("/gate", headers=header), far.get("/gate", headers=header), plain.get("/gate", headers=header)]
        said.append(near.get("/gate", headers={"x-forwarded-user": "stranger"}))

    assert [answer.status_code for answer in said] == [200, 401, 401, 401]


def test_a_link_from_another_site_comes_again_from_here(browser: Browser) -> None:
    """A strict cookie is not sent with a click in web mail; the second request carries it."""
    answer = browser.get("/login?next=/runs", headers={"sec-fetch-site": "cross-site"})

    assert '<meta http-equiv="refresh" content="0; url=/login?next=%2Fruns">' in answer.text


def test_pages_need_a_session_and_evidentlys_page_runs_in_a_sandbox(browser: Browser, tmp_path: Path) -> None:
    """The library that the sandbox loads is all that is public."""
    window = tmp_path / "bank-calls/2008-10"
    window.mkdir(parents=True)
    (window / "page.html").write_text("page")
    (window / "evidently.html").write_text("evidently")
    library = f"evidently-0.7.23-{'0' * 64}.js"
    (tmp_path / library).write_text("script")

    assert browser.get(f"/pages/{library}").status_code == 200
    assert browser.get("/pages/bank-calls/2008-10/page.html").status_code == 401
    sign_in(browser)
    assert browser.get("/pages/bank-calls/2008-10/page.html").text == "page"
    assert "sandbox" in browser.get("/pages/bank-calls/2008-10/evidently.html").headers["content-security-policy"]
    assert browser.get("/pages/").status_code == 404
