"""Who and what vouches for the log from outside, and the times that entries claim against the times they can prove."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from governance.evidence.anchor import Anchor
from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.note import Checkpoint
from governance.evidence.report import Report
from governance.evidence.statement import utc_second
from governance.evidence.strength import Witness

CLOCK_SLACK = timedelta(minutes=5)
LATE = timedelta(hours=26)  # a bundle may wait a day in an outbox, or for the daily sweep


def decisions_seen(facts: Sequence[EntryFacts], origin: str) -> dict[str, Checkpoint]:
    """The checkpoint in each decision that a person signed with their own key, by the bundle's key."""
    return {fact.entry.key: fact.seen for fact in facts if fact.seen is not None and fact.seen.origin == origin}


def witnesses(
    matching: set[str], held: Mapping[str, Checkpoint], facts: Sequence[EntryFacts], anchors: Sequence[Anchor]
) -> list[Witness]:
    """What was kept outside and matches the log: checkpoints, decisions of owners, time stamps."""
    found = [Witness("checkpoint from outside", head.size) for name, head in held.items() if name in matching]
    for fact in facts:
        if fact.seen is not None and fact.entry.key in matching:
            kind = "owner decision" if fact.is_vouched else "decision by a key that the root file does not list"
            found.append(Witness(kind, fact.seen.size))
    return found + [Witness("time stamp", anchor.size, utc_second(anchor.time)) for anchor in anchors]


def report_times(
    facts: Sequence[EntryFacts], anchors: Sequence[Anchor], report: Report, now: datetime, *, stored: bool
) -> None:
    """Hold claimed times against the order of the log, the time stamps and, with `stored`, the store's own clock.

    A claim later than its storing is a wrong clock; one far older than what stands before it was put in later; an
    object stored later than a time stamp over it was put back.
    """
    newest: tuple[datetime, str] | None = None
    stamps = sorted(anchors, key=lambda anchor: anchor.size)
    for fact in facts:
        while stamps and stamps[0].size <= fact.index:
            newest = max(newest or (stamps[0].time, ""), (stamps[0].time, f"time stamp over {stamps[0].size} entries"))
            stamps.pop(0)
        if stored and fact.stored_at and stamps and fact.stored_at - stamps[0].time > CLOCK_SLACK:
            text = f"stored {utc_second(fact.stored_at)}, time-stamped {utc_second(stamps[0].time)}"
            report.add("STORED LATER THAN ANCHORED", fact.entry.key, text)
        newest = _claim(fact, newest, report, fact.stored_at if stored and fact.stored_at else now, stored=stored)


def _claim(
    fact: EntryFacts, newest: tuple[datetime, str] | None, report: Report, bound: datetime, *, stored: bool
) -> tuple[datetime, str] | None:
    """Judge one claimed time; the newest time so far, and what shows it."""
    claimed = fact.claimed_at
    if claimed is None:
        return newest
    if claimed > bound + CLOCK_SLACK or (stored and bound - claimed > LATE):
        report.add("CLOCK", fact.entry.key, f"claims {utc_second(claimed)}, stored {utc_second(bound)}")
    if newest and newest[0] - claimed > LATE:
        text = f"claims {utc_second(claimed)}, first provable at {utc_second(newest[0])} ({newest[1]} before it)"
        report.add("BACKDATED", fact.entry.key, text)
    if claimed <= bound + CLOCK_SLACK and (newest is None or claimed > newest[0]):
        return claimed, f"entry {fact.index}"
    return newest
