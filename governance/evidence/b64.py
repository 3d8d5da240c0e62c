"""Base64 with one spelling only (RFC 4648, 3.5): a decoder that ignores pad bits would let a flipped bit pass."""

import base64
import binascii

from governance.evidence.malformed import malformed


def encode(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def decode(text: str | bytes, where: str) -> bytes:
    """The bytes of canonical standard base64. Raises Malformed for any other spelling."""
    try:
        spelled = text.encode("ascii") if isinstance(text, str) else text
        data = binascii.a2b_base64(spelled, strict_mode=True)
    except (binascii.Error, ValueError):
        raise malformed(where, "standard base64", "other characters or padding") from None
    if binascii.b2a_base64(data[len(data) // 3 * 3 :], newline=False) != spelled[len(data) // 3 * 4 :]:
        raise malformed(where, "canonical base64", "pad bits that are not zero")
    return data
