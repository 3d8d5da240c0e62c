"""Verification of signatures: ECDSA P-256 with SHA-256 (statements) and Ed25519 (checkpoints, RFC 8032)."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from governance.evidence.malformed import malformed

P256, ED25519 = "ecdsa-sha2-nistp256", "ed25519"
_SHA256 = ECDSA(SHA256())


class PublicKey:
    """A public key of a known algorithm: `P256` or `ED25519`."""

    def __init__(self, key: EllipticCurvePublicKey | Ed25519PublicKey) -> None:
        self._key = key
        self.algorithm = ED25519 if isinstance(key, Ed25519PublicKey) else P256

    @classmethod
    def from_pem(cls, pem: str, where: str) -> "PublicKey":
        """The key in a PEM SubjectPublicKeyInfo. Raises Malformed for other bytes and other algorithms."""
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm, TypeError):
            raise malformed(where, "a public key in PEM", "bytes that hold none") from None
        if isinstance(key, Ed25519PublicKey):
            return cls(key)
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            return cls(key)
        raise malformed(where, "a P-256 or Ed25519 key", "a key of another algorithm")

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key, or the uncompressed point of a P-256 key."""
        if isinstance(self._key, Ed25519PublicKey):
            return self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return self._key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature (DER for P-256, 64 bytes for Ed25519) over the message is by this key."""
        try:
            if isinstance(self._key, Ed25519PublicKey):
                self._key.verify(signature, message)
            else:
                self._key.verify(signature, message, _SHA256)
        except InvalidSignature:
            return False
        return True
