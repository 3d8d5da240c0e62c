"""The clock of the store against ours, by the `Date` of its answers (RFC 9110, 6.6.1).

A statement's claimed time comes from our clock and cannot be mended once it is locked. So a process whose clock is
more than five minutes off writes nothing (docs/decisions/0006-late-delivery.md).
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.witness import CLOCK_SLACK


class StoreClock:
    """How far the store's clock is ahead of ours, as its last answer told; None before the first one."""

    def __init__(self) -> None:
        self.ahead: timedelta | None = None

    def read(self, date: str | None) -> None:
        """Take the `Date` header of an answer that came just now; one that is no date is passed over."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        self.ahead = told.astimezone(UTC) - datetime.now(UTC)

    def fault(self, store: str) -> Fault | None:
        """What is wrong when the clocks differ by more than five minutes."""
        if self.ahead is None or abs(self.ahead) <= CLOCK_SLACK:
            return None
        found = (
            f"ours {abs(self.ahead) / timedelta(minutes=1):.0f} min {'behind' if self.ahead > timedelta() else 'ahead'}"
        )
        expected = f"a clock within {CLOCK_SLACK / timedelta(minutes=1):.0f} min of the store's"
        return Fault(
            Place(system=store), expected, found, "Set this machine's clock (NTP), or the store's, and repeat."
        )

    def require(self, store: str) -> None:
        """Refuse to write with a wrong clock. Raises EvidenceError."""
        if fault := self.fault(store):
            raise EvidenceError(fault)
