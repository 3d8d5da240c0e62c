"""One finding from the alarm to the proof, by people in a browser, a real Prefect server and a real worker.

`AIMS_SHOTS=FOLDER pytest -m long tests/acceptance/browser/test_story_in_chromium.py` leaves a picture of each step.
Time passes by the parameter `now` of the follow-up flow.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.workplace import Workplace
from governance.cases.case import Case
from tests.acceptance.browser.chrome import Chrome, chrome
from tests.acceptance.browser.resume_form import choose, open_form, pick_date, submit, write
from tests.acceptance.browser.test_gate_in_chromium import sign_in
from tests.case_world import BOSS, DEPUTY, OWNER, make_home
from tests.gate_server import VIEWER, Gated, installation, working
from tests.prefect_server import ROOT, begin

pytestmark = [pytest.mark.servers, pytest.mark.long]
ROLES = {OWNER: "owner", DEPUTY: "owner", VIEWER: "viewer"}
FIX = {"What the cause was": "a new form", "What was done about it": "asked again"}


class Story:
    """The installation, its browser, and the one case."""

    def __init__(self, gated: Gated, home: Path, browser: Chrome) -> None:
        self.gated, self.browser, self.mail = gated, browser, home.parent
        self.here: Workplace = begin(gated.state, home)

    @property
    def case(self) -> Case:
        """The case as the archive has it."""
        self.here.casework.sync()
        [case] = self.here.index.cases()
        return case

    def judge(self, window: str) -> dict[str, Any]:
        """Judge a window by hand, as an operator does."""
        return self.gated.run("monitor/by-hand", system_id="loans", window=window)

    def follow_up(self, days_after_due: int) -> None:
        """The hourly flow as if it were noon, some days after the case is due."""
        day: date = self.case.due + timedelta(days=days_after_due)
        now = datetime.combine(day, time(12), UTC).isoformat()
        assert self.gated.run("follow-up/hourly", now=now)["state_type"] == "COMPLETED"

    def waits_in(self, state: str) -> None:
        """Until the case's run is suspended and shows the case in a state."""
        tag = f"state:{state}"
        self.gated.until(lambda: [run for run in self.gated.case_runs("Suspended") if tag in run["tags"]], tag)

    def act(
        self, verb: str, why: str, shot: str, fields: dict[str, str] | None = None, day: date | None = None
    ) -> None:
        """Follow the one link of the notification, press Resume, fill in the form, send it."""
        self.browser.go(self.messages(OWNER)[0]["body"].split("Link:")[1].split()[0])
        open_form(self.browser)
        choose(self.browser, "What you do", verb)
        choose(self.browser, "Who you are", OWNER)
        write(self.browser, "Why", why)
        for label, text in (fields or {}).items():
            write(self.browser, label, text)
        if day:
            pick_date(self.browser, "First day", day)
        self.browser.picture(shot)
        submit(self.browser)

    def messages(self, person: str) -> list[dict[str, str]]:
        """What a person was sent."""
        path = self.mail / f"{person}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def look(self, path: str, text: str, shot: str) -> None:
        """Open a page, and keep a picture once it shows a text."""
        self.browser.go(self.gated.address + path)
        self.browser.until_text(text, 60)
        self.browser.picture(shot)


@pytest.fixture
def story(chromium: str, tmp_path: Path) -> Iterator[Story]:
    """An installation whose first two months break the data contract, with its owner signed in."""
    home = make_home(tmp_path, broken=["2026-01", "2026-02"])
    with (
        installation(tmp_path, home, ROLES) as gated,
        working(gated, tmp_path / "logs"),
        chrome(chromium, tmp_path / "profile") as browser,
    ):
        sign_in(browser, gated, OWNER, "/gate")
        yield Story(gated, home, browser)


def test_the_story_of_a_finding_in_the_browser(story: Story, tmp_path: Path) -> None:
    """Task, reminder, acknowledged, overdue, escalated, fixed, retest fails, reopened, fixed, closed, and proven."""
    assert story.judge("2026-01")["state_name"] == "Findings"
    story.waits_in("open")
    assert [one["subject"] for one in story.messages(OWNER)] == ["1 case waits for you"]
    story.look("/v2/runs?state=Suspended", story.case.id, "01-finding-is-a-task")

    story.follow_up(-1)
    assert story.messages(OWNER)[-1]["subject"] == "Reminder: 1 case waits for you"

    story.act("acknowledge", "I look into it today.", "02-acknowledge")
    story.waits_in("acknowledged")

    story.follow_up(1)
    assert story.messages(BOSS)[-1]["subject"].startswith("ESCALATION: ")
    story.look("/v2/runs?state=Suspended", "OVERDUE 1 d", "03-overdue")

    story.act("fix", "Mapped and released.", "04-fix", FIX, date(2026, 2, 1))
    story.gated.until(lambda: story.case.state == "fixed", "fixed")
    story.judge("2026-02")
    story.waits_in("reopened")
    story.look(f"/case/{story.case.id}", "Resume", "05-reopened")

    story.act("acknowledge", "The map had a hole.", "06-acknowledge-again")
    story.waits_in("acknowledged")
    story.act("fix", "Mended for good.", "07-fix-again", FIX, date(2026, 3, 1))
    story.gated.until(lambda: story.case.state == "fixed", "fixed again")
    story.judge("2026-03")
    story.gated.until(lambda: story.gated.case_runs("Closed"), "closed")
    story.look(f"/case/{story.case.id}", "Closed", "08-closed")

    acts = story.here.index.acts(story.case.id)
    assert [act.verb for act in acts] == ["open", "acknowledge", "fix", "reopen", "acknowledge", "fix", "retest"]
    prove(story, tmp_path)


def prove(story: Story, folder: Path) -> None:
    """`aims verify` and the auditor's recipe: every step with who, when, why, how strongly."""
    archive = folder / "state/archive"
    verify = [sys.executable, "-m", "governance.cli", "verify", archive.as_uri()]
    said = subprocess.run(verify, cwd=ROOT, env=story.gated.environment, capture_output=True, text=True, check=False)
    recipe = ["sh", str(archive / "trust/verify-all.sh"), str(archive), str(archive / "trust/log.pub")]
    stock = subprocess.run(recipe, capture_output=True, text=True, check=False)
    history = f'for one in bundle/*/*/*/*/{story.case.id}.*.tar; do tar -xOf "$one" --wildcards "*/data/case.md"; done'
    told = subprocess.run(["sh", "-c", history], cwd=archive, capture_output=True, text=True, check=True).stdout

    assert said.returncode == 0, said.stdout + said.stderr
    assert "VERIFIED" in stock.stdout, stock.stdout + stock.stderr
    for seq, (verb, by, why) in enumerate(
        (
            ("open", "system", "50.0 %"),
            ("acknowledge", OWNER, "I look into it today."),
            ("fix", OWNER, "Mapped and released."),
            ("reopen", "system", "50.0 %"),
            ("acknowledge", OWNER, "The map had a hole."),
            ("fix", OWNER, "Mended for good."),
            ("retest", "system", "everything that had alarmed passes"),
        ),
        1,
    ):
        step = told.split(f"## Act {seq}: {verb}")[1].split("# ")[0]
        assert f"By {by} at 20" in step
        assert why in step
        assert ("in a session" in step) is (by == OWNER)
