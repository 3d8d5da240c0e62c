"""The times that entries claim, against the times at which they can first be proven to exist.

Three things tell when an entry was there at the latest: what stands before it in the log, a time stamp over fewer
entries, and the store's own date. A claim later than its storing is a wrong clock. One far older than the first proof
is LATE when it was announced as such, or stored in time; else it is BACKDATED (docs/decisions/0006-late-delivery.md).
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.evidence.anchor import Anchor
from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.delivery import announced
from governance.evidence.report import Report
from governance.evidence.statement import utc_second
from governance.evidence.witness import CLOCK_SLACK

LATE = timedelta(hours=26)
"""How long a bundle may take into the log without a word: a day's outbox, or the daily sweep."""


@dataclass(frozen=True, order=True)
class Proof:
    """A moment by which the log had grown to this entry, and what shows it."""

    time: datetime
    by: str


@dataclass
class _Course:
    """How far the log has come, as it is read from its first entry on."""

    report: Report
    late: Mapping[tuple[str, str], EntryFacts]
    newest: Proof | None = None

    def reach(self, proof: Proof) -> None:
        """The log had grown so far by this moment."""
        self.newest = max(self.newest or proof, proof)

    def judge(self, fact: EntryFacts, claimed: datetime, store_date: datetime | None) -> None:
        """Whether a claim is too old for where it stands."""
        in_store = store_date - claimed if store_date else timedelta()
        in_log = self.newest.time - claimed if self.newest else timedelta()
        if max(in_store, in_log) <= LATE:
            return
        key, notice = fact.entry.key, self.late.get((fact.entry.key, fact.entry.digest))
        if notice is not None and notice.index < fact.index:
            text = f"{_hours(max(in_store, in_log))} after the time it claims; announced by {notice.entry.key}"
            self.report.add("LATE", key, text, fails=False)
        elif store_date and in_store <= LATE:
            text = f"sealed {_hours(in_log)} after the time it claims; the store has it since {utc_second(store_date)}"
            self.report.add("LATE", key, text, fails=False)
        else:
            self._report_old(key, claimed, store_date if in_store > LATE else None, is_in_log=in_log > LATE)

    def _report_old(self, key: str, claimed: datetime, store_date: datetime | None, *, is_in_log: bool) -> None:
        if store_date:
            self.report.add("CLOCK", key, _stored(claimed, store_date))
        if self.newest and is_in_log:
            proven = f"first provable at {utc_second(self.newest.time)} ({self.newest.by} before it)"
            self.report.add("BACKDATED", key, f"claims {utc_second(claimed)}, {proven}")


def report_times(
    facts: Sequence[EntryFacts], anchors: Sequence[Anchor], report: Report, now: datetime, *, stored: bool
) -> None:
    """Judge every claimed time; with `stored` also by the store's own date, which a plain directory does not have."""
    course = _Course(report, announced(facts))
    stamps = deque(sorted(anchors, key=lambda anchor: anchor.size))
    for fact in facts:
        while stamps and stamps[0].size <= fact.index:
            stamp = stamps.popleft()
            if stamp.time > now + CLOCK_SLACK:
                text = f"{stamp.kind} of {utc_second(stamp.time)}, in the future of this verification: not used"
                report.add("CLOCK", stamp.key, text, fails=False)
            else:
                course.reach(Proof(stamp.time, f"{stamp.kind} over {stamp.size} entries"))
        if fact.claimed_at is None:
            continue
        store_date = fact.stored_at if stored else None
        course.judge(fact, fact.claimed_at, store_date)
        if fact.claimed_at > (store_date or now) + CLOCK_SLACK:
            report.add("CLOCK", fact.entry.key, _stored(fact.claimed_at, store_date or now))
        else:
            course.reach(Proof(fact.claimed_at, f"entry {fact.index}"))
    _report_undelivered(course.late, facts, report)


def _stored(claimed: datetime, stored: datetime) -> str:
    return f"claims {utc_second(claimed)}, stored {utc_second(stored)}"


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.0f} h"


def _report_undelivered(
    late: Mapping[tuple[str, str], EntryFacts], facts: Sequence[EntryFacts], report: Report
) -> None:
    """What was announced and never came: an outbox that was lost."""
    lines = {(fact.entry.key, fact.entry.digest) for fact in facts} if late else set()
    for (key, digest), notice in late.items():
        if (key, digest) not in lines:
            report.add("UNDELIVERED", key, f"announced by {notice.entry.key}, and not in the log", fails=False)
