"""The back-look: a window is judged again when its labels have come. Pure.

Labels are late: error rates and performance wait for them, and a verdict that waited has to be made good. Every verdict
stays; the later one names the earlier one's digest.

ISO/IEC 42001 9.1 (results that are valid), A.7.4; EU AI Act Art. 72(2) (performance over the lifetime).
"""

from datetime import datetime, timedelta

from governance.registry.system import System
from governance.window import Period


def moments(system: System, period: Period) -> list[datetime]:
    """When a window is to be looked at again, in order; a moment at its end is none, since no run is earlier."""
    labels = system.labels
    days = sorted({labels.delay_days + later for later in labels.back_look})
    return [period.end + timedelta(days=one) for one in days if one > 0]


def revision_due(system: System, period: Period, first_judged: datetime, revisions: int, now: datetime) -> int | None:
    """The revision that is due, or None.

    Args:
        system: the registry's entry.
        period: the window.
        first_judged: when its revision 0 was made.
        revisions: how many revisions there are, revision 0 among them.
        now: the moment (aware).
    """
    passed = [moment for moment in moments(system, period) if first_judged < moment <= now]
    return revisions if 0 < revisions <= len(passed) else None
