"""A new version of the root file: other keys, other holders, signed by enough of the holders (TUF's rule).

Each version is a line of the log, so a key's validity is a position: nothing can be signed into the past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.address import root_key
from governance.evidence.archive import Archive
from governance.evidence.initialise import allowed_signers, bare_keys
from governance.evidence.log import Log
from governance.evidence.malformed import Malformed
from governance.evidence.root import Move, Root, TrustedKey, load_root
from governance.evidence.sealing import seal
from governance.evidence.sshsig import ROOT_NAMESPACE, signed_by
from governance.evidence.statement import utc_second


def signature_key(version: int, person: str) -> str:
    """Where a holder's signature over a root file stands: `trust/root/0002.json.<person>.sig`."""
    return f"{root_key(version)}.{person}.sig"


def next_root(
    root: Root,
    *,
    position: int,
    statement: TrustedKey | None = None,
    log: TrustedKey | Sequence[TrustedKey] = (),
    revoked: frozenset[str] = frozenset(),
    holders: Mapping[str, str] | None = None,
    signers: Mapping[str, str] | None = None,
    threshold: int | None = None,
    witnesses: Sequence[str] | None = None,
    moved_at: datetime | None = None,
) -> Root:
    """The next version: new keys from a position of the log on, revoked ones up to it.

    Args:
        root: the newest version.
        position: the size of the log now. Bundles from this index on, and checkpoints over more lines, are for the new
            keys; the revoked ones stay good for what lies before.
        statement: a new statement key.
        log: a new log key, or several: one of each algorithm that signs checkpoints.
        revoked: key ids that end here.
        holders: the new holders, all of them; the old ones by default.
        signers: the people whose signed acts count from here on, all of them; the old ones by default.
        threshold: how many holders must sign the version after this one; as before by default.
        witnesses: verifier keys of those who cosign, all of them; the old ones by default.
        moved_at: by when everything up to the position had been copied into another store (UTC).
    """

    def ended(keys: tuple[TrustedKey, ...], new: Sequence[TrustedKey], position: int) -> tuple[TrustedKey, ...]:
        kept = tuple(
            replace(key, until=position) if key.keyid in revoked and key.until is None else key for key in keys
        )
        return (*kept, *(replace(key, start=position) for key in new))

    keepers = bare_keys(root.holders if holders is None else holders)
    people = bare_keys(root.signers if signers is None else signers)
    file = f"trust/allowed_signers/{root.version + 1:04d}"
    return replace(
        root,
        version=root.version + 1,
        statement=ended(root.statement, [statement] if statement else [], position),
        log=ended(root.log, [log] if isinstance(log, TrustedKey) else log, position + 1),
        holders=keepers,
        signers=people,
        threshold=root.threshold if threshold is None else threshold,
        witnesses=root.witnesses if witnesses is None else tuple(witnesses),
        moves=(*root.moves, Move(position, utc_second(moved_at))) if moved_at else root.moves,
        files={**root.files, file: sha256(allowed_signers(keepers, people)).hexdigest()},
    )


def enough_signatures(root: Root, following: Root, signatures: Mapping[str, bytes]) -> bool:
    """Whether a version is signed by `threshold` holders of the version before it, and by as many of its own.

    A threshold of 0 authorises nobody: such a root file cannot be replaced.
    """
    body = following.to_bytes()
    return all(
        each.threshold > 0 and _count(each.holders, body, signatures) >= each.threshold for each in (root, following)
    )


def _count(holders: Mapping[str, str], body: bytes, signatures: Mapping[str, bytes]) -> int:
    people = set()
    for person, signature in signatures.items():
        try:
            people.add(signed_by(signature, body, ROOT_NAMESPACE, holders, f"signature of {person}"))
        except Malformed:
            continue
    return len(people - {None})


def publish_root(
    archive: Archive,
    following: Root,
    signatures: Mapping[str, bytes],
    *,
    log: Log | None = None,
    retain_until: datetime | None = None,
) -> None:
    """Put the next root file with its signatures into the archive and the log.

    Raises:
        EvidenceError: it does not follow the newest version, is not signed by enough, or another was first.
        ArchiveUnavailable: the store did not answer; repeat.
    """
    root, key, body = load_root(archive), root_key(following.version), following.to_bytes()
    is_next = following.version == root.version + 1 and enough_signatures(root, following, signatures)
    if root != following and not is_next:
        mend = f"Sign {key} with ssh-keygen -Y sign -n {ROOT_NAMESPACE} by enough holders."
        raise EvidenceError(Fault(Place(file=key), f"{root.threshold} signatures of holders", "fewer", mend))
    if not archive.put_new(key, body, retain_until=retain_until) and archive.get(key) != body:
        raise EvidenceError(Fault(Place(file=key), "this version to be free", "another one", "Read it and begin anew."))
    files = {signature_key(following.version, person): made for person, made in signatures.items()}
    people = allowed_signers(following.holders, following.signers)
    files[f"trust/allowed_signers/{following.version:04d}"] = people
    for name, content in files.items():
        archive.put_new(name, content, retain_until=retain_until)
    seal(archive, [key, *files], log=log, retain_until=retain_until)
