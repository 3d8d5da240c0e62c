"""When a person is told of what: one message for all their cases, not at night, not twice a day. Pure.

1. Reminders and escalations wait from 20:00 to 07:00 in the person's zone, unless the case is of severity `high`.
2. The same reason about the same case is told to the same person once a day (their day).
3. What was newly opened is told at once, but a person who had such a message within the hour gets the next with the
   hourly follow-up: a storm of cases from many systems makes one message, not hundreds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from governance.cases.case import Case
from governance.cases.clock import local_day
from governance.cases.reminder import Notice

NIGHT, MORNING = time(20), time(7)
PAUSE = timedelta(hours=1)
URGENT = "high"
WORDS = {"escalation": "ESCALATION", "overdue": "OVERDUE", "reminder": "Reminder"}


def is_quiet(now: datetime, zone: str) -> bool:
    """Whether it is night for a person in this IANA zone."""
    clock = now.astimezone(ZoneInfo(zone)).time()
    return clock >= NIGHT or clock < MORNING


def may_write_again(last: datetime | None, now: datetime) -> bool:
    """Rule 3: whether a person who was last written to at `last` may be sent another message on new cases."""
    return last is None or not timedelta(0) <= now - last < PAUSE


def notice_mark(notice: Notice, now: datetime, zone: str) -> str:
    """The name under which it is remembered that a notice was told: person, day, case and reason (rule 2)."""
    return f"{notice.person}.{local_day(now, zone)}.{notice.reason}.{notice.case}"


@dataclass(frozen=True)
class Batch:
    """What one person is told in one message: the cases in the order they are due, and the marks to keep after it."""

    person: str
    heading: str
    cases: tuple[Case, ...]
    marks: tuple[str, ...]


def batches(
    notices: Iterable[Notice],
    cases: Iterable[Case],
    *,
    zone_of: Callable[[str], str],
    is_told: Callable[[str], bool],
    now: datetime,
) -> list[Batch]:
    """The messages to send now.

    Args:
        notices: what is due today (cases/reminder.py).
        cases: the open cases that they name.
        zone_of: a person's IANA zone.
        is_told: whether a mark was kept.
        now: the moment (aware).

    Returns:
        One batch a person, by their ids; people for whom nothing is left have none.
    """
    known = {case.id: case for case in cases}
    mine: dict[str, dict[str, Notice]] = {}
    for notice in notices:
        zone = zone_of(notice.person)
        if is_told(notice_mark(notice, now, zone)):
            continue
        if is_quiet(now, zone) and known[notice.case].severity != URGENT:
            continue
        mine.setdefault(notice.person, {}).setdefault(notice.case, notice)
    return [_batch(person, list(mine[person].values()), known, zone_of(person), now) for person in sorted(mine)]


def _batch(person: str, notices: list[Notice], known: dict[str, Case], zone: str, now: datetime) -> Batch:
    """All notices of one person as one message, named by its gravest reason."""
    reasons = {notice.reason for notice in notices}
    heading = next(word for reason, word in WORDS.items() if reason in reasons)
    chosen = sorted((known[notice.case] for notice in notices), key=lambda case: (case.due, case.id))
    return Batch(person, heading, tuple(chosen), tuple(notice_mark(one, now, zone) for one in notices))
