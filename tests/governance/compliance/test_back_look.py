"""When a window is judged again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.compliance.back_look import moments, revision_due
from governance.registry.system import Labels, WindowPlan
from governance.window import Length
from tests.builders import system

LATE = system(
    labels=Labels(delay_days=30, back_look=(60, 0)),
    window=WindowPlan(length=Length.MONTH, zone="UTC", since=date(2026, 1, 1)),
)
JANUARY = LATE.window.due(datetime(2026, 3, 1, tzinfo=UTC))[0]
RUN = JANUARY.end + timedelta(hours=6)


def on(days: float) -> datetime:
    """So many days after the window's end."""
    return JANUARY.end + timedelta(days=days)


@pytest.mark.parametrize(
    ("now", "revisions", "due"),
    [
        (on(29), 1, None),
        (on(30), 1, 1),
        (on(30), 2, None),
        (on(89), 2, None),
        (on(90), 2, 2),
        (on(400), 3, None),
        (on(400), 0, None),
    ],
)
def test_a_window_is_due_again_at_each_moment_once(now: datetime, revisions: int, due: int | None) -> None:
    """When labels are mature, and when corrections are in; never before it was judged at all."""
    assert revision_due(LATE, JANUARY, RUN, revisions, now) == due


def test_a_window_judged_late_is_not_judged_again_for_what_it_knew() -> None:
    """A back-fill after the labels came had them."""
    assert revision_due(LATE, JANUARY, on(31), 1, on(40)) is None
    assert revision_due(LATE, JANUARY, on(31), 1, on(90)) == 1


def test_labels_that_stand_beside_the_predictions_ask_for_no_back_look() -> None:
    """A moment at the window's end is none."""
    assert moments(system(), JANUARY) == []
    assert moments(system(labels=Labels(delay_days=30, back_look=())), JANUARY) == []
