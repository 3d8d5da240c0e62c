"""Late delivery: bundles that waited for the archive say so before they come (docs/decisions/0006-late-delivery.md).

A bundle that stands in the log long after the time it claims is either late or back-dated, and nothing in it tells
which. Whoever delivers late therefore logs a signed list of what is to come, first: the bundles' digests, when they
claim to have been made, why they waited. What such an earlier line names is LATE; anything else is BACKDATED.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from governance.evidence.address import BUNDLES, bundle_id, bundle_key
from governance.evidence.archive import Archive
from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.bundle import build_bundle, read_bundle
from governance.evidence.log import Log, entry_of
from governance.evidence.malformed import Malformed
from governance.evidence.sealing import store_bundle
from governance.evidence.signer import Keys
from governance.evidence.statement import Statement, aims_extension, parse_utc_second, utc_second

DELIVERY = "https://aims.example/attestation/delivery/v1"
PREFIX = "delivery."
WAIT = timedelta(hours=1)
"""From this age on a bundle is announced; verification asks for it only after `audit_times.LATE`."""
OUTBOX = "waited in an outbox: the archive did not answer"
STRAY = "stored, and its writer stopped before it was sealed"


@dataclass(frozen=True, order=True)
class LateBundle:
    """A bundle to come: its key, sha256 in hex, and the time that it claims."""

    key: str
    sha256: str
    created: datetime


def late_bundles(bundles: Iterable[tuple[str, bytes]], now: datetime) -> list[LateBundle]:
    """Those of some bundles (key, bytes) that claim to be older than `WAIT`, sorted; what is no bundle is left out."""
    found = []
    for key, body in bundles:
        try:
            created = parse_utc_second(read_bundle(body, key).aims["timeCreated"])
        except Malformed:
            continue
        if created is not None and now - created > WAIT:
            found.append(LateBundle(key, entry_of(key, body).digest, created))
    return sorted(found)


def delivery_statement(late: Sequence[LateBundle], *, archive: str, key: str, now: datetime, why: str) -> Statement:
    """What is about to be delivered late, and why.

    Args:
        late: at least one bundle.
        archive: origin of the archive.
        key: where this statement's bundle will stand.
        now: when it is delivered.
        why: `OUTBOX`, `STRAY` or another plain reason.
    """
    listed = [{"key": one.key, "sha256": one.sha256, "timeCreated": utc_second(one.created)} for one in late]
    predicate = {"late": listed, "why": why, "aims": aims_extension(archive, key, now)}
    return Statement(DELIVERY, {one.key: one.sha256 for one in late}, predicate)


def declare_late(
    archive: Archive,
    keys: Keys,
    origin: str,
    bundles: Iterable[tuple[str, bytes]],
    now: datetime,
    *,
    why: str = OUTBOX,
    retain_until: datetime | None = None,
    log: Log | None = None,
) -> str | None:
    """Log the signed list of those bundles that come late; its key, or None when none does. Call it before they go in.

    The same bundles make the same key, so a repetition after a kill changes nothing.

    Raises:
        ArchiveUnavailable: the store did not answer; repeat.
        EvidenceError: the list could not be signed or stored.
    """
    late = late_bundles(bundles, now)
    if not late:
        return None
    lines = "".join(f"{one.sha256}  {one.key}\n" for one in late)
    name = PREFIX + sha256(lines.encode()).hexdigest()[:20]
    key = bundle_key(name, max(one.created for one in late))
    statement = delivery_statement(late, archive=origin, key=key, now=now, why=why)
    members = {"late.txt": lines.encode()}
    body = build_bundle(bundle_id=name, members=members, statement=statement, signer=keys.statement)
    store_bundle(archive, key, body, retain_until, log=log)
    return key


def declare_strays(
    archive: Archive, keys: Keys, origin: str, log: Log, now: datetime, *, retain_until: datetime | None = None
) -> str | None:
    """`declare_late` for bundles that are in the archive and not in its log, before `sweep` seals them."""
    log.refresh(archive)
    strays = [key for key in archive.list(BUNDLES) if key not in log and bundle_id(key)]
    bodies = ((key, archive.get(key)) for key in strays)
    return declare_late(archive, keys, origin, bodies, now, why=STRAY, retain_until=retain_until, log=log)


def announced(facts: Sequence[EntryFacts]) -> Mapping[tuple[str, str], EntryFacts]:
    """Key and digest of every bundle that a sound delivery statement names, to the first such statement's line."""
    found: dict[tuple[str, str], EntryFacts] = {}
    for fact in facts:
        if fact.predicate_type == DELIVERY and not any(finding.fails for finding in fact.findings):
            for key, digest in _listed(fact.predicate):
                found.setdefault((key, digest), fact)
    return found


def _listed(predicate: Mapping[str, Any]) -> list[tuple[str, str]]:
    late = predicate.get("late")
    each = [one for one in late if isinstance(one, dict)] if isinstance(late, list) else []
    pairs = [(one.get("key"), one.get("sha256")) for one in each]
    return [(key, digest) for key, digest in pairs if isinstance(key, str) and isinstance(digest, str)]
