"""The next moment of a schedule."""

from datetime import datetime

import pytest

from governance.compliance.cron import next_fire

AFTER = "2026-11-24T12:00:00+00:00"  # a Tuesday


@pytest.mark.parametrize(
    ("cron", "zone", "expected"),
    [
        ("0 8 2 1,4,7,10 *", "UTC", "2027-01-02T08:00:00+00:00"),
        ("*/15 * * * *", "UTC", "2026-11-24T12:15:00+00:00"),
        ("0 6 * * 1", "UTC", "2026-11-30T06:00:00+00:00"),
        ("0 6 * * mon-fri", "America/New_York", "2026-11-25T11:00:00+00:00"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00:00+00:00"),
        ("0 0 1 * 7", "UTC", "2026-11-29T00:00:00+00:00"),
        ("0 12 * * *", "UTC", "2026-11-25T12:00:00+00:00"),
    ],
)
def test_it_is_the_first_that_fits_after_the_moment(cron: str, zone: str, expected: str) -> None:
    """Lists, steps, ranges, names, leap days, either day, and never the moment itself."""
    assert next_fire(cron, zone, datetime.fromisoformat(AFTER)) == datetime.fromisoformat(expected)


def test_a_day_that_never_comes_has_none() -> None:
    """The thirtieth of February."""
    assert next_fire("0 0 30 2 *", "UTC", datetime.fromisoformat(AFTER)) is None


@pytest.mark.parametrize("cron", ["* * * *", "61 * * * *", "* * 9-1 * *", "a * * * *", "*/0 * * * *"])
def test_what_is_no_schedule_is_an_error(cron: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r".+"):
        next_fire(cron, "UTC", datetime.fromisoformat(AFTER))
