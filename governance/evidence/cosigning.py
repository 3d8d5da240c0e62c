"""Asking a witness to cosign the log's newest checkpoint (c2sp.org/tlog-witness, `add-checkpoint`).

A witness keeps the newest checkpoint that it cosigned and signs another only with a proof that the old one is its
prefix. So its answer is an anchor outside the archive, and its refusal an alarm: it has seen another history.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from governance.errors import EvidenceError, Fault, Place
from governance.evidence import b64
from governance.evidence.address import ANCHORS
from governance.evidence.anchor import COSIGNATURE, store_anchor
from governance.evidence.archive import Archive
from governance.evidence.log import Log
from governance.evidence.note import Checkpoint, parse_checkpoint, parse_note, parse_signatures
from governance.evidence.note_key import NoteKey, signed_time
from governance.evidence.tree import consistency_proof
from governance.evidence.witness import CLOCK_SLACK

SIGNED, CONFLICT, INCONSISTENT = 200, 409, 422
Ask = Callable[[str, bytes], tuple[int, bytes]]
"""(address, body) of a POST -> (HTTP status, body). Raises EvidenceError when nobody answers."""

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,15})\n")


@dataclass(frozen=True)
class WitnessServer:
    """Someone who cosigns: the submission prefix of their service, and their key."""

    url: str
    key: NoteKey

    @property
    def slug(self) -> str:
        """Their name as it can stand in an object's key, with the id of their key."""
        return f"{re.sub('[^A-Za-z0-9]+', '-', self.key.name).strip('-')[:48]}-{self.key.key_id.hex()}"


def add_checkpoint_request(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of `add-checkpoint`: the old size, the consistency proof from it, an empty line, the checkpoint."""
    return "".join([f"old {old}\n", *(f"{b64.encode(each)}\n" for each in proof), "\n"]).encode() + note


def cosign(
    archive: Archive, log: Log, note: bytes, witness: WitnessServer, ask: Ask, *, retain_until: datetime | None = None
) -> str:
    """Have a checkpoint of this archive cosigned, store the cosignature in the log, return its key.

    Args:
        archive: whose log.
        log: at least as long as the checkpoint.
        note: a checkpoint as it stands in the archive.
        witness: whom to ask.
        ask: sends the request (`governance.adapters.anchoring.post`).
        retain_until: until when the cosignature is locked.

    Raises:
        EvidenceError: nobody answered, or the witness refused; FORK or TRUNCATED in the message is an alarm.
        ArchiveUnavailable: the store did not answer.
    """
    head = parse_checkpoint(parse_note(note, "checkpoint").text, "checkpoint")
    leaves = [entry.leaf for entry in log.entries[: head.size]]

    def add_checkpoint(old: int) -> tuple[int, bytes]:
        """The proof from nothing, and from the same size, is empty."""
        proof = consistency_proof(leaves, old) if 0 < old < head.size else []
        return ask(f"{witness.url.rstrip('/')}/add-checkpoint", add_checkpoint_request(old, proof, note))

    old = _cosigned(log, witness, head.size)
    status, answer = add_checkpoint(old)
    told = _SIZE.fullmatch(answer) if status == CONFLICT else None
    if told and int(told[1]) != old:
        old = int(told[1])
        log.refresh(archive)
        if old > len(log):
            _refuse(witness, f"a log of at least {old} entries, which it cosigned", f"TRUNCATED: {len(log)} entries")
        if old > head.size:
            _refuse(witness, f"a checkpoint over {old} entries or more", "an older one", "Nothing: it has a newer one.")
        status, answer = add_checkpoint(old)
    if status in (CONFLICT, INCONSISTENT):
        _refuse(witness, f"the history whose first {old} entries it cosigned", "FORK: another history")
    if status != SIGNED:
        _refuse(witness, "a cosignature", f"HTTP status {status}", "Register this log's origin and key with it.")
    body = _sound(answer, head, witness)
    return store_anchor(archive, head.size, witness.slug, body, kind=COSIGNATURE, log=log, retain_until=retain_until)


def _cosigned(log: Log, witness: WitnessServer, below: int) -> int:
    """The size of the newest checkpoint that the witness cosigned, as the log knows it; 0 for none."""
    end = f"/{witness.slug}.{COSIGNATURE}"
    found = (entry.key for entry in reversed(log.entries) if entry.key.startswith(ANCHORS) and entry.key.endswith(end))
    sizes = (int(key.removeprefix(ANCHORS).removesuffix(end).replace("/", "")) for key in found)
    return next((size for size in sizes if size <= below), 0)


def _sound(answer: bytes, head: Checkpoint, witness: WitnessServer) -> bytes:
    """The lines by the witness's key, each verified and of now; those of other keys are left out, as the text asks."""
    lines = [line for line in parse_signatures(answer, witness.url) if witness.key.wrote(line)]
    if not lines or not all(witness.key.verifies(line, head) for line in lines):
        _refuse(witness, f"a cosignature by {witness.key.name}", "other lines", "Compare its verifier key.")
    now = datetime.now(UTC).timestamp()
    if any(abs((signed_time(line) or 0) - now) > CLOCK_SLACK.total_seconds() for line in lines):
        found = "another time, or none"
        _refuse(witness, "a cosignature of now", found, "Compare the clocks: a wrong time in the log stays for good.")
    return "".join(line.line() for line in lines).encode()


def _refuse(
    witness: WitnessServer,
    expected: str,
    found: str,
    mend: str = "Sign nothing more; run `aims verify` with kept checkpoints.",
) -> NoReturn:
    raise EvidenceError(Fault(Place(system=witness.key.name), expected, found, mend))
