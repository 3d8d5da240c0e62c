"""When a schedule of five cron fields fires next. Pure.

Minute, hour, day of month, month, day of week (0 and 7 are Sunday; names of months and days are known); `*`, lists,
ranges and steps. Where both days are given, one of them suffices (POSIX crontab).
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SPANS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMES = {name: number for number, name in enumerate(MONTHS, 1)} | {name: number for number, name in enumerate(DAYS)}
HORIZON = 366 * 4  # days: a leap day comes at last


def next_fire(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first moment later than `after` (aware) at which a schedule fires, in its zone; None if it never does.

    Raises:
        ValueError: the text is no schedule of five fields.
    """
    minutes, hours, *days = fields(cron)
    local = after.astimezone(ZoneInfo(zone))
    for offset in range(HORIZON):
        day = local.date() + timedelta(days=offset)
        if not _is_day(day, cron.split()[2] == "*", cron.split()[4] == "*", *days):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                moment = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
                if moment > local:
                    return moment
    return None


def _is_day(day: date, any_day: bool, any_weekday: bool, *allowed: frozenset[int]) -> bool:
    """Whether a schedule fires on a day."""
    days, months, weekdays = allowed
    on_day, on_weekday = day.day in days, day.isoweekday() % 7 in weekdays
    fits = on_day and on_weekday if any_day or any_weekday else on_day or on_weekday
    return day.month in months and fits


@lru_cache(maxsize=256)
def fields(cron: str) -> tuple[frozenset[int], ...]:
    """The numbers that each of the five fields allows. Raises ValueError."""
    parts = cron.lower().split()
    if len(parts) != len(SPANS):
        raise ValueError("expected five cron fields")
    found = [
        frozenset(one for item in part.split(",") for one in _item(item, *span))
        for part, span in zip(parts, SPANS, strict=True)
    ]
    return (*found[:4], frozenset(day % 7 for day in found[4]))


def _item(item: str, low: int, high: int) -> range:
    """One of `*`, `5`, `1-5`, `*/2`, `1-9/2`."""
    span, _, step = item.partition("/")
    first, _, last = span.partition("-")
    if span == "*":
        start, end = low, high
    else:
        start = _number(first)
        end = _number(last) if last else (high if step else start)
    if not low <= start <= end <= high:
        raise ValueError(f"expected numbers from {low} to {high}")
    return range(start, end + 1, int(step or 1))


def _number(text: str) -> int:
    return NAMES[text] if text in NAMES else int(text)
