"""Beginning an archive: its trust files and its root file, all of them in the log's first seal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from importlib.resources import files

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.address import root_key
from governance.evidence.archive import Archive
from governance.evidence.checkpoint import checkpoint, newest_checkpoint
from governance.evidence.note import ORIGIN
from governance.evidence.root import LockRule, Root, TrustedKey, load_root, log_keys, parse_root, trusted_keys
from governance.evidence.sealing import seal
from governance.evidence.signer import Keys
from governance.evidence.sshsig import DECISION_NAMESPACE

RECIPES = ("verify-one.sh", "verify-all.sh", "README.txt")
AUTHORITIES = "trust/tsa.pem"


def initialise_archive(
    archive: Archive,
    keys: Keys,
    origin: str,
    *,
    lock: LockRule | None = None,
    heartbeat_seconds: int | None = None,
    threshold: int = 0,
    holders: Mapping[str, str] | None = None,
    signers: Mapping[str, str] | None = None,
    authorities: bytes = b"",
    witnesses: Sequence[str] = (),
    retain_until: datetime | None = None,
) -> Root:
    """Write the trust files and version 1 of the root file, once; return the archive's newest root.

    Args:
        archive: where to.
        keys: the statement and the log key.
        origin: the archive's name for good, as it stands in every checkpoint (`example.org/aims`).
        lock: how every object must be locked; the default asks for none.
        heartbeat_seconds: how often a heartbeat bundle comes; None when the archive has no heartbeat.
        threshold: how many holders must sign the next root file.
        holders: SSH public keys by person, for signatures over root files; their signed acts count, too.
        signers: SSH public keys by person, for signatures over acts only (the owners of the registry).
        authorities: certificates (PEM) of the time-stamping authorities, where there are any.
        witnesses: verifier keys of the witnesses that cosign the log (c2sp.org/tlog-cosignature).
        retain_until: until when these first objects are locked.

    Raises:
        EvidenceError: the archive belongs to another origin, or its root does not know these keys.
        ArchiveUnavailable: the store did not answer.
    """
    if not ORIGIN.fullmatch(origin):
        raise EvidenceError(
            Fault(Place(), "an origin like example.org/aims", repr(origin[:60]), "Name the archive so.")
        )
    statement, log = trusted_keys(keys)
    key = root_key(1)
    if not archive.exists(key):
        digests = {
            name: _put(archive, name, body, retain_until)
            for name, body in _files(statement, log, bare_keys(holders), bare_keys(signers), authorities).items()
        }
        rules = lock or LockRule(), heartbeat_seconds, threshold
        people, vouching = bare_keys(holders), (bare_keys(signers), tuple(witnesses))
        root = Root(origin, 1, (statement,), log_keys(keys), *rules, people, digests, *vouching)
        archive.put_new(key, root.to_bytes(), retain_until=retain_until)
    root = parse_root(archive.get(key), key)
    newest = load_root(archive)
    _refuse_stranger(newest, origin, statement, log, archive.name)
    lines = seal(archive, [key, *sorted(root.files)], retain_until=retain_until)
    size = None if newest_checkpoint(archive, len(lines)) else len(lines)  # nobody races for an archive's first line
    checkpoint(archive, keys.log, origin, log=lines, retain_until=retain_until, size=size)
    return newest


def _files(
    statement: TrustedKey,
    log: TrustedKey,
    holders: Mapping[str, str],
    signers: Mapping[str, str],
    authorities: bytes,
) -> dict[str, bytes]:
    """What an auditor needs beside the root file, to verify with stock tools."""
    recipe = files("governance.evidence.recipe")
    trust = {f"trust/{name}": recipe.joinpath(name).read_bytes() for name in RECIPES}
    trust["trust/statement.pub"] = statement.pem.encode()
    trust["trust/log.pub"] = log.pem.encode()
    if holders or signers:
        trust["trust/allowed_signers/0001"] = allowed_signers(holders, signers)
    if authorities:
        trust[AUTHORITIES] = authorities
    return trust


def bare_keys(people: Mapping[str, str] | None) -> dict[str, str]:
    """Person to SSH public key without its comment."""
    return {person: " ".join(key.split()[:2]) for person, key in (people or {}).items()}


def allowed_signers(holders: Mapping[str, str], signers: Mapping[str, str]) -> bytes:
    """The file that `ssh-keygen -Y verify -f` reads: one line a person; who is no holder may sign acts only."""
    lines = {person: f'{person} namespaces="{DECISION_NAMESPACE}" {key}\n' for person, key in signers.items()}
    lines |= {person: f"{person} {key}\n" for person, key in holders.items()}
    return "".join(lines[person] for person in sorted(lines)).encode()


def _put(archive: Archive, key: str, body: bytes, retain_until: datetime | None) -> str:
    """Write the file unless it is there; the digest is of what the archive holds."""
    record = body if archive.put_new(key, body, retain_until=retain_until) else archive.get(key)
    return sha256(record).hexdigest()


def _refuse_stranger(root: Root, origin: str, statement: TrustedKey, log: TrustedKey, name: str) -> None:
    known = {key.keyid for key in (*root.statement, *root.log) if key.until is None}
    if root.archive != origin or not {statement.keyid, log.keyid} <= known:
        place = Place(file=root_key(root.version), system=name)
        mend = "Use the keys and the origin that the archive was begun with, or begin another archive."
        raise EvidenceError(Fault(place, f"{origin} with these keys", f"{root.archive} with other keys", mend))
