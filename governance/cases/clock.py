"""When a case is due. Pure: dates in, dates out.

Working days are Monday to Friday in the owner's time zone; public holidays are not known. The day on which the clock
starts is not counted (Regulation (EEC, Euratom) 1182/71 Art. 3(1)).
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from governance.cases.kind_parts import Clock, DueRule


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of an aware moment in an IANA zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def rule_for(clock: Clock, severity: str, day: date) -> DueRule:
    """The rule in force for a severity on the day the clock starts: the one with the latest `since`.

    Raises KeyError for a severity the clock does not name.
    """
    in_force = [rule for rule in clock.due[severity] if rule.in_force(day)]
    return max(in_force or clock.due[severity], key=lambda rule: rule.since or date.min)


def due_date(clock: Clock, severity: str, start: datetime, zone: str) -> date:
    """The last day on which a case is in time."""
    day = local_day(start, zone)
    rule = rule_for(clock, severity, day)
    return _working(day, rule.days) if rule.count == "working" else day + timedelta(days=rule.days)


def _working(day: date, days: int) -> date:
    """The day that many Mondays to Fridays later."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
