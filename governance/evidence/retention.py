"""How long the log must stay locked: as long as the newest bundle that it proves, and the keys with it.

Object Lock ends for each object alone. A seal of ten years ago proves today's bundle too, because the root of a
checkpoint is made of every line before it. So whatever stands under `log/` and `trust/` has to be locked until the lock
of the last bundle ends; COMPLIANCE lets a lock be made longer, never shorter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.evidence.address import BUNDLES, TRUST
from governance.evidence.archive import Lock
from governance.evidence.report import Finding

COMPLIANCE = "COMPLIANCE"
LOG = "log/"


@dataclass(frozen=True)
class Locked:
    """The record of a key, with its lock as the store tells it; None: it is not locked."""

    key: str
    version_id: str
    lock: Lock | None

    @property
    def is_proof(self) -> bool:
        """Whether it proves bundles, instead of being one."""
        return self.key.startswith((LOG, TRUST))

    def held(self, moment: datetime) -> bool:
        """Whether nobody may delete it before that moment."""
        return self.lock is not None and self.lock.mode == COMPLIANCE and self.lock.until >= moment


def needed_until(records: Iterable[Locked]) -> datetime | None:
    """The end of the last bundle's lock; None when no bundle is locked."""
    ends = [one.lock.until for one in records if one.key.startswith(BUNDLES) and one.lock]
    return max(ends, default=None)


def to_extend(records: Sequence[Locked]) -> list[Locked]:
    """The objects of `log/` and `trust/` whose lock ends before that of the last bundle."""
    until = needed_until(records)
    return [] if until is None else [one for one in records if one.is_proof and not one.held(until)]


def expired_locks(records: Sequence[Locked], now: datetime) -> list[Finding]:
    """EXPIRED LOCK for what anybody with a key may delete now.

    It fails for `log/` and `trust/` while a bundle is still locked. A bundle whose own time is over is a note.
    """
    until = needed_until(records)
    proving = until is not None and until > now
    found = []
    for one in records:
        if not one.held(now):
            said = (
                f"its {one.lock.mode} lock ends {one.lock.until:%Y-%m-%dT%H:%M:%SZ}" if one.lock else "it has no lock"
            )
            text = f"{said}: whoever may delete can delete it now"
            found.append(Finding("EXPIRED LOCK", one.key, text, fails=one.is_proof and proving))
    return found
