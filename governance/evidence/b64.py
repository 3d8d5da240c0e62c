"""Base64 with one spelling only (RFC 4648, 3.5): a decoder that ignores pad bits would let a flipped bit pass."""

import base64
import binascii

from governance.evidence.malformed import malformed


def encode(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def decode(text: str, where: str) -> bytes:
    """The bytes of canonical standard base64. Raises Malformed for any other spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed(where, "standard base64", "other characters or padding") from None
    if encode(data) != text:
        raise malformed(where, "canonical base64", "pad bits that are not zero")
    return data
