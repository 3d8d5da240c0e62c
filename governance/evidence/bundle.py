"""A bundle: one deterministic tar of a BagIt bag and the signed statement about it. See docs/formats/bundle.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.bag import TAG_MANIFEST, check_bag, make_bag
from governance.evidence.canonical import read_canonical
from governance.evidence.envelope import Envelope, parse_envelope, sign_envelope
from governance.evidence.malformed import malformed
from governance.evidence.signer import StatementSigner
from governance.evidence.statement import STATEMENT_TYPE, Statement
from governance.evidence.tar import read_tar, write_tar

STATEMENT = "statement.dsse.json"


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files match its manifests and its statement. `Envelope.signed_by` judges its signature."""

    bundle_id: str
    members: Mapping[str, bytes]
    statement: Mapping[str, Any]
    envelope: Envelope

    @property
    def predicate(self) -> Mapping[str, Any]:
        """What the statement says."""
        said: Mapping[str, Any] = self.statement["predicate"]
        return said

    @property
    def aims(self) -> Mapping[str, Any]:
        """Our extension: archive, bundle, key, timeCreated, and what the writer added."""
        said: Mapping[str, Any] = self.predicate["aims"]
        return said


def build_bundle(
    *, bundle_id: str, members: Mapping[str, bytes], statement: Statement, signer: StatementSigner
) -> bytes:
    """The tar of a bundle.

    Args:
        bundle_id: the id in its key (`bundle_key`); the statement's `aims.bundle` must say the same.
        members: the payload, names relative to `data/` (`verdict.json`).
        statement: what is said of them; the digest of the tag manifest is added as its first subject.
        signer: a securesystemslib signer for P-256.

    Raises:
        EvidenceError: the statement is about another bundle, or a member's name cannot stand in a tar.
    """
    named = statement.predicate.get("aims", {}).get("bundle")
    if named != bundle_id:
        fault = Fault(
            Place(), f"a statement about {bundle_id}", repr(named), "Build the statement for this bundle's key."
        )
        raise EvidenceError(fault)
    bag = make_bag(bundle_id, members)
    signed = sign_envelope(statement.about(TAG_MANIFEST, sha256(bag[TAG_MANIFEST]).hexdigest()).to_bytes(), signer)
    files = {**bag, STATEMENT: signed.to_bytes()}
    return write_tar({f"{bundle_id}/{name}": body for name, body in files.items()})


def read_bundle(tar: bytes, where: str = "bundle") -> Bundle:
    """The bundle in a tar: tar rules, manifests both ways, a canonical statement that is about this bag.

    Raises:
        Malformed: anything is amiss; the message names the member. The signature is not judged here.
    """
    files = read_tar(tar, where)
    identifier = next(iter(files), "").partition("/")[0]
    folder = f"{identifier}/"
    bag = {name[len(folder) :]: body for name, body in files.items()}
    is_one = next(reversed(files), "").startswith(folder)  # names are sorted
    if not is_one or STATEMENT not in bag:
        raise malformed(where, f"one folder that holds {STATEMENT}", "another layout")
    envelope = parse_envelope(bag.pop(STATEMENT), f"{where}:{STATEMENT}")
    members = check_bag(identifier, bag, where)
    statement = read_canonical(envelope.payload, f"{where}:{STATEMENT}")
    _about(statement, identifier, sha256(bag[TAG_MANIFEST]).hexdigest(), f"{where}:{STATEMENT}")
    return Bundle(identifier, members, statement, envelope)


def _about(statement: Mapping[str, Any], identifier: str, tag_manifest: str, where: str) -> None:
    """The statement's first subject is the tag manifest, and its extension names this bundle and its key."""
    try:
        first, aims = statement["subject"][0], statement["predicate"]["aims"]
        is_ours = statement["_type"] == STATEMENT_TYPE and isinstance(statement["predicateType"], str)
        named = first == {"name": TAG_MANIFEST, "digest": {"sha256": tag_manifest}} and aims["bundle"] == identifier
        texts = all(isinstance(aims[name], str) for name in ("archive", "key", "timeCreated"))
    except (KeyError, IndexError, TypeError):
        is_ours = named = texts = False
    if not (is_ours and named and texts):
        raise malformed(where, "an in-toto statement about the files of this bundle", "another statement")
