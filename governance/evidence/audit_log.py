"""Verification of the log itself: the roots, the seals joined without a hole, the checkpoints over them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from governance.evidence.address import CHECKPOINTS, SEALS, checkpoint_key, root_key, seal_key, slot_size
from governance.evidence.archive import Archive, MissingObject, Version
from governance.evidence.inventory import Inventory
from governance.evidence.log import Entry, parse_seal
from governance.evidence.malformed import Malformed, reason
from governance.evidence.note import Checkpoint, Note, NoteSignature, parse_checkpoint, parse_note
from governance.evidence.note_key import OF_LOG, NoteKey
from governance.evidence.parallel import by_threads
from governance.evidence.report import Report
from governance.evidence.root import Root, TrustedKey, parse_root
from governance.evidence.rotation import enough_signatures
from governance.evidence.signature import PublicKey
from governance.evidence.tree import Frontier


@dataclass
class Lines:
    """The joined lines of the log, and the seal that holds each."""

    entries: list[Entry] = field(default_factory=list)
    seals: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.entries)


def join_seals(archive: Archive, inventory: Inventory, report: Report) -> Lines:
    """The log's lines up to the first hole or broken seal, which is reported."""
    lines = Lines()
    for key, read in _slots(archive, inventory, SEALS):
        if slot_size(key) != len(lines):
            report.add("SEAL HOLE", seal_key(len(lines)), f"the log is at {len(lines)}, the next seal is {key}")
            break
        try:
            entries = parse_seal(read(), key)
        except (Malformed, MissingObject) as error:
            report.add("BAD SEAL", key, reason(error))
            break
        lines.entries += entries
        lines.seals += [key] * len(entries)
    return lines


def _slots(archive: Archive, inventory: Inventory, prefix: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Each slot that has a record, and what gives its bytes, or raises MissingObject; read ahead.

    What was planted in parts, or under no slot's key, is reported as such elsewhere.
    """

    def read(record: Version) -> Callable[[], bytes]:
        try:
            body = archive.get(record.key, record.version_id or None)
        except MissingObject as error:
            return partial(_raise, error)
        return lambda: body

    held = [inventory[key].record for key in inventory.under(prefix) if slot_size(key) is not None]
    records = [record for record in held if record]
    for record, body in zip(records, by_threads(read, records), strict=True):
        yield record.key, body


def _raise(error: MissingObject) -> NoReturn:
    raise error


def roots_at(entries: Sequence[Entry], sizes: Iterable[int]) -> dict[int, bytes]:
    """The root over the first n entries, for each n of `sizes` that the log reaches: one pass."""
    wanted, frontier, roots = {*sizes}, Frontier(), {}
    for entry in entries:
        frontier.push(entry.leaf)
        if frontier.size in wanted:
            roots[frontier.size] = frontier.root()
    return roots


def read_roots(archive: Archive, inventory: Inventory, pinned: str | None, report: Report) -> list[Root]:
    """The versions of the root file from version 1 on, each signed by enough holders of the one before."""
    roots: list[Root] = []
    while inventory[root_key(len(roots) + 1)].record is not None:
        key = root_key(len(roots) + 1)
        try:
            root = parse_root(archive.get(key), key)
        except (Malformed, MissingObject) as error:
            report.add("BAD ROOT", key, reason(error))
            break
        if roots and not _follows(archive, inventory, roots[-1], root):
            report.add("UNSIGNED ROOT", key, f"not signed by {roots[-1].threshold} holders; the version before counts")
            break
        roots.append(root)
    if not roots:
        report.add("NO ROOT", root_key(1), "no root file says whose keys may sign; no signature was checked")
    elif pinned is not None and roots[0].digest != pinned.removeprefix("sha256:").lower():
        report.add("WRONG ROOT", root_key(1), f"its sha256 is {roots[0].digest}, pinned is {pinned}")
    return roots


def _follows(archive: Archive, inventory: Inventory, root: Root, following: Root) -> bool:
    """Whether a root file is the next version of this archive's, signed by enough holders."""
    prefix = f"{root_key(following.version)}."
    signatures = {}
    for key in inventory.under(prefix):
        with suppress(MissingObject):
            signatures[key.removeprefix(prefix).removesuffix(".sig")] = archive.get(key)
    is_next = following.version == root.version + 1 and following.archive == root.archive
    return is_next and enough_signatures(root, following, signatures)


def read_checkpoints(
    archive: Archive, inventory: Inventory, root: Root | None, report: Report
) -> dict[str, Checkpoint]:
    """Every checkpoint in the archive that is well-formed and signed by a key valid at its size, by key."""
    found = {}
    keys = LogKeys(root) if root else None
    for key, read in _slots(archive, inventory, CHECKPOINTS):
        try:
            note = parse_note(read(), key)
            head = parse_checkpoint(note.text, key)
        except (Malformed, MissingObject) as error:
            report.add("BAD CHECKPOINT", key, reason(error))
            continue
        if checkpoint_key(head.size) != key:
            report.add("BAD CHECKPOINT", key, f"it states {head.size} entries, its key another number")
        elif keys is None or keys.judge(note, head, key, report):
            found[key] = head
    return found


class LogKeys:
    """The log keys of a root, ready to judge signed checkpoints."""

    def __init__(self, root: Root) -> None:
        self._origin = root.archive
        self._log = root.log
        self._keys: dict[bytes, tuple[TrustedKey, NoteKey]] = {}
        for trusted in root.log:
            key = NoteKey(root.archive, PublicKey.from_pem(trusted.pem, "root"), OF_LOG[trusted.algorithm])
            self._keys[key.key_id] = trusted, key

    def judge(self, note: Note, head: Checkpoint, where: str, report: Report) -> bool:
        """Whether the log signed it; reports what is wrong.

        Each line by a key of the root must be right, and its key valid at this size. Of each algorithm that has a valid
        key there must be a line: a stolen key alone signs nothing. Lines by unknown keys are passed over
        (signed-note, "Signatures"): a witness may have added them.
        """
        if head.origin != self._origin:
            report.add("FOREIGN CHECKPOINT", where, f"its origin is {head.origin}, the archive's is {self._origin}")
            return False
        known = [line for line in note.signatures if line.name == self._origin and line.key_id in self._keys]
        if not known:
            report.add("BAD CHECKPOINT", where, "no signature by a key that the root file knows")
            return False
        judged = [self._one(line, head, where, report) for line in known]
        if not all(judged):
            return False
        signed = {self._keys[line.key_id][0].algorithm for line in known}
        lacking = sorted({key.algorithm for key in self._log if key.valid_at(head.size)} - signed)
        if lacking:
            report.add("BAD CHECKPOINT", where, f"it lacks the signature by the log's {', '.join(lacking)} key")
        return not lacking

    def _one(self, line: NoteSignature, head: Checkpoint, where: str, report: Report) -> bool:
        trusted, key = self._keys[line.key_id]
        if not key.verifies(line, head):
            report.add("BAD CHECKPOINT", where, "its signature is not over these bytes")
        elif not trusted.valid_at(head.size):
            report.add("REVOKED KEY", where, f"signed by {trusted.name}, not valid at {head.size} entries")
        else:
            return True
        return False


def compare(heads: Mapping[str, Checkpoint], roots: Mapping[int, bytes], lines: Lines, report: Report) -> set[str]:
    """Hold checkpoints against the log; the names of those that match. `roots` has the root at each of their sizes.

    The smallest checkpoint that does not match names the seals between it and the greatest smaller one that does:
    if the checkpoint is true, one of those was altered.
    """
    matching: set[str] = set()
    sound, is_first = 0, True
    for name, head in sorted(heads.items(), key=lambda pair: (pair[1].size, pair[0])):
        if head.size > len(lines):
            report.add("TRUNCATED", name, f"it proves {head.size} entries, the archive has {len(lines)}")
        elif roots[head.size] != head.root:
            suspects = list(dict.fromkeys(lines.seals[sound : head.size]))
            where = f"; the first difference is in {', '.join(suspects[:3])}" if is_first else ""
            more = f" or {len(suspects) - 3} seals after it" if is_first and len(suspects) > 3 else ""
            report.add("FORK", name, f"it is another history of the first {head.size} entries{where}{more}")
            is_first = False
        else:
            matching.add(name)
            sound = max(sound, head.size)
    return matching
