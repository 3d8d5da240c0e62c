"""People in a real browser before the gate: a viewer reads, an owner acts, the wrong person is refused."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.browser.chrome import Chrome, chrome
from tests.gate_server import OTHER, OWNER, PASSWORD, VIEWER, Gated

pytestmark = [pytest.mark.servers, pytest.mark.long]


@pytest.fixture
def browser(chromium: str, tmp_path: Path) -> Iterator[Chrome]:
    """A browser in which nobody is signed in."""
    with chrome(chromium, tmp_path / "profile") as open_one:
        yield open_one


def sign_in(browser: Chrome, gated: Gated, user: str, to: str) -> None:
    """Open an address, sign in on the form that comes, and arrive."""
    browser.go(gated.address + to)
    browser.fill("document.getElementById('user')", user)
    browser.fill("document.getElementById('password')", PASSWORD)
    browser.press_text("Sign in")
    browser.until_text(f"{user} · ")


def form(gated: Gated, by: str, why: str, ui: str = "/v2") -> str:
    """The link of a notification: the form of one of the UIs, filled in."""
    found = gated.ask(by, "GET", "/api/deployments/name/act/form")[1]["id"]
    step = {"case": gated.case, "verb": "comment", "by": by, "why": why}
    return f"{ui}/deployments/deployment/{found}/run?parameters={quote(json.dumps({'step': step}))}"


def runs(gated: Gated) -> list[dict[str, object]]:
    """The runs of the form, newest first."""
    body = {"flows": {"name": {"any_": ["act"]}}, "sort": "EXPECTED_START_TIME_DESC"}
    found: list[dict[str, object]] = gated.ask(VIEWER, "POST", "/api/flow_runs/filter", body)[1]
    return found


@pytest.mark.parametrize(
    "ui", [pytest.param("", marks=pytest.mark.long, id="first UI"), pytest.param("/v2", id="second UI")]
)
def test_an_owner_fills_in_the_form_and_it_is_done(ui: str, browser: Chrome, worked: Gated) -> None:
    """From the link in a notification, through signing in, to the archived act."""
    before = len(runs(worked))
    sign_in(browser, worked, OWNER, form(worked, OWNER, "Looked at it in the browser.", ui))
    browser.until(
        "[...document.querySelectorAll('input, textarea')].some(field => field.value.includes('in the browser'))"
    )
    if not ui:
        time.sleep(2)  # the first UI loses a press while it still reads the schema; no person is so fast
    browser.press_text("Submit")
    until = time.monotonic() + 60
    while len(found := runs(worked)) <= before or found[0]["state_name"] not in {"Done", "Failed", "Crashed"}:
        assert time.monotonic() < until
        time.sleep(0.5)

    assert found[0]["state_name"] == "Done"
    assert found[0]["parameters"]["step"]["by"] == OWNER  # type: ignore[index]


def test_the_wrong_person_is_refused_and_told_why(browser: Chrome, worked: Gated) -> None:
    """Somebody signs in and sends a form in another's name."""
    before = len(runs(worked))
    sign_in(browser, worked, OTHER, form(worked, OWNER, "Not in my name."))
    browser.until("[...document.querySelectorAll('input, textarea')].some(field => field.value.includes('Not in my'))")
    browser.press_text("Submit")

    browser.until_text("act in your own name")

    assert len(runs(worked)) == before


@pytest.mark.parametrize("ui", ["", "/v2"], ids=["first UI", "second UI"])
def test_a_viewer_sees_the_runs_and_cannot_act(ui: str, browser: Chrome, gated: Gated) -> None:
    """The page shows; what a viewer sends from it is refused; no request leaves this machine."""
    sign_in(browser, gated, VIEWER, f"{ui}/deployments")
    browser.until_text("form")
    path = f"/api/deployments/{gated.ask(VIEWER, 'GET', '/api/deployments/name/act/form')[1]['id']}/create_flow_run"
    sent = {"method": "POST", "headers": {"content-type": "application/json"}, "body": '{"parameters": {}}'}

    status = browser.value(f"fetch({json.dumps(path)}, {json.dumps(sent)}).then(answer => answer.status)")

    assert status == 403
    assert browser.value("document.documentElement.className") == "light"  # without a theme all boxes are transparent
    assert [one for one in browser.asked() if not one.startswith((gated.address, "data:", "blob:"))] == []
    assert browser.value("document.cookie").count("aims_session") == 0


def test_the_second_uis_call_to_an_outside_host_is_stopped_by_the_policy(browser: Chrome, gated: Gated) -> None:
    """It tries, whatever the server's settings say; the browser refuses before a name is looked up."""
    sign_in(browser, gated, VIEWER, "/v2/runs")
    browser.until_text("Runs")
    until = time.monotonic() + 20
    while not browser.refused_by_policy() and time.monotonic() < until:
        time.sleep(0.2)

    assert any("amplitude.com" in line for line in browser.refused_by_policy())
    assert not any("amplitude.com" in one for one in browser.asked())


def test_a_page_from_elsewhere_cannot_use_a_session(browser: Chrome, gated: Gated) -> None:
    """A page of another origin sends a form with the person's cookie: refused; reading is stopped by the browser."""
    sign_in(browser, gated, OWNER, "/gate")
    browser.go("data:text/html,<title>elsewhere</title>")

    sent = "{method: 'POST', body: '{}', credentials: 'include'}"
    asked = f"fetch({json.dumps(gated.address)} + '/api/flow_runs/filter', {sent})"
    said = browser.value(f"{asked}.then(answer => answer.status, () => 'stopped')")

    assert said == "stopped"
