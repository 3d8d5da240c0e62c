"""Witnesses inside the bundles: the checkpoint that an owner had before them, and the times that entries claim."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.malformed import Malformed, reason
from governance.evidence.note import Checkpoint, parse_checkpoint
from governance.evidence.report import Report
from governance.evidence.statement import DECISION

CLOCK_SLACK = timedelta(minutes=5)
LATE = timedelta(hours=26)  # a bundle may wait a day in an outbox, or for the daily sweep


def decisions_seen(facts: Sequence[EntryFacts], report: Report) -> dict[str, Checkpoint]:
    """The checkpoint in each decision that a person signed with their own key, by the bundle's key.

    A decision taken in a session only is our own word, not theirs: it is no witness.
    """
    seen = {}
    for fact in facts:
        said = fact.predicate.get("checkpointSeen")
        if fact.predicate_type != DECISION or not isinstance(said, dict) or fact.predicate.get("strength") != "ssh":
            continue
        try:
            head = parse_checkpoint(f"{said.get('origin')}\n{said.get('size')}\n{said.get('root')}\n", fact.entry.key)
        except Malformed as error:
            report.add("BAD BUNDLE", fact.entry.key, reason(error))
            continue
        if head.origin == report.origin:
            seen[fact.entry.key] = head
    return seen


def report_times(facts: Sequence[EntryFacts], report: Report, now: datetime, *, stored: bool) -> None:
    """Hold claimed times against the order of the log and, with `stored`, against the store's own clock.

    A claim later than its storing is a wrong clock; one far older than what stands before it was put in later.
    """
    newest: tuple[datetime, int] | None = None
    for fact in facts:
        claimed = fact.claimed_at
        if claimed is None:
            continue
        bound = fact.stored_at if stored and fact.stored_at else now
        if claimed > bound + CLOCK_SLACK:
            report.add("CLOCK", fact.entry.key, f"claims {_iso(claimed)}, stored {_iso(bound)}")
            continue
        if stored and bound - claimed > LATE:
            report.add("CLOCK", fact.entry.key, f"claims {_iso(claimed)}, stored {_iso(bound)}")
        if newest and newest[0] - claimed > LATE:
            text = f"claims {_iso(claimed)}, first provable at {_iso(newest[0])} (entry {newest[1]} before it)"
            report.add("BACKDATED", fact.entry.key, text)
        if newest is None or claimed > newest[0]:
            newest = claimed, fact.index


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
