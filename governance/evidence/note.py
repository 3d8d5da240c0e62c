"""C2SP signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

example.org/aims
10000
gFHVHgjT5+w7YWhzL6lBSegDm2AnTHuvn4xVYPSvvjY=

— example.org/aims Gepm/JZ1…base64(4 bytes of key id + signature)
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from governance.evidence import b64
from governance.evidence.malformed import malformed
from governance.evidence.tree import HASH_SIZE

ED25519_TYPE, ECDSA_TYPE, COSIGNATURE_TYPE, MLDSA_TYPE = 1, 2, 4, 6  # signature types of signed-note
MAX_NOTE = 1_000_000
ORIGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
_SIZE = re.compile(r"[1-9][0-9]{0,15}")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: the key's name, its 4-byte id, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"— {self.name} {b64.encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A text ending in a newline, and the signatures over it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """The note: text, an empty line, one line a signature."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its origin, its number of lines (at least 1) and its root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed, and that people may keep."""
        return f"{self.origin}\n{self.size}\n{b64.encode(self.root)}\n"


def key_id(name: str, raw_key: bytes, kind: int = ED25519_TYPE) -> bytes:
    """The 4-byte id of a note key: SHA-256(name, newline, type byte, key)[:4] (signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + raw_key).digest()[:4]


def parse_note(body: bytes, where: str) -> Note:
    """The note in `body`. Raises Malformed unless it is written exactly as `Note.to_bytes` writes it."""
    try:
        text, mark, rest = body[:MAX_NOTE].decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise malformed(where, "a signed note in UTF-8", "other bytes") from None
    if not mark or not rest:
        raise malformed(where, "a text, an empty line, signature lines", "no signature")
    note = Note(text + "\n", tuple(_signature(line, where) for line in rest.removesuffix("\n").split("\n")))
    if note.to_bytes() != body:
        raise malformed(where, "a signed note", "bytes around or between its lines")
    return note


def parse_signatures(body: bytes, where: str) -> tuple[NoteSignature, ...]:
    """Signature lines alone, at least one, as a witness answers them. Raises Malformed."""
    try:
        text = body[:MAX_NOTE].decode()
    except UnicodeDecodeError:
        raise malformed(where, "signature lines in UTF-8", "other bytes") from None
    found = tuple(_signature(line, where) for line in text.removesuffix("\n").split("\n"))
    if "".join(line.line() for line in found).encode() != body:
        raise malformed(where, "signature lines", "bytes around or between them")
    return found


def _signature(line: str, where: str) -> NoteSignature:
    match = _SIGNATURE.fullmatch(line)
    data = b64.decode(match[2], where) if match else b""
    if not match or len(data) <= 4:
        raise malformed(where, "a signature line (c2sp.org/signed-note)", "another line")
    return NoteSignature(match[1], data[:4], data[4:])


def parse_checkpoint(text: str, where: str) -> Checkpoint:
    """The checkpoint in exactly three lines of text. Raises Malformed for anything else."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not ORIGIN.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise malformed(where, "three lines: origin, size, root", "other lines")
    root = b64.decode(lines[2], where)
    if len(root) != HASH_SIZE:
        raise malformed(where, "a root of 32 bytes", f"{len(root)} bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def parse_held(body: bytes, where: str) -> Checkpoint:
    """A checkpoint as a person kept it: a whole signed note, or its three lines, blanks around them allowed."""
    try:
        lines = [line.strip() for line in body[:MAX_NOTE].decode().strip().splitlines()]
    except UnicodeDecodeError:
        raise malformed(where, "a checkpoint in UTF-8", "other bytes") from None
    return parse_checkpoint("\n".join(lines[:3]) + "\n", where)
