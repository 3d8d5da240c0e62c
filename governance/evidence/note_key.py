"""Keys that sign notes, and what each kind of signature line is over (c2sp.org/signed-note, c2sp.org/tlog-cosignature).

| type | line | over | signature |
|---|---|---|---|
| 0x01 | Ed25519, of the log | the text | 64 bytes |
| 0x02 | ECDSA P-256, of the log | the text (SHA-256) | DER |
| 0x04 | Ed25519 cosignature, of a witness | `cosignature/v1`, the time, the text | 8 bytes of time, 64 bytes |
| 0x06 | ML-DSA-44, of the log or a witness | `subtree/v1`, names, time, size, root | 8 bytes of time, 2,420 bytes |
"""

import struct
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from governance.evidence import b64
from governance.evidence.malformed import Malformed, malformed
from governance.evidence.note import (
    COSIGNATURE_TYPE,
    ECDSA_TYPE,
    ED25519_TYPE,
    MLDSA_TYPE,
    Checkpoint,
    NoteSignature,
    key_id,
)
from governance.evidence.signature import ED25519, MLDSA44, P256, PublicKey

OF_LOG = {ED25519: ED25519_TYPE, P256: ECDSA_TYPE, MLDSA44: MLDSA_TYPE}
OF_WITNESS = {ED25519: COSIGNATURE_TYPE, MLDSA44: MLDSA_TYPE}
_TIME = struct.Struct(">Q")
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z: beyond it is no date


@dataclass(frozen=True)
class NoteKey:
    """A public key under its name, and the type of line that it writes."""

    name: str
    public: PublicKey
    kind: int

    @cached_property
    def key_id(self) -> bytes:
        """The 4 bytes that name the key in its lines."""
        if self.kind == ECDSA_TYPE:
            return sha256(self.public.der).digest()[:4]
        return key_id(self.name, self.public.raw, self.kind)

    def wrote(self, line: NoteSignature) -> bool:
        """Whether a line says that it is by this key; `verifies` tells whether it is."""
        return (line.name, line.key_id) == (self.name, self.key_id)

    def verifies(self, line: NoteSignature, head: Checkpoint) -> bool:
        """Whether the line is this key's signature over the checkpoint."""
        if self.kind in (ED25519_TYPE, ECDSA_TYPE):
            return self.public.verifies(line.signature, head.text().encode())
        seconds, signature = signed_time(line), line.signature[_TIME.size :]
        if seconds is None:
            return False
        is_old = self.kind == COSIGNATURE_TYPE
        message = cosignature_message(seconds, head) if is_old else subtree_message(self.name, seconds, head)
        return self.public.verifies(signature, message)


def signed_time(line: NoteSignature) -> int | None:
    """The POSIX time in a timestamped signature (0: none is stated); None for fewer bytes, or beyond the year 9999."""
    if len(line.signature) < _TIME.size:
        return None
    (seconds,) = _TIME.unpack(line.signature[: _TIME.size])
    return int(seconds) if seconds <= _LAST_SECOND else None


def timestamped(seconds: int, signature: bytes) -> bytes:
    """A `timestamped_signature` structure."""
    return _TIME.pack(seconds) + signature


def cosignature_message(seconds: int, head: Checkpoint) -> bytes:
    """What an Ed25519 witness signs (tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {seconds}\n{head.text()}".encode()


def subtree_message(name: str, seconds: int, head: Checkpoint) -> bytes:
    """What an ML-DSA-44 key signs (tlog-cosignature, "ML-DSA-44 signed message"), from the first entry on."""
    end = struct.pack(">QQ", 0, head.size) + head.root
    return b"subtree/v1\n\0" + _named(name) + _TIME.pack(seconds) + _named(head.origin) + end


def _named(name: str) -> bytes:
    return bytes([len(name.encode())]) + name.encode()


def parse_vkey(text: str, where: str) -> NoteKey:
    """The key in a C2SP verifier key: `<name>+<8 hex digits of its id>+<base64 of type byte and key>`.

    Raises:
        Malformed: another form, a type that we do not know, or an id that is not the key's.
    """
    name, _, rest = text.strip().partition("+")
    told, _, encoded = rest.partition("+")
    body = b64.decode(encoded, where)
    algorithms = {ED25519_TYPE: ED25519, COSIGNATURE_TYPE: ED25519, MLDSA_TYPE: MLDSA44}
    if not name or " " in name or len(name.encode()) > 255 or not body or body[0] not in algorithms:
        raise malformed(where, "a verifier key (c2sp.org/signed-note) of Ed25519 or ML-DSA-44", "another text")
    key = NoteKey(name, PublicKey.from_raw(algorithms[body[0]], body[1:], where), body[0])
    if key.key_id.hex() != told:
        raise malformed(where, f"the key id {key.key_id.hex()}", "another", "Copy the whole verifier key once more.")
    return key


def witness_keys(vkeys: tuple[str, ...]) -> tuple[NoteKey, ...]:
    """The keys of witnesses; texts that are none are left out (a root file was checked when it was read)."""
    found = []
    for text in vkeys:
        try:
            found.append(parse_vkey(text, "witness"))
        except Malformed:
            continue
    return tuple(key for key in found if key.kind in OF_WITNESS.values())
