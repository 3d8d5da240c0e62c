"""Verification of one line of the log: the object is there, unaltered, locked, and (a bundle) signed by a valid key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from governance.evidence.address import BUNDLES
from governance.evidence.archive import Archive, MissingObject, Version
from governance.evidence.audit_race import judge_versions
from governance.evidence.bundle import Bundle, read_bundle
from governance.evidence.decision import judge_decision, signed_at
from governance.evidence.inventory import Holding
from governance.evidence.log import Entry
from governance.evidence.malformed import Malformed, reason
from governance.evidence.note import Checkpoint
from governance.evidence.report import Finding
from governance.evidence.root import LockRule, Root, TrustedKey
from governance.evidence.signature import PublicKey
from governance.evidence.statement import DECISION, TEST_RESULT, parse_utc_second

LOCK_SLACK = timedelta(days=1)
PeopleAt = Callable[[int], Mapping[str, str]]
"""Whose signed acts count at a line of the log: id to SSH public key."""


@dataclass(slots=True)
class EntryFacts:
    """What one entry showed. Of a bundle also its statement's type and claimed time; the predicate unless a run's.

    `seen` is the checkpoint in a decision that a person signed with their own key, `seen_at` when they say they did;
    `is_vouched` when the root file in force at this line has that key. `missing` is not empty when no version of the
    object is there; it tells of a delete marker.
    """

    index: int
    entry: Entry
    findings: list[Finding] = field(default_factory=list)
    stored_at: datetime | None = None
    claimed_at: datetime | None = None
    predicate_type: str = ""
    predicate: Mapping[str, Any] = field(default_factory=dict)
    is_read: bool = False
    seen: Checkpoint | None = None
    seen_at: datetime | None = None
    is_vouched: bool = False
    missing: str = ""

    def add(self, word: str, text: str, *, fails: bool = True) -> None:
        """Note one finding about the entry's object."""
        self.findings.append(Finding(word, self.entry.key, text, fails))


class BundleAudit:
    """Audits the bytes of bundles under one root; holds nothing that changes, so threads may share it."""

    def __init__(self, root: Root | None, people_at: PeopleAt | None = None) -> None:
        self._root = root
        self._people_at = people_at or (lambda _index: root.people if root else {})
        trusted = root.statement if root else ()
        self._keys = {key.keyid: (key, PublicKey.from_pem(key.pem, "root")) for key in trusted}

    def read(self, facts: EntryFacts, body: bytes) -> None:
        """Check the bundle in `body` as the object of the entry: format, place, signature, claimed time."""
        try:
            bundle = read_bundle(body, facts.entry.key)
        except Malformed as error:
            facts.add("BAD BUNDLE", reason(error))
            return
        facts.is_read = True
        facts.predicate_type = bundle.statement["predicateType"]
        if facts.predicate_type != TEST_RESULT:
            facts.predicate = bundle.predicate
        self._report_place(facts, bundle)
        if facts.predicate_type == DECISION:
            self._report_person(facts, bundle)
        if self._root is not None:
            self._report_signature(facts, bundle)
        facts.claimed_at = parse_utc_second(bundle.aims["timeCreated"])
        if facts.claimed_at is None:
            facts.add("BAD BUNDLE", "its timeCreated is no time in UTC")

    def _report_person(self, facts: EntryFacts, bundle: Bundle) -> None:
        facts.seen, facts.is_vouched, fault = judge_decision(bundle, self._people_at(facts.index))
        facts.seen_at = signed_at(bundle) if facts.seen else None
        if fault:
            facts.add("BAD SIGNATURE", fault)

    def _report_place(self, facts: EntryFacts, bundle: Bundle) -> None:
        if bundle.aims["key"] != facts.entry.key:
            facts.add("REPLAYED", f"its statement says that it stands at {bundle.aims['key']}")
        if self._root is not None and bundle.aims["archive"] != self._root.archive:
            facts.add("REPLAYED", f"its statement belongs to the archive {bundle.aims['archive']}")

    def _report_signature(self, facts: EntryFacts, bundle: Bundle) -> None:
        trusted, public = self._keys.get(bundle.envelope.keyid, (None, None))
        if trusted is None or public is None:
            facts.add("UNKNOWN KEY", "signed by a key that the root file does not know")
        elif not bundle.envelope.signed_by(public):
            facts.add("BAD SIGNATURE", f"its signature is not by {trusted.name}")
        elif not trusted.valid_at(facts.index):
            facts.add("REVOKED KEY", f"entry {facts.index} is {_outside(trusted)}")


def report_missing(facts: Sequence[EntryFacts], seals: Sequence[str], lock: LockRule, now: datetime) -> list[Finding]:
    """Findings about objects that are gone: EXPIRED (a note) when their lock has surely ended, else DELETED.

    A bundle's key tells what it is about, not when it was written. So an object has expired only when a bundle that
    stands after it in the log claims a time longer ago than the lock lasts: the log was past it by then.
    """
    found, later = [], None
    for fact in reversed(facts):
        if fact.missing:
            if lock.days and later is not None and now - later > timedelta(days=lock.days):
                found.append(Finding("EXPIRED", fact.entry.key, f"gone after its {lock.days} days", fails=False))
            else:
                text = f"entry {fact.index} ({seals[fact.index]}) names it, no version holds the logged digest"
                found.append(Finding("DELETED", fact.entry.key, f"{text}{fact.missing.rstrip('.')}"))
        if fact.claimed_at is not None:
            later = fact.claimed_at if later is None else min(later, fact.claimed_at)
    return found[::-1]


class EntryAudit:
    """Audits entries one by one; holds nothing that changes, so threads may share it."""

    def __init__(self, archive: Archive, root: Root | None, people_at: PeopleAt | None = None) -> None:
        self._archive, self._root = archive, root
        self._bundles = BundleAudit(root, people_at)

    def audit(self, index: int, entry: Entry, seal: str, held: Holding, *, read: bool = True) -> EntryFacts:
        """All checks of one entry. `read` False: only see that the object is listed and locked, without reading it."""
        facts = EntryFacts(index, entry)
        version, body = self._find(facts, seal, held) if read else (held.record, None)
        if version is None:
            facts.missing = f"; {_marker(held)}" if held.markers else "."
            return facts
        facts.stored_at = version.stored_at
        self._report_versions(facts, held, version)
        self._report_lock(facts, version)
        if body is not None and entry.key.startswith(BUNDLES):
            self._bundles.read(facts, body)
        return facts

    def _find(self, facts: EntryFacts, seal: str, held: Holding) -> tuple[Version | None, bytes | None]:
        """The version that has the logged digest. Bytes of another digest are told apart from no bytes at all."""
        first, other = None, b""
        for version in held.candidates:
            try:
                body = self._archive.get(facts.entry.key, version.version_id or None)
            except MissingObject:
                continue
            if sha256(body).hexdigest() == facts.entry.digest:
                return version, body
            first, other = first or version, other or body
        if first is not None:
            digest = sha256(other).hexdigest()
            said = f"entry {facts.index} ({seal}) says {facts.entry.digest[:16]}…"
            facts.add(
                "ALTERED",
                f"no version holds the logged digest: sha256 is {digest[:16]}…, {said}{_detail(facts, other)}",
            )
        return first, None

    def _report_versions(self, facts: EntryFacts, held: Holding, record: Version) -> None:
        def is_honest(body: bytes) -> bool:
            other = EntryFacts(facts.index, facts.entry)
            self._bundles.read(other, body)
            return not other.findings

        facts.findings += judge_versions(self._archive, held, record, is_honest)
        if held.markers:
            facts.add("DELETE MARKER", f"{_marker(held)}; record still there")

    def _report_lock(self, facts: EntryFacts, version: Version) -> None:
        finding = weak_lock(self._archive, self._root, version)
        if finding:
            facts.findings.append(finding)


def weak_lock(archive: Archive, root: Root | None, version: Version) -> Finding | None:
    """A finding when a version is not locked as the root file asks (docs/formats/log.md, "Locks")."""
    if not archive.locks or root is None or not root.lock.mode:
        return None
    try:
        lock = archive.lock_of(version.key, version.version_id or None)
    except MissingObject:
        return None
    least = version.stored_at + timedelta(days=root.lock.days) - LOCK_SLACK
    if lock and lock.mode == root.lock.mode and lock.until >= min(least, datetime.max.replace(tzinfo=UTC)):
        return None
    found = f"{lock.mode} until {_iso(lock.until)}" if lock else "no lock"
    return Finding("WEAK LOCK", version.key, f"{found}; the root file asks for {root.lock.mode} until {_iso(least)}")


def _outside(key: TrustedKey) -> str:
    until = "" if key.until is None else f" to {key.until}"
    return f"signed by {key.name}, valid from {key.start}{until}"


def _detail(facts: EntryFacts, body: bytes) -> str:
    """Which member was altered, as far as the altered bytes still tell."""
    if not facts.entry.key.startswith(BUNDLES):
        return ""
    try:
        read_bundle(body, facts.entry.key)
    except Malformed as error:
        return f" ({error.faults[0].place}: expected {error.faults[0].expected})"
    return " (a whole bundle, but another one)"


def _marker(held: Holding) -> str:
    newest = held.markers[-1]
    by = f" by {newest.owner}" if newest.owner else ""
    return f"placed {_iso(newest.stored_at)}{by}"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
