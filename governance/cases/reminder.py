"""Who must be told of a case on a day: the owner before the due date, the escalation chain after it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from governance.cases.act import SYSTEM, Act
from governance.cases.case import Case
from governance.cases.clock import local_day
from governance.cases.kind import Kind
from governance.cases.kind_parts import Strength


def overdue_days(case: Case, kind: Kind, now: datetime) -> int:
    """By how many days a case that waits for a person is late; 0 when it is not."""
    state = kind.states[case.state]
    if state.final or state.waits_for == "system":
        return 0
    return max(0, (local_day(now, case.zone) - case.due).days)


@dataclass(frozen=True)
class Notice:
    """Who must be told of a case today, and why: `reminder` before the due date, `overdue` or `escalation` after it."""

    person: str
    case: str
    reason: str


def notices(case: Case, kind: Kind, now: datetime) -> list[Notice]:
    """Whom to tell on this day: reminders to those the case waits for, then the escalation chain step by step."""
    state = kind.states[case.state]
    if state.final or state.waits_for in (None, "system"):
        return []
    left = (case.due - local_day(now, case.zone)).days
    waiting = case.holders(state.waits_for or "owner")
    if left >= 0:
        return [Notice(one, case.id, "reminder") for one in waiting] if left in kind.clock.remind else []
    told = [Notice(one, case.id, "overdue") for one in waiting]
    reached = sum(-left >= days for days in kind.clock.escalate)
    return told + [Notice(one, case.id, "escalation") for one in case.escalation[:reached] if one not in waiting]


def lapsed(case: Case, kind: Kind, now: datetime) -> Act | None:
    """The act that the system does because the case's date has passed in a state that lapses, or None."""
    verb = kind.states[case.state].lapses
    if not verb or local_day(now, case.zone) <= case.due:
        return None
    why = f"The date {case.due} has passed."
    return Act(case=case.id, seq=case.seq + 1, verb=verb, by=SYSTEM, at=now, why=why, strength=Strength.SYSTEM)
