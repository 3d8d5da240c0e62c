"""SSH signatures of people (OpenSSH PROTOCOL.sshsig): what `ssh-keygen -Y sign` writes, verified without ssh-keygen.

The signature holds the public key it was made with; whose key that is, a list of allowed signers says. A key in a
security key (`sk-ssh-ed25519@openssh.com`, `sk-ecdsa-sha2-nistp256@openssh.com`) signs over more than the message
(OpenSSH PROTOCOL.u2f), and counts only when somebody touched it: "user present".
"""

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import new, sha256

from governance.evidence.malformed import malformed
from governance.evidence.signature import ssh_verifies

DECISION_NAMESPACE, ROOT_NAMESPACE = "aims-decision", "aims-root"
MAGIC = b"SSHSIG"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
HASHES = {b"sha256": "sha256", b"sha512": "sha512"}
MAX_SIZE = 20_000
SECURITY_KEYS = {b"sk-ssh-ed25519@openssh.com": 2, b"sk-ecdsa-sha2-nistp256@openssh.com": 3}
"""By kind, how many fields of the public key stand before the application that it was made for."""
USER_PRESENT = 1
TOUCH_SIZE = 5  # one byte of flags, a counter of four


@dataclass(frozen=True)
class SshSignature:
    """A parsed signature: the key (`ssh-ed25519 AAAA…`), the namespace, and what is needed to verify it.

    Of a security key also `application` (usually `ssh:`) and `touch`: its flags and counter, 5 bytes.
    """

    key: str
    namespace: str
    reserved: bytes
    hash_name: bytes
    algorithm: bytes
    signature: bytes
    application: bytes = b""
    touch: bytes = b""

    @property
    def is_user_present(self) -> bool:
        """Whether somebody touched the security key; True for a key that is none."""
        return not self.touch or bool(self.touch[0] & USER_PRESENT)

    def verifies(self, message: bytes) -> bool:
        """Whether its own key made it over the message (ed25519, ECDSA P-256, RSA; a security key: and was touched)."""
        digest = new(HASHES[self.hash_name], message).digest()
        fields = (self.namespace.encode(), self.reserved, self.hash_name, digest)
        signed = MAGIC + b"".join(map(_string, fields))
        if self.touch:
            signed = sha256(self.application).digest() + self.touch + sha256(signed).digest()
        return self.is_user_present and ssh_verifies(self.key, self.algorithm, self.signature, signed)


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
    raw, touch = _take(tail)
    kind, of_key = _take(public)
    is_security_key = kind in SECURITY_KEYS
    if rest or hash_name not in HASHES or len(touch) != (TOUCH_SIZE if is_security_key else 0):
        raise ValueError("fields")
    if is_security_key and algorithm != kind:
        raise ValueError("algorithm")
    application = _application(kind, of_key) if is_security_key else b""
    key = f"{kind.decode('ascii')} {base64.b64encode(public).decode()}"
    return SshSignature(key, namespace.decode("ascii"), reserved, hash_name, algorithm, raw, application, touch)


def _application(kind: bytes, fields: bytes) -> bytes:
    """The last field of a security key's public half."""
    field = b""
    for _ in range(SECURITY_KEYS[kind]):
        field, fields = _take(fields)
    if fields:
        raise ValueError("key")
    return field


def _take(data: bytes) -> tuple[bytes, bytes]:
    (size,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + size:
        raise ValueError("short")
    return data[4 : 4 + size], data[4 + size :]


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data
