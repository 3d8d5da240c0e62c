"""Who and what vouches for the log from outside, and the times that entries claim against the times they can prove."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from governance.evidence.anchor import Anchor
from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.kept import Kept
from governance.evidence.note import Checkpoint
from governance.evidence.report import Report
from governance.evidence.statement import utc_second
from governance.evidence.strength import Witness

UNLISTED = "decision by a key that the root file does not list"
CLOCK_SLACK = timedelta(minutes=5)
LATE = timedelta(hours=26)  # a bundle may wait a day in an outbox, or for the daily sweep


def decisions_seen(facts: Sequence[EntryFacts], origin: str) -> dict[str, Checkpoint]:
    """The checkpoint in each decision that a person signed with their own key, by the bundle's key."""
    return {fact.entry.key: fact.seen for fact in facts if fact.seen is not None and fact.seen.origin == origin}


def witnesses(
    matching: set[str], kept: Mapping[str, Kept], facts: Sequence[EntryFacts], anchors: Sequence[Anchor]
) -> list[Witness]:
    """What was kept outside and matches the log: checkpoints, acts of owners, time stamps."""
    found = [Witness(each.kind, each.head.size) for name, each in kept.items() if name in matching]
    for fact in facts:
        if fact.seen is not None and fact.entry.key in matching:
            kind = "owner decision" if fact.is_vouched else UNLISTED
            found.append(Witness(kind, fact.seen.size, counts=fact.is_vouched))
    return found + [Witness("time stamp", anchor.size, utc_second(anchor.time)) for anchor in anchors]


def sightings(matching: set[str], kept: Mapping[str, Kept], facts: Sequence[EntryFacts]) -> list[tuple[int, datetime]]:
    """By when how many entries existed, as owners signed it with their own keys: in the archive, or kept outside it."""
    outside = [(each.head.size, each.at) for name, each in kept.items() if name in matching]
    inside = [
        (fact.seen.size, fact.seen_at) for fact in facts if fact.seen and fact.is_vouched and fact.entry.key in matching
    ]
    return [(size, moment) for size, moment in (*outside, *inside) if moment is not None]


def report_stored_later(
    facts: Sequence[EntryFacts],
    anchors: Sequence[Anchor],
    seen: Sequence[tuple[int, datetime]],
    report: Report,
) -> None:
    """Objects that the store took in later than somebody outside knew of them: a bucket that was made anew."""
    known = sorted([(anchor.size, anchor.time, "time-stamped") for anchor in anchors]
                   + [(size, moment, "seen by an owner") for size, moment in seen])  # fmt: skip
    earliest = _earliest_from_each(known)
    at = 0
    for fact in facts:
        while at < len(known) and known[at][0] <= fact.index:
            at += 1
        if at == len(known):
            return
        moment, how = earliest[at]
        if fact.stored_at and fact.stored_at - moment > CLOCK_SLACK:
            text = f"stored {utc_second(fact.stored_at)}, {how} {utc_second(moment)}"
            report.add("STORED LATER THAN ANCHORED", fact.entry.key, text)


def _earliest_from_each(known: Sequence[tuple[int, datetime, str]]) -> list[tuple[datetime, str]]:
    """For each position the earliest moment among it and all larger sizes: those vouch for its entries, too."""
    found: list[tuple[datetime, str]] = []
    for _, moment, how in reversed(known):
        found.append(min((moment, how), found[-1]) if found else (moment, how))
    return found[::-1]


def report_times(
    facts: Sequence[EntryFacts], anchors: Sequence[Anchor], report: Report, now: datetime, *, stored: bool
) -> None:
    """Hold claimed times against the order of the log, the time stamps and, with `stored`, the store's own clock.

    A claim later than its storing is a wrong clock; one far older than what stands before it was put in later.
    """
    newest: tuple[datetime, str] | None = None
    stamps = sorted(anchors, key=lambda anchor: anchor.size)
    for fact in facts:
        while stamps and stamps[0].size <= fact.index:
            newest = max(newest or (stamps[0].time, ""), (stamps[0].time, f"time stamp over {stamps[0].size} entries"))
            stamps.pop(0)
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
