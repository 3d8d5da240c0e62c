"""When a case is due. Pure: dates in, dates out.

Working days are Monday to Friday in the owner's time zone without the owner's days off, as they were known when the
clock started: the case keeps them. The day on which it starts is not counted (Regulation (EEC, Euratom) 1182/71
Art. 3(1)). Days of law are calendar days; no holiday makes them more.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from governance.cases.kind_parts import Clock, DueRule

DaysOff = Callable[[date, date], tuple[date, ...]]
SLACK = 21
"""Days beyond twice the working days that a clock counts: more than holidays ever take together."""


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of an aware moment in an IANA zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def rule_for(clock: Clock, severity: str, day: date) -> DueRule:
    """The rule in force for a severity on the day the clock starts: the one with the latest `since`.

    Raises KeyError for a severity the clock does not name.
    """
    in_force = [rule for rule in clock.due[severity] if rule.in_force(day)]
    return max(in_force or clock.due[severity], key=lambda rule: rule.since or date.min)


def due_date(clock: Clock, severity: str, start: datetime, zone: str, days_off: Collection[date] = ()) -> date:
    """The last day on which a case is in time; `days_off` are no working days, beside Saturdays and Sundays."""
    day = local_day(start, zone)
    rule = rule_for(clock, severity, day)
    return _working(day, rule.days, days_off) if rule.count == "working" else day + timedelta(days=rule.days)


def clocked(clock: Clock, severity: str, start: datetime, zone: str, off: DaysOff) -> dict[str, Any]:
    """What an opening says of its clock: `due`, and the `days_off` that any severity may have to leave out.

    Args:
        clock: the clock of the kind.
        severity: a severity that it names.
        start: the moment it runs from (aware).
        zone: the owner's IANA time zone.
        off: the owner's days off between two days.
    """
    day = local_day(start, zone)
    most = max((rule.days for rules in clock.due.values() for rule in rules if rule.count == "working"), default=0)
    days_off = off(day, day + timedelta(days=2 * most + SLACK)) if most else ()
    return {"due": due_date(clock, severity, start, zone, days_off), "days_off": days_off}


def _working(day: date, days: int, days_off: Collection[date]) -> date:
    """The day that many working days later."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in days_off
    return day
