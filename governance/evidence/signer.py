"""What the evidence needs of its keys. Files, HSM and cloud KMS stand behind these (`governance.adapters.keys`)."""

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


class LogSigner(Protocol):
    """An Ed25519 key that signs checkpoints."""

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
