"""What the evidence needs of its keys. Files, HSM and cloud KMS stand behind these (`governance.adapters.keys`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

DEMO = "DEMO"


class StatementSigner(Protocol):
    """A securesystemslib signer: its `public_key` has `keyid`, `scheme` and `keyval`; a signature is hex text."""

    @property
    def public_key(self) -> Any:
        """The public half (a securesystemslib SSlibKey)."""

    def sign(self, payload: bytes) -> Any:
        """A securesystemslib Signature: `keyid` and `signature` (hex)."""


class NoteSigner(Protocol):
    """A key of another algorithm that signs each checkpoint as well: P-256, or ML-DSA-44."""

    @property
    def algorithm(self) -> str:
        """`ecdsa-sha2-nistp256` or `ml-dsa-44`."""

    @property
    def pem(self) -> str:
        """The public half, PEM SubjectPublicKeyInfo."""

    def sign(self, message: bytes) -> bytes:
        """The signature: DER (SHA-256) of P-256, 2,420 bytes of ML-DSA-44 (FIPS 204, empty context)."""


class LogSigner(Protocol):
    """An Ed25519 key that signs checkpoints."""

    @property
    def also(self) -> Sequence[NoteSigner]:
        """The keys that sign each checkpoint as well; mostly none."""

    @property
    def pem(self) -> str:
        """The public half, PEM SubjectPublicKeyInfo."""

    @property
    def raw(self) -> bytes:
        """The public half, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature over the message (RFC 8032, no prehash)."""


@dataclass(frozen=True)
class Keys:
    """The keys of one archive. A name that holds DEMO marks keys that prove nothing about who signed."""

    name: str
    statement: StatementSigner
    log: LogSigner

    @property
    def is_demo(self) -> bool:
        """Whether the keys only show how it works."""
        return DEMO in self.name
