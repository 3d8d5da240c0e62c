"""Verification of a whole archive, from its bytes and from what was kept outside it. Never raises on bad bytes.

The steps: (a) roots from the pinned digest, (b) seals joined, (c) checkpoints, (d) what was kept outside, (e) each line
once, (f) every object, (g) claimed times against provable ones, (h) versions, markers and locks, (i) heartbeats,
(j) the strength. Only a store that does not answer raises (ArchiveUnavailable).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from governance.evidence.address import BUNDLES, CHECKPOINTS, TRUST
from governance.evidence.anchor import Timestamps, read_anchors
from governance.evidence.answer import report_answer
from governance.evidence.archive import Archive
from governance.evidence.audit_bundle import EntryAudit, EntryFacts, report_missing
from governance.evidence.audit_log import Lines, compare, join_seals, read_checkpoints, read_roots, roots_at
from governance.evidence.audit_store import report_log_objects, report_strangers
from governance.evidence.audit_times import report_times
from governance.evidence.delivery import PREFIX as DELIVERIES
from governance.evidence.heartbeat import report_heartbeats
from governance.evidence.inventory import Inventory
from governance.evidence.kept import read_kept, report_lost_acts
from governance.evidence.moves import pass_over_moved
from governance.evidence.note import Checkpoint
from governance.evidence.note_key import witness_keys
from governance.evidence.parallel import in_order
from governance.evidence.report import Report
from governance.evidence.root import LockRule, Root
from governance.evidence.roots import Roots, placed
from governance.evidence.strength import strength
from governance.evidence.witness import decisions_seen, report_stored_later, sightings, witnesses

BATCH = 64
FORK_FROM = 20 * BATCH  # entries: fewer are read before processes have begun
PARTS = (BUNDLES, "log/", TRUST)  # what of an answer is a copy of the archive; its pages and proofs are not
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Scope:
    """Which bundles to read: all, or those of one system, from one moment on; and announcements of late ones.

    The log is always checked whole.
    """

    system: str = ""
    since: datetime | None = None
    only: frozenset[str] | None = None

    def expects(self, key: str) -> bool:
        """Whether an object must be there: all, unless the copy is an answer that holds `only` some bundles."""
        return self.only is None or key in self.only or key.startswith(TRUST)

    def holds(self, key: str) -> bool:
        """Whether a bundle's key is within it; objects that are no bundles always are."""
        if not key.startswith(BUNDLES):
            return True
        hour, _, name = key.removeprefix(BUNDLES).rpartition("/")
        is_since = self.since is None or hour >= f"{self.since.astimezone(UTC):%Y/%m/%d/%H}"
        return is_since and (not self.system or name.startswith((f"{self.system}.", DELIVERIES)))


@dataclass
class _Audit:
    """One run of `verify_archive`."""

    archive: Archive
    inventory: Inventory
    report: Report
    now: datetime
    lines: Lines = field(default_factory=Lines)
    roots: Roots | None = None

    @property
    def root(self) -> Root | None:
        """The newest version of the root file."""
        return self.roots.newest if self.roots else None


def verify_archive(
    archive: Archive,
    *,
    root_digest: str | None = None,
    checkpoints: Mapping[str, bytes] | None = None,
    scope: Scope = Scope(),
    request: str = "",
    timestamps: Timestamps | None = None,
    now: datetime | None = None,
    workers: int = 4,
    reopen: Callable[[], Archive] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify every object of an archive.

    Args:
        archive: any archive, opened for reading.
        root_digest: sha256 (hex) of version 1 of the root file, from paper. Without it the keys are taken on trust.
        checkpoints: what people kept, by name (`mail.txt`): signed notes, their three lines, or bundles of acts that
            they signed with their own SSH keys.
        scope: which bundles to read.
        request: the archive is an answer of `aims evidence`, and this the key of its request.
        timestamps: verifies RFC 3161 tokens (`governance.adapters.timestamp.verify_token`).
        now: for ages of locks and heartbeats; the clock's time by default.
        workers: threads that read objects.
        reopen: opens the archive anew, in a process for each processor; without it, and for a short log, threads read.
        progress: called with (entries done, entries in all) as it goes.

    Raises:
        ArchiveUnavailable: the store did not answer.
    """
    report = Report(archive.name)
    audit = _Audit(archive, Inventory(archive, PARTS if request else ("",)), report, now or datetime.now(UTC))
    _read_log(audit, root_digest)  # a, b
    inside = read_checkpoints(archive, audit.inventory, audit.root, report)  # c
    kept = read_kept(checkpoints or {}, audit.roots, report)  # d
    report_lost_acts(kept, audit.lines.entries, report)
    _report_repeats(audit)  # e
    if request:
        answer = report_answer(archive, request, audit.lines.entries, report)
        scope = replace(scope, only=answer.keys if answer else frozenset())
    facts = _audit_entries(audit, scope, workers, reopen, progress)  # f, h
    outside = {name: each.head for name, each in kept.items()}
    matching = _compare(audit, inside, {**outside, **decisions_seen(facts, report.origin)})
    cosigners = witness_keys(audit.root.witnesses if audit.root else ())
    here = [entry for entry in audit.lines.entries if not request or audit.inventory[entry.key].record]
    anchors = read_anchors(archive, here, timestamps, report, cosigners)
    pass_over_moved(facts, audit.root, report)
    report_times(facts, anchors, report, audit.now, stored=archive.locks)  # g
    if archive.locks:
        report_stored_later(facts, anchors, sightings(matching, kept, facts), report)
    report_strangers(archive, audit.inventory, audit.lines.entries, report)
    report_log_objects(archive, audit.inventory, audit.root, audit.lines.entries, report)  # h
    seconds = audit.root.heartbeat_seconds if audit.root and not request else None  # an answer holds some heartbeats
    report_heartbeats(facts, {entry.key for entry in audit.lines.entries}, report, seconds, audit.now)  # i
    vouching = witnesses(matching, kept, facts, anchors)  # j
    report.strength = strength(report, audit.root, vouching, is_pinned=root_digest is not None, locks=archive.locks)
    return report


def _read_log(audit: _Audit, root_digest: str | None) -> None:
    """The roots, the lines, and which root held at which line."""
    versions = read_roots(audit.archive, audit.inventory, root_digest, audit.report)
    audit.lines = join_seals(audit.archive, audit.inventory, audit.report)
    audit.roots = placed(versions, audit.lines.entries)
    audit.report.origin = audit.root.archive if audit.root else ""
    audit.report.entries = len(audit.lines)


def _report_repeats(audit: _Audit) -> None:
    """A key, or a bundle's digest, stands in the log once."""
    keys: dict[str, int] = {}
    digests: dict[str, int] = {}
    for index, entry in enumerate(audit.lines.entries):
        is_bundle = entry.key.startswith(BUNDLES)
        first = min(keys.setdefault(entry.key, index), digests.setdefault(entry.digest, index) if is_bundle else index)
        if first != index:
            audit.report.add("REPLAYED", entry.key, f"entry {index} repeats entry {first}")


def _audit_entries(
    audit: _Audit, scope: Scope, workers: int, reopen: Callable[[], Archive] | None, progress: Progress | None
) -> list[EntryFacts]:
    """Facts of every entry, in order. No body outlives its own audit: memory stays small."""

    def auditor(archive: Archive) -> Callable[[Sequence[int]], list[EntryFacts]]:
        one = EntryAudit(archive, audit.root, audit.roots.people_at if audit.roots else None)
        return lambda indices: [_audit_entry(audit, scope, one, index) for index in indices]

    batches = [range(len(audit.lines))[at : at + BATCH] for at in range(0, len(audit.lines), BATCH)]
    processes = (os.cpu_count() or 1) if reopen and len(audit.lines) >= FORK_FROM else 0
    here, there = partial(auditor, audit.archive), lambda: auditor(reopen() if reopen else audit.archive)
    work = in_order(here, there, batches, threads=workers, processes=processes)
    facts: list[EntryFacts] = []
    for found in work:
        facts += found
        if progress:
            progress(len(facts), len(audit.lines))
    for fact in facts:
        audit.report.findings += fact.findings
    lock = audit.root.lock if audit.root else LockRule()
    audit.report.findings += report_missing(facts, audit.lines.seals, lock, audit.now)
    audit.report.bundles = sum(fact.entry.key.startswith(BUNDLES) for fact in facts)
    audit.report.bundles_read = sum(fact.is_read for fact in facts)
    return facts


def _audit_entry(audit: _Audit, scope: Scope, auditor: EntryAudit, index: int) -> EntryFacts:
    entry, held = audit.lines.entries[index], audit.inventory[audit.lines.entries[index].key]
    if not scope.expects(entry.key) and held.record is None:
        return EntryFacts(index, entry)
    return auditor.audit(index, entry, audit.lines.seals[index], held, read=scope.holds(entry.key))


def _compare(audit: _Audit, inside: Mapping[str, Checkpoint], outside: Mapping[str, Checkpoint]) -> set[str]:
    """Hold all checkpoints against the log; the names of those that match it."""
    heads = {**inside, **outside}
    roots = roots_at(audit.lines.entries, {head.size for head in heads.values()})
    matching = compare(heads, roots, audit.lines, audit.report)
    newest = max((head.size for name, head in inside.items() if name in matching), default=0)
    if newest < len(audit.lines):
        is_missing = not inside
        word, text = ("NO CHECKPOINT", "none") if is_missing else ("UNSIGNED TAIL", f"the newest covers {newest}")
        audit.report.add(word, CHECKPOINTS, f"{text} of {len(audit.lines)} entries", fails=is_missing)
    return matching
