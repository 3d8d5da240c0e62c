"""Signing the head of the log, and taking it out of the archive: a checkpoint kept elsewhere decides what happened."""

import time
from collections.abc import Iterator
from datetime import datetime

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.address import CHECKPOINTS, checkpoint_key, root_key, seal_key, slot_size
from governance.evidence.archive import Archive
from governance.evidence.log import Log
from governance.evidence.note import (
    MLDSA_TYPE,
    Checkpoint,
    Note,
    NoteSignature,
    key_id,
    parse_checkpoint,
    parse_note,
)
from governance.evidence.note_key import OF_LOG, NoteKey, subtree_message, timestamped
from governance.evidence.root import Root, load_root
from governance.evidence.signature import ED25519, PublicKey
from governance.evidence.signer import LogSigner, NoteSigner

PAUSE = 1.0  # s


def checkpoint(
    archive: Archive,
    signer: LogSigner,
    origin: str,
    *,
    log: Log | None = None,
    retain_until: datetime | None = None,
    size: int | None = None,
) -> bytes | None:
    """Sign the log's head and put it into the archive; return the newest signed note (None while there is none).

    On a store that takes a second put, lines younger than two request timeouts are not signed yet.

    Args:
        archive: whose log.
        signer: the Ed25519 log key, with the keys that sign as well.
        origin: the archive's name in its checkpoints.
        log: what the caller knows of the log already.
        retain_until: until when the checkpoint is locked.
        size: sign the first `size` lines; by default all that are settled (`settled_size`).

    Raises:
        EvidenceError: the newest checkpoint in the archive is of another history (signing would hide a fork), or a key
            of the root file is not there to sign.
        ArchiveUnavailable: the store did not answer.
    """
    log = Log.load(archive) if log is None else log
    with log.guard:
        known, size = (len(log), settled_size(archive, log)) if size is None else (size, size)
        newest = _newest_note(archive, known) if known else None
        if newest is not None:
            previous = parse_checkpoint(newest.text, "checkpoint")
            _refuse_fork(previous, log)
            if previous.size >= size:
                return newest.to_bytes()
            if sum(line.name == previous.origin for line in newest.signatures) > 1 + len(signer.also):
                _refuse_lost_key(load_root(archive), signer)
        if not size:
            return None
        head, key = Checkpoint(origin, size, log.root(size)), checkpoint_key(size)
    note = sign_checkpoint(head, signer)
    return note if archive.put_new(key, note, retain_until=retain_until) else archive.get(key)


def checkpoint_over(
    archive: Archive, signer: LogSigner, origin: str, index: int, *, log: Log, retain_until: datetime | None
) -> bytes:
    """The newest checkpoint once it covers line `index` of the log: at once, or when that line is settled.

    Raises:
        EvidenceError, ArchiveUnavailable: as `checkpoint`.
    """
    while True:
        note = checkpoint(archive, signer, origin, log=log, retain_until=retain_until)
        if note and parse_checkpoint(parse_note(note, "checkpoint").text, "checkpoint").size > index:
            return note
        time.sleep(PAUSE)


def sign_checkpoint(head: Checkpoint, signer: LogSigner) -> bytes:
    """The checkpoint as a signed note (c2sp.org/tlog-checkpoint): the Ed25519 line, then those of the other keys."""
    text = head.text()
    signature = NoteSignature(head.origin, key_id(head.origin, signer.raw), signer.sign(text.encode()))
    return Note(text, (signature, *(_line(head, each) for each in signer.also))).to_bytes()


def _line(head: Checkpoint, signer: NoteSigner) -> NoteSignature:
    """The line of a key of another algorithm. ML-DSA-44 states no time: a log's word about its own is no proof."""
    key = NoteKey(head.origin, PublicKey.from_pem(signer.pem, "log key"), OF_LOG[signer.algorithm])
    if key.kind == MLDSA_TYPE:
        return NoteSignature(key.name, key.key_id, timestamped(0, signer.sign(subtree_message(key.name, 0, head))))
    return NoteSignature(key.name, key.key_id, signer.sign(head.text().encode()))


def newest_checkpoint(archive: Archive, size: int) -> Checkpoint | None:
    """The newest checkpoint over at most `size` lines, its signature not judged; None when there is none."""
    note = _newest_note(archive, size)
    return parse_checkpoint(note.text, "checkpoint") if note else None


def _newest_note(archive: Archive, size: int) -> Note | None:
    """The thousand keys beside `size` are looked at first, so a long log is rarely listed whole."""
    near = checkpoint_key(size).rpartition("/")[0] + "/"
    for prefix in (near, CHECKPOINTS):
        sizes = [found for key in archive.list(prefix) if (found := slot_size(key)) is not None and found <= size]
        if sizes:
            key = checkpoint_key(max(sizes))
            return parse_note(archive.get(key), key)
    return None


def settled_size(archive: Archive, log: Log) -> int:
    """How many lines no race can change any more: all of them, but on a store that takes a second put."""
    before, size = archive.settled_before, len(log)
    if before is None:
        return size
    for start, stored_at in _seals_back(archive, size):
        if stored_at < before:
            break
        size = start
    return size


def _seals_back(archive: Archive, size: int) -> Iterator[tuple[int, datetime]]:
    """The lines before each seal and when it was stored, from the newest seal back, a thousand slots a request."""
    for first in range((size - 1) // 1000 * 1000, -1, -1000):
        stored: dict[int, datetime] = {}
        for version in archive.versions(seal_key(first).rpartition("/")[0] + "/"):
            start = slot_size(version.key)
            if start is not None and start < size and not version.is_marker and not version.is_multipart:
                stored.setdefault(start, version.stored_at)
        yield from sorted(stored.items(), reverse=True)


def three_lines(note: bytes | str) -> str:
    """The three lines of a checkpoint for people: origin, size, root. They may stand in a mail, a page, a report."""
    body = note.encode() if isinstance(note, str) else note
    return parse_checkpoint(parse_note(body, "checkpoint").text, "checkpoint").text()


def _refuse_lost_key(root: Root, signer: LogSigner) -> None:
    """The checkpoint before bears more lines: without a key of the root file this one would be bad for good."""
    lost = {key.algorithm for key in root.log if key.until is None} - {
        ED25519,
        *(each.algorithm for each in signer.also),
    }
    if lost:
        mend = "Put every key of the log into the folder of keys, or revoke that one by a new root file."
        expected = f"the log's {', '.join(sorted(lost))} key"
        raise EvidenceError(Fault(Place(file=root_key(root.version)), expected, "none to sign with", mend))


def _refuse_fork(previous: Checkpoint, log: Log) -> None:
    if log.root(previous.size) != previous.root:
        place = Place(file=checkpoint_key(previous.size))
        found = "another history of the same lines"
        raise EvidenceError(Fault(place, "a prefix of this log", found, "Sign nothing; run `aims verify`."))
