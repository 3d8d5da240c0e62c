"""A proof that one bundle stands in a log, for someone who has nothing else (c2sp.org/tlog-proof).

c2sp.org/tlog-proof@v1
index 3333
<base64 of each hash of the inclusion proof>

<signed checkpoint>
"""

import re
from dataclasses import dataclass

from governance.evidence import b64
from governance.evidence.address import TRUST, checkpoint_key
from governance.evidence.archive import Archive
from governance.evidence.audit_bundle import BundleAudit, EntryFacts
from governance.evidence.audit_log import LogKeys, read_roots
from governance.evidence.bundle import read_bundle
from governance.evidence.checkpoint import newest_checkpoint
from governance.evidence.inventory import Inventory
from governance.evidence.log import Entry, Log, entry_of
from governance.evidence.malformed import Malformed, malformed, reason
from governance.evidence.note import MAX_NOTE, Note, parse_checkpoint, parse_note
from governance.evidence.report import Report
from governance.evidence.root import Root, parse_root
from governance.evidence.strength import Witness, strength
from governance.evidence.tree import inclusion_proof, levels, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True)
class Proof:
    """An entry's index, its inclusion proof (hashes of 32 bytes), and the signed checkpoint that it leads to."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note

    def to_bytes(self) -> bytes:
        """The proof as a file."""
        head = [HEADER, f"index {self.index}", *map(b64.encode, self.hashes), "", ""]
        return "\n".join(head).encode() + self.note.to_bytes()


def parse_proof(body: bytes, where: str) -> Proof:
    """The proof in `body`. Raises Malformed unless `Proof.to_bytes` writes exactly these bytes."""
    head, mark, note = body[:MAX_NOTE].partition(b"\n\n")
    try:
        first, index, *hashes = head.decode("ascii").split("\n")
    except ValueError:
        raise malformed(where, HEADER, "other bytes") from None
    match = _INDEX.fullmatch(index)
    if first != HEADER or not match or not mark or len(hashes) > 64:
        raise malformed(where, HEADER, "other lines")
    proof = Proof(int(match[1]), tuple(b64.decode(line, where) for line in hashes), parse_note(note, where))
    if proof.to_bytes() != body:
        raise malformed(where, HEADER, "bytes around its lines")
    return proof


def prove(archive: Archive, key: str, *, log: Log | None = None) -> Proof:
    """The proof for one object of the log, under the newest checkpoint of the archive.

    Raises:
        MissingObject: there is no checkpoint.
        Malformed: the log does not hold the key, or no checkpoint covers it yet.
    """
    log = Log.load(archive) if log is None else log
    head = newest_checkpoint(archive, len(log))
    if head is None or key not in log or log.index(key) >= head.size:
        raise malformed(key, "an entry under a checkpoint", "none", "Run `aims checkpoint` and repeat.")
    index, where = log.index(key), checkpoint_key(head.size)
    rows = levels([entry.leaf for entry in log.entries[: head.size]])
    return Proof(index, tuple(inclusion_proof(rows, index)), parse_note(archive.get(where), where))


def verify_bundle(bundle: bytes, proof: bytes, root: bytes, *, root_digest: str | None = None) -> Report:
    """Verify one bundle with its proof and the root file, offline. Never raises on bad bytes.

    Args:
        bundle: the tar.
        proof: a `c2sp.org/tlog-proof@v1` file.
        root: the root file (`trust/root/0001.json`, or the newest).
        root_digest: sha256 (hex) of this root file, from paper.
    """
    report = Report("one bundle", bundles=1)
    try:
        trusted, given, key = parse_root(root, "root"), parse_proof(proof, "proof"), read_bundle(bundle).aims["key"]
        entry = entry_of(key, bundle)
    except Malformed as error:
        report.add("MALFORMED", error.faults[0].place.file, reason(error))
        report.strength = "NOT VERIFIED: what cannot be read proves nothing"
        return report
    if root_digest is not None and trusted.digest != root_digest.removeprefix("sha256:").lower():
        report.add("WRONG ROOT", "root", f"its sha256 is {trusted.digest}, pinned is {root_digest}")
    _report_inclusion(entry, given, trusted, report)
    facts = EntryFacts(given.index, entry)
    BundleAudit(trusted).read(facts, bundle)
    report.findings += facts.findings
    report.bundles_read = int(facts.is_read)
    witnesses = [Witness("checkpoint beside the bundle", report.entries)] if report.ok else []
    report.strength = strength(report, trusted, witnesses, is_pinned=root_digest is not None, locks=True)
    return report


def verify_beside(bundle: bytes, proof: bytes, copy: Archive, *, root_digest: str | None = None) -> Report:
    """The same after a change of keys: `copy` holds every version of the root file with its signatures.

    Args:
        bundle: the tar.
        proof: a `c2sp.org/tlog-proof@v1` file.
        copy: a folder with `trust/root/…`.
        root_digest: sha256 (hex) of version 1, from paper.
    """
    chain = Report("one bundle")
    roots = read_roots(copy, Inventory(copy, (TRUST,)), root_digest, chain)
    newest = roots[-1] if roots else None
    pinned = newest.digest if newest and root_digest is not None else None
    report = verify_bundle(bundle, proof, newest.to_bytes() if newest else b"", root_digest=pinned)
    report.findings[:0] = chain.findings
    if not chain.ok:
        report.strength = strength(report, newest, [], is_pinned=False, locks=True)
    return report


def _report_inclusion(entry: Entry, proof: Proof, root: Root, report: Report) -> None:
    try:
        head = parse_checkpoint(proof.note.text, "proof")
    except Malformed as error:
        report.add("BAD CHECKPOINT", "proof", reason(error))
        return
    report.origin, report.entries = head.origin, head.size
    LogKeys(root).judge(proof.note, head, "proof", report)
    if not verify_inclusion(entry.leaf, proof.index, head.size, proof.hashes, head.root):
        report.add("NOT IN LOG", entry.key, f"the proof does not lead from entry {proof.index} to the root")
