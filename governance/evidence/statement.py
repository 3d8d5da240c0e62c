"""in-toto Statements v1: what a bundle says, and about which files.

A run is a test-result v0.1 (in-toto attestation framework) with our `aims` extension; an act of a person is our own
`decision` predicate, because in-toto has none. Times are UTC, to the second, `…Z`.
"""

# ruff: noqa: PT028  the name of a statement's type begins with "test_"

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.address import bundle_id
from governance.evidence.canonical import canonical_json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
DECISION = "https://aims.example/attestation/decision/v1"
RESULTS = ("PASSED", "WARNED", "FAILED")

Digests = Mapping[str, str]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True)
class Statement:
    """What is said (`predicate`) of which artefacts (`subject`: name to sha256 in hex)."""

    predicate_type: str
    subject: Digests
    predicate: Mapping[str, Any]

    def about(self, name: str, sha256: str) -> "Statement":
        """The same statement, about one more artefact that comes first."""
        return replace(self, subject={name: sha256, **self.subject})

    def to_bytes(self) -> bytes:
        """The statement as canonical JSON (RFC 8785)."""
        return canonical_json(
            {
                "_type": STATEMENT_TYPE,
                "subject": descriptors(self.subject),
                "predicateType": self.predicate_type,
                "predicate": dict(self.predicate),
            }
        )


def descriptors(digests: Digests) -> list[dict[str, Any]]:
    """ResourceDescriptors of in-toto: a name and its sha256."""
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in digests.items()]


def utc_second(moment: datetime) -> str:
    """`2026-11-24T05:03:11Z`. Raises EvidenceError for a naive time."""
    if moment.tzinfo is None:
        raise EvidenceError(Fault(Place(), "a time with its zone", "a naive time", "Give it in UTC."))
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_utc_second(text: str) -> datetime | None:
    """The time that `utc_second` wrote; None for another text."""
    try:
        return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None


def aims_extension(archive: str, key: str, created: datetime, **more: Any) -> dict[str, Any]:
    """The `aims` part of every predicate: the archive's origin, the bundle's id and key, the claimed time, and more."""
    named = bundle_id(key)
    if named is None:
        raise EvidenceError(Fault(Place(file=key), "a key made by bundle_key", "another key", "Call bundle_key."))
    said = {name: value for name, value in more.items() if value is not None}
    return {**said, "archive": archive, "bundle": named, "key": key, "timeCreated": utc_second(created)}


def test_result_statement(
    *,
    archive: str,
    key: str,
    system: str,
    created: datetime,
    result: str,
    passed: Sequence[str] = (),
    warned: Sequence[str] = (),
    failed: Sequence[str] = (),
    subject: Digests | None = None,
    configuration: Digests | None = None,
    **more: Any,
) -> Statement:
    """What a run found: test-result v0.1.

    Args:
        archive: origin of the archive, as in its checkpoints (`example.org/aims`).
        key: where the bundle will stand (`bundle_key`); its id goes into the statement.
        system: slug of the AI system.
        created: the claimed time of this statement.
        result: PASSED, WARNED or FAILED.
        passed: names of the checks that passed.
        warned: names of the checks that warned.
        failed: names of the checks that failed.
        subject: what was tested, name to sha256 (window, model); the bag's manifest is added when the bundle is built.
        configuration: what it was tested against, name to sha256 (policy, reference).
        more: further JSON values for the `aims` extension (`flowRun`, `window`, `checkpointSeen`); None leaves one out.

    Raises:
        EvidenceError: an unknown result, a naive time, or a key that is no bundle's.
    """
    if result not in RESULTS:
        raise EvidenceError(Fault(Place(system=system), f"a result of {RESULTS}", repr(result), "Name one of them."))
    predicate = {
        "result": result,
        "configuration": descriptors(configuration or {}),
        "passedTests": list(passed),
        "warnedTests": list(warned),
        "failedTests": list(failed),
        "aims": aims_extension(archive, key, created, system=system, **more),
    }
    return Statement(TEST_RESULT, subject or {}, predicate)


def decision_statement(
    *,
    archive: str,
    key: str,
    created: datetime,
    action: str,
    case: str,
    decided_by: str,
    decided_at: datetime,
    reason: str,
    strength: str,
    subject: Digests | None = None,
    checkpoint_seen: Mapping[str, Any] | None = None,
    **more: Any,
) -> Statement:
    """What a person decided (our decision predicate, v1).

    Args:
        archive: origin of the archive.
        key: where the bundle will stand.
        created: the claimed time of this statement.
        action: the act (`acknowledge`, `accept-risk`).
        case: id of the case.
        decided_by: id of the person, a slug of the registry, never a name or an address of theirs.
        decided_at: when they did it.
        reason: why, in their words.
        strength: how well we know it was them: `ssh`, `code` or `session`.
        subject: the bundles that the decision rests on, key to sha256.
        checkpoint_seen: `{"origin", "size", "root"}` of the checkpoint they had before them: it makes them a witness.
        more: further JSON values for the `aims` extension; None leaves one out.

    Raises:
        EvidenceError: a naive time, or a key that is no bundle's.
    """
    predicate: dict[str, Any] = {
        "action": action,
        "case": case,
        "decidedBy": decided_by,
        "decidedAt": utc_second(decided_at),
        "reason": reason,
        "strength": strength,
        "aims": aims_extension(archive, key, created, **more),
    }
    if checkpoint_seen is not None:
        predicate["checkpointSeen"] = dict(checkpoint_seen)
    return Statement(DECISION, subject or {}, predicate)


test_result_statement.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it by its name
