"""When a case is due and who is told: working days, time zones, law."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from governance.cases.act import Act
from governance.cases.clock import clocked, due_date
from governance.cases.kind_parts import Clock, DueRule
from governance.cases.plan import plan_verdict
from governance.cases.reminder import lapsed, notices, overdue_days
from governance.cases.rules import apply
from governance.registry.people import People
from tests.builders import people, system, verdict
from tests.governance.cases.stories import ACCEPT, ADA, EVE, FEMI, FIX, NOON, SYSTEM, kind, opened, tell

KIND = kind()
OPEN = opened(KIND, SYSTEM)  # severity high: due on 2026-12-01


def clock(*rules: DueRule) -> Clock:
    """A clock with one severity."""
    return Clock(due={"high": rules})


WORKING = {
    "from Tuesday over the weekend": ("2026-11-24T12:00+00:00", 5, "2026-12-01"),
    "from Friday": ("2026-11-27T12:00+00:00", 1, "2026-11-30"),
    "from Saturday": ("2026-11-28T12:00+00:00", 1, "2026-11-30"),
    "from Sunday, a whole week": ("2026-11-29T12:00+00:00", 5, "2026-12-04"),
    "no day at all": ("2026-11-24T12:00+00:00", 0, "2026-11-24"),
}


@pytest.mark.parametrize(("start", "days", "due"), WORKING.values(), ids=WORKING.keys())
def test_working_days_leave_out_weekends(start: str, days: int, due: str) -> None:
    """Monday to Friday, the day of the start not counted."""
    rule = DueRule(days=days, count="working")

    assert due_date(clock(rule), "high", datetime.fromisoformat(start), "UTC") == date.fromisoformat(due)


CLOSED = People(people=people().people, closed=(date(2026, 11, 26), date(2026, 11, 28), date(2027, 3, 4)))


def test_days_on_which_everybody_is_off_are_no_working_days() -> None:
    """A Thursday is left out; a Saturday was none anyway."""
    rule = DueRule(days=5, count="working")
    start = datetime.fromisoformat("2026-11-24T12:00+00:00")
    known = clocked(clock(rule), "high", start, "UTC", partial(CLOSED.days_off, ADA))

    assert known == {"due": date(2026, 12, 2), "days_off": (date(2026, 11, 26),)}


def test_days_of_law_are_calendar_days_and_keep_no_days_off() -> None:
    """No holiday gives an authority less."""
    rule = DueRule(days=15, count="calendar")
    start = datetime.fromisoformat("2026-11-24T12:00+00:00")

    assert clocked(clock(rule), "high", start, "UTC", partial(CLOSED.days_off, ADA)) == {
        "due": date(2026, 12, 9),
        "days_off": (),
    }


def test_a_case_keeps_its_days_off_whatever_the_calendar_says_later() -> None:
    """The opening of a finding carries them; read back by people who know no such day, its date is the same."""
    planned = plan_verdict(verdict(), [], system=system(), people=CLOSED, now=NOON, kind=KIND)
    opening = next(act for act in planned.acts if act.opening and act.opening.severity == "high")
    again = apply(KIND, None, Act.from_json(opening.to_json(), "act.json"), people())

    assert again.due == date(2026, 12, 2)
    assert again.days_off == (date(2026, 11, 26),)
    assert b"days_off" not in OPEN.to_json()


def test_the_day_is_the_owners_day() -> None:
    """At 23:30 UTC it is tomorrow in Vienna."""
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

    assert due_date(clock(DueRule(days=1)), "high", late, "Europe/Vienna") == date(2026, 11, 26)
    assert due_date(clock(DueRule(days=1)), "high", late, "America/New_York") == date(2026, 11, 25)


def test_a_rule_of_law_holds_between_its_dates() -> None:
    """Which rule counts depends on the day on which the clock starts."""
    rules = (DueRule(days=30), DueRule(days=15, since=date(2026, 8, 2), until=date(2027, 1, 1)))

    found = [
        due_date(clock(*rules), "high", datetime(y, m, 1, tzinfo=UTC), "UTC")
        for y, m in ((2026, 7), (2026, 9), (2027, 1))
    ]

    assert found == [date(2026, 7, 31), date(2026, 9, 16), date(2027, 1, 31)]


def test_a_case_is_overdue_the_day_after_its_date() -> None:
    """The last day is still in time."""
    case = tell(KIND, OPEN)

    assert [overdue_days(case, KIND, NOON + timedelta(days=days)) for days in (0, 7, 8, 10)] == [0, 0, 1, 3]


def test_a_case_that_waits_for_a_window_is_nobodys_delay() -> None:
    """After the fix the owner is not held to the date of the next window."""
    case = tell(KIND, OPEN, ("acknowledge", ADA, {}), ("fix", ADA, FIX))

    assert overdue_days(case, KIND, NOON + timedelta(days=90)) == 0
    assert notices(case, KIND, NOON + timedelta(days=90)) == []


def test_reminders_come_before_the_date_and_escalation_after_it() -> None:
    """Three days, one day and on the day; then the owner every day, the chain from its day on."""
    case = tell(KIND, OPEN)
    told = {day: [(n.person, n.reason) for n in notices(case, KIND, NOON + timedelta(days=day))] for day in range(10)}

    assert [day for day in told if (ADA, "reminder") in told[day]] == [4, 6, 7]
    assert told[5] == []
    assert told[8] == [(ADA, "overdue"), (FEMI, "escalation")]


def test_an_acceptance_lapses_the_day_after_its_date() -> None:
    """The system reopens the case; until then nothing happens."""
    case = tell(KIND, OPEN, ("accept", EVE, ACCEPT))
    after = lapsed(case, KIND, datetime(2027, 1, 1, 6, tzinfo=UTC))

    assert lapsed(case, KIND, datetime(2026, 12, 31, 23, tzinfo=UTC)) is None
    assert after
    assert apply(KIND, case, after, people()).state == "reopened"


def test_a_state_that_does_not_lapse_stays() -> None:
    """Being late changes no state."""
    assert lapsed(tell(KIND, OPEN), KIND, NOON + timedelta(days=400)) is None
