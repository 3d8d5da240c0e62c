"""SSH signatures of people (OpenSSH PROTOCOL.sshsig): what `ssh-keygen -Y sign` writes, verified without ssh-keygen.

The signature holds the public key it was made with; whose key that is, a list of allowed signers says.
"""

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import new

from governance.evidence.malformed import malformed
from governance.evidence.signature import ssh_verifies

DECISION_NAMESPACE, ROOT_NAMESPACE = "aims-decision", "aims-root"
MAGIC = b"SSHSIG"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
HASHES = {b"sha256": "sha256", b"sha512": "sha512"}
MAX_SIZE = 20_000


@dataclass(frozen=True)
class SshSignature:
    """A parsed signature: the key (`ssh-ed25519 AAAA…`), the namespace, and what is needed to verify it."""

    key: str
    namespace: str
    reserved: bytes
    hash_name: bytes
    algorithm: bytes
    signature: bytes

    def verifies(self, message: bytes) -> bool:
        """Whether its own key made it over the message (ed25519, ECDSA P-256, RSA)."""
        digest = new(HASHES[self.hash_name], message).digest()
        fields = (self.namespace.encode(), self.reserved, self.hash_name, digest)
        signed = MAGIC + b"".join(map(_string, fields))
        return ssh_verifies(self.key, self.algorithm, self.signature, signed)


def parse_ssh_signature(body: bytes, where: str) -> SshSignature:
    """The armoured signature in `body`. Raises Malformed."""
    try:
        lines = body[:MAX_SIZE].decode("ascii").strip().splitlines()
        if lines[0] != BEGIN or lines[-1] != END:
            raise ValueError("armour")
        return _parse(base64.b64decode("".join(lines[1:-1]), validate=True))
    except (ValueError, IndexError, binascii.Error, struct.error):
        raise malformed(where, "an SSH signature (PROTOCOL.sshsig)", "other bytes") from None


def signed_by(body: bytes, message: bytes, namespace: str, signers: Mapping[str, str], where: str) -> str | None:
    """The person of `signers` (person to SSH public key) who signed the message in this namespace; None for nobody.

    Raises:
        Malformed: `body` is no SSH signature.
    """
    found = parse_ssh_signature(body, where)
    if found.namespace != namespace or not found.verifies(message):
        return None
    return next((person for person, key in signers.items() if key.split()[:2] == found.key.split()), None)


def parse_allowed_signers(body: bytes) -> dict[str, str]:
    """Person to SSH public key, from a file as `allowed_signers` writes it; lines of another form are left out."""
    lines = (line.split() for line in body.decode("utf-8", "replace").splitlines())
    return {parts[0]: " ".join(parts[1:]) for parts in lines if len(parts) == 3}


def _parse(blob: bytes) -> SshSignature:
    if blob[:10] != MAGIC + struct.pack(">I", 1):
        raise ValueError("version")
    fields, rest = [], blob[10:]
    for _ in range(5):
        field, rest = _take(rest)
        fields.append(field)
    public, namespace, reserved, hash_name, signature = fields
    algorithm, tail = _take(signature)
    raw, more = _take(tail)
    kind, _ = _take(public)
    if rest or more or hash_name not in HASHES:
        raise ValueError("fields")
    key = f"{kind.decode('ascii')} {base64.b64encode(public).decode()}"
    return SshSignature(key, namespace.decode("ascii"), reserved, hash_name, algorithm, raw)


def _take(data: bytes) -> tuple[bytes, bytes]:
    (size,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + size:
        raise ValueError("short")
    return data[4 : 4 + size], data[4 + size :]


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
