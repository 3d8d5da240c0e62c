"""Where the one link of a notification leads."""

from dataclasses import replace
from pathlib import Path

from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from tasks.notify import case_link
from tests.governance.cases.stories import kind, opened, tell

CASE = tell(kind("remediation"), opened(kind("remediation"), "system"))
ALONE = Settings(Path("home"), Path("state"), "", Path("keys"), "", "https://pages.example", "")


def test_the_link_goes_through_the_gate_to_the_case() -> None:
    """By the case's id, which outlives every run."""
    there = Workplace(replace(ALONE, gate="https://aims.example.org"))

    assert case_link(there, CASE) == f"https://aims.example.org/case/{CASE.id}"


def test_without_a_gate_the_link_leads_to_the_page() -> None:
    """Of the newest window that showed it."""
    seen = CASE.model_copy(update={"opened_window": "2026-W47"})

    assert case_link(Workplace(ALONE), seen) == "https://pages.example/early-help/2026-W47/page.html"


def test_a_case_about_no_window_has_no_page() -> None:
    """An address that leads nowhere is worse than a command."""
    concern = tell(kind("concern"), opened(kind("concern")))

    assert case_link(Workplace(ALONE), concern) == f"aims case {concern.id}"
