"""What a person is told: plain, whole, once, and nobody's data but their own name."""

from datetime import timedelta

from governance.cases.case import Case
from governance.cases.message import Message, message_to
from tests.builders import people
from tests.governance.cases.stories import ADA, EVE, NOON, SYSTEM, kind, opened, tell

KIND = kind()
CHECKPOINT = "example.org/aims\n1234\ngFHVHgjT5+w7YWhzL6lBSegDm2AnTHuvn4xVYPSvvjY=\n"
FIRST = opened(KIND, SYSTEM, title="Unequal treatment of groups: sex", sentences=("Women are selected less often.",))
SECOND = opened(KIND, SYSTEM, title="Drift: age", severity="medium", token="c3d4")


def told(*cases: Case, days: int = 0) -> Message:
    """The message to Ada about some cases."""
    return message_to(
        ADA,
        list(cases),
        lambda _: KIND,
        people(),
        link=lambda case: f"https://aims.example/act/{case.id}",
        checkpoint=CHECKPOINT,
        now=NOON + timedelta(days=days),
    )


def test_a_person_gets_one_message_for_all_their_cases() -> None:
    """Two cases of one owner are one message."""
    message = told(tell(KIND, FIRST), tell(KIND, SECOND))

    assert (message.to, message.deputy, message.subject) == (ADA, "ben-lind", "2 cases wait for you")


def test_it_says_what_since_when_by_when_what_to_do_and_where() -> None:
    """Everything that an owner needs is there, and the checkpoint."""
    message = told(tell(KIND, FIRST))

    for part in (
        "Hello Ada Okafor,",
        "1. Unequal treatment of groups: sex (high, early-help)",
        "Women are selected less often.",
        "Since: 2026-11-24",
        "Due:   2026-12-01",
        "To do: acknowledge – I have seen it and take it on.",
        "https://aims.example/act/REM-early-help-20261124-a1b2",
        CHECKPOINT.strip(),
    ):
        assert part in message.body


def test_it_says_that_a_case_is_late() -> None:
    """In the subject and beside the date."""
    message = told(tell(KIND, FIRST), days=10)

    assert message.subject == "1 case waits for you, 1 overdue"
    assert "OVERDUE by 3 days" in message.body


def test_it_names_nobody_else_and_no_persons_words() -> None:
    """Names of others and what they wrote stay in the archive."""
    case = tell(KIND, FIRST, ("acknowledge", ADA, {}), ("comment", EVE, {}))
    message = told(case)

    assert "Eve" not in message.body
    assert EVE not in message.body
    assert "because it is so" not in message.body
