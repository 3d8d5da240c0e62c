"""Who and what vouches for the log from outside: kept checkpoints, acts of owners, time stamps, cosignatures."""

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
    return found + [Witness(anchor.kind, anchor.size, utc_second(anchor.time)) for anchor in anchors]


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
    at, count, first, said = 0, 0, "", ""
    for fact in facts:
        while at < len(known) and known[at][0] <= fact.index:
            at += 1
        if at == len(known):
            break
        moment, how = earliest[at]
        if fact.stored_at and fact.stored_at - moment > CLOCK_SLACK:
            count += 1
            first = first or fact.entry.key
            said = said or f"this one stored {utc_second(fact.stored_at)}, {how} {utc_second(moment)}"
    if count:
        report.add("STORED LATER THAN ANCHORED", first, f"{count} object{'s' if count > 1 else ''}; {said}")


def _earliest_from_each(known: Sequence[tuple[int, datetime, str]]) -> list[tuple[datetime, str]]:
    """For each position the earliest moment among it and all larger sizes: those vouch for its entries, too."""
    found: list[tuple[datetime, str]] = []
    for _, moment, how in reversed(known):
        found.append(min((moment, how), found[-1]) if found else (moment, how))
    return found[::-1]
