"""When people are told: not at night, once a day, in one message."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.cases.case import Case
from governance.cases.reminder import Notice
from governance.cases.telling import Batch, batches, is_quiet, may_write_again
from tests.governance.cases.stories import ADA, FEMI, NOON, kind, opened, tell


def case(token: str, severity: str = "medium") -> Case:
    """An open case about a concern-free kind whose severity can be chosen."""
    of = kind("gap")
    return tell(of, opened(of, "system", token=token, severity=severity))


def told(now: datetime, *cases: Case, zone: str = "UTC", marks: tuple[str, ...] = ()) -> list[Batch]:
    """The batches of an owner's reminders."""
    notices = [Notice(ADA, one.id, "reminder") for one in cases]
    return batches(notices, cases, zone_of=lambda _: zone, is_told=marks.__contains__, now=now)


@pytest.mark.parametrize(
    ("hour", "quiet"), [("06:59", True), ("07:00", False), ("19:59", False), ("20:00", True), ("00:00", True)]
)
def test_the_night_is_from_eight_to_seven_where_the_person_lives(hour: str, quiet: bool) -> None:
    """The clock of the person counts, not the server's."""
    moment = datetime.fromisoformat(f"2026-11-24T{hour}+09:00")

    assert is_quiet(moment, "Asia/Tokyo") is quiet


def test_all_cases_of_a_person_are_one_message() -> None:
    """Three reminders, one message, the first due first."""
    [batch] = told(NOON, case("a1b2"), case("a1b3"), case("a1b4", "high"))

    assert batch.person == ADA
    assert [one.severity for one in batch.cases] == ["high", "medium", "medium"]


def test_at_night_only_what_is_grave_is_told() -> None:
    """The rest waits for the morning."""
    night = NOON + timedelta(hours=9)
    [batch] = told(night, case("a1b2"), case("a1b3", "high"))

    assert [one.severity for one in batch.cases] == ["high"]
    assert len(told(night + timedelta(hours=10), case("a1b2"))) == 1


def test_the_same_is_told_once_a_day() -> None:
    """A mark keeps it from coming again until the person's next day."""
    [batch] = told(NOON, case("a1b2"))

    assert told(NOON + timedelta(hours=1), case("a1b2"), marks=batch.marks) == []
    assert told(NOON + timedelta(days=1), case("a1b2"), marks=batch.marks) != []


def test_a_message_is_named_by_its_gravest_reason() -> None:
    """Escalation before overdue before reminder."""
    cases = [case("a1b2"), case("a1b3")]
    notices = [Notice(FEMI, cases[0].id, "overdue"), Notice(FEMI, cases[1].id, "escalation")]
    [batch] = batches(notices, cases, zone_of=lambda _: "UTC", is_told=lambda _: False, now=NOON)

    assert batch.heading == "ESCALATION"


def test_new_cases_are_told_at_once_but_not_twice_within_the_hour() -> None:
    """A clock that was set back holds nobody's messages for ever."""
    assert may_write_again(None, NOON)
    assert not may_write_again(NOON, NOON + timedelta(minutes=59))
    assert may_write_again(NOON, NOON + timedelta(hours=1))
    assert may_write_again(NOON, NOON - timedelta(days=1))
    assert NOON.tzinfo is UTC
