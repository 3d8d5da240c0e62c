"""The boards: what compliance staff see first."""

from datetime import timedelta

from reports.boards import boards
from tests.governance.cases.stories import ADA, kind, opened, tell

GAP = kind("gap")
LATE = tell(GAP, opened(GAP, "system", token="a1b2"))
FRESH = tell(GAP, opened(GAP, "system", token="a1b3", at=LATE.opened_at + timedelta(days=14)), ("acknowledge", ADA, {}))
NOW = LATE.opened_at + timedelta(days=16)
SHOWN = boards([FRESH, LATE], lambda _: GAP, NOW)


def test_what_is_overdue_stands_first_and_says_by_how_much() -> None:
    """Without reading a date."""
    assert [row["case"] for row in SHOWN["board-open"]] == [LATE.id, FRESH.id]
    assert [row["late"] for row in SHOWN["board-open"]] == ["OVERDUE 2 d", ""]


def test_each_board_holds_its_own() -> None:
    """Overdue, and taken on by nobody."""
    assert [row["case"] for row in SHOWN["board-overdue"]] == [LATE.id]
    assert [row["case"] for row in SHOWN["board-unacknowledged"]] == [LATE.id]


def test_owners_and_systems_are_counted() -> None:
    """Two open, one late, one taken on by nobody."""
    due = LATE.due.isoformat()
    counts = {"open": 2, "overdue": 1, "unacknowledged": 1, "first due": due}

    assert SHOWN["board-by-owner"] == [{"owner": ADA, **counts}]
    assert SHOWN["board-by-system"] == [{"system": "early-help", **counts}]


def test_a_title_brings_no_link_onto_a_board() -> None:
    """V1 of the UI makes links in cells live."""
    bad = LATE.model_copy(update={"title": "[x](javascript:alert(1)) https://evil.example"})

    assert "javascript" not in str(boards([bad], lambda _: GAP, NOW))
    assert "evil.example" not in str(boards([bad], lambda _: GAP, NOW))
