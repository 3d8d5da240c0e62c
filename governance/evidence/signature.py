"""Verification of signatures: ECDSA P-256 (statements), Ed25519 and ML-DSA-44 (checkpoints), SSH keys (people).

RFC 8032, FIPS 204. The only module of the evidence that imports `cryptography`.
"""

import struct
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from governance.evidence.malformed import malformed

P256, ED25519, MLDSA44 = "ecdsa-sha2-nistp256", "ed25519", "ml-dsa-44"
_SHA256 = ECDSA(SHA256())
_RSA = {b"rsa-sha2-256": SHA256(), b"rsa-sha2-512": SHA512()}
_ED25519 = (b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com")
_P256 = (b"ecdsa-sha2-nistp256", b"sk-ecdsa-sha2-nistp256@openssh.com")
Key = EllipticCurvePublicKey | Ed25519PublicKey | MLDSA44PublicKey


class PublicKey:
    """A public key of a known algorithm: `P256`, `ED25519` or `MLDSA44`."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self.algorithm = _algorithm(key)

    @classmethod
    def from_pem(cls, pem: str, where: str) -> "PublicKey":
        """The key in a PEM SubjectPublicKeyInfo. Raises Malformed for other bytes and other algorithms."""
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm, TypeError):
            raise malformed(where, "a public key in PEM", "bytes that hold none") from None
        if isinstance(key, Ed25519PublicKey | MLDSA44PublicKey):
            return cls(key)
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            return cls(key)
        raise malformed(where, "a P-256, Ed25519 or ML-DSA-44 key", "a key of another algorithm")

    @classmethod
    def from_raw(cls, algorithm: str, raw: bytes, where: str) -> "PublicKey":
        """The Ed25519 key of 32 bytes, or the ML-DSA-44 key of 1,312. Raises Malformed."""
        kind = MLDSA44PublicKey if algorithm == MLDSA44 else Ed25519PublicKey
        try:
            return cls(kind.from_public_bytes(raw))
        except (ValueError, UnsupportedAlgorithm):
            raise malformed(where, "the bytes of a public key", "bytes that hold none") from None

    @property
    def raw(self) -> bytes:
        """The bytes of an Ed25519 (32) or ML-DSA-44 key (1,312), or the uncompressed point of a P-256 key."""
        if isinstance(self._key, EllipticCurvePublicKey):
            return self._key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def der(self) -> bytes:
        """The key as a SubjectPublicKeyInfo in DER."""
        return self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def digest(self) -> str:
        """The sha256 in hex of its raw bytes."""
        return sha256(self.raw).hexdigest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature (DER for P-256, 64 bytes for Ed25519, 2,420 for ML-DSA-44) is by this key."""
        try:
            if isinstance(self._key, EllipticCurvePublicKey):
                self._key.verify(signature, message, _SHA256)
            else:
                self._key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _algorithm(key: Key) -> str:
    if isinstance(key, EllipticCurvePublicKey):
        return P256
    return ED25519 if isinstance(key, Ed25519PublicKey) else MLDSA44


def ssh_verifies(key: str, algorithm: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an SSH key (`ssh-ed25519 AAAA…`) made a signature as SSH encodes it (RFC 5656, 8332, 8709).

    Keys of other kinds than ed25519, ECDSA P-256 (both also held in a security key, `sk-…`) and RSA of 2048 bits or
    more verify nothing: False.
    """
    try:
        public = load_ssh_public_key(key.encode())
        if isinstance(public, Ed25519PublicKey) and algorithm in _ED25519:
            public.verify(signature, message)
        elif isinstance(public, EllipticCurvePublicKey) and algorithm in _P256:
            public.verify(_der(signature), message, _SHA256)
        elif isinstance(public, RSAPublicKey) and algorithm in _RSA and public.key_size >= 2048:
            public.verify(signature, message, PKCS1v15(), _RSA[algorithm])
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm, NotImplementedError, struct.error):
        return False  # NotImplementedError: the library's answer to a compressed point
    return True


def _der(signature: bytes) -> bytes:
    """SSH writes r and s as two length-prefixed integers (RFC 5656, 3.1.2); DER is what the library takes."""
    (size,) = struct.unpack(">I", signature[:4])
    (rest,) = struct.unpack(">I", signature[4 + size : 8 + size])
    if len(signature) != 8 + size + rest:
        raise ValueError("length")
    return encode_dss_signature(
        int.from_bytes(signature[4 : 4 + size], "big"), int.from_bytes(signature[8 + size :], "big")
    )
