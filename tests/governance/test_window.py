"""Windows are calendar periods in the system's zone, kept in UTC, without gap or overlap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.window import Length, period_of, periods

ZONES = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.sampled_from(Length), ZONES)
def test_every_moment_lies_in_exactly_one_window(moment: datetime, length: Length, zone: str) -> None:
    """The period of a moment holds it, and the next one starts where it ends."""
    period = period_of(moment, length, zone)
    after = period_of(period.end, length, zone)

    assert period.start <= moment < period.end
    assert after.start == period.end
    assert after.name > period.name


@pytest.mark.parametrize(
    ("length", "name"),
    [
        ("P1Y", "2026"),
        ("P3M", "2026Q4"),
        ("P1M", "2026-11"),
        ("P1W", "2026-W48"),
        ("P1D", "2026-11-24"),
        ("PT1H", "2026-11-24T14"),
    ],
)
def test_a_window_is_named_by_its_local_calendar(length: str, name: str) -> None:
    """The name is what people in the system's zone would call the period."""
    moment = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)

    assert period_of(moment, Length(length), "Europe/Vienna").name == name


def test_the_day_of_a_clock_change_is_one_window_of_25_hours() -> None:
    """Autumn's long day stays whole."""
    day = period_of(datetime(2026, 10, 25, 12, tzinfo=UTC), Length.DAY, "Europe/Vienna")

    assert day.end - day.start == timedelta(hours=25)


def test_the_hour_that_comes_twice_has_two_names() -> None:
    """The repeated hour of autumn is two windows, one after the other."""
    hours = list(
        periods(
            datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC), Length.HOUR, "Europe/Vienna"
        )
    )

    assert [hour.name for hour in hours] == ["2026-10-25T02", "2026-10-25T02b"]


def test_only_whole_windows_are_due() -> None:
    """A period that began before the first day or has not ended yet is left out."""
    since, until = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)

    assert [period.name for period in periods(since, until, Length.MONTH, "UTC")] == ["2026-02", "2026-03"]
