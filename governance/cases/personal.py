"""Personal text of a case: encrypted under a key of the case's own, so that destroying the key erases it everywhere.

    aims-personal/1.<base64url of 12 bytes nonce and AES-256-GCM ciphertext>

1. Archive, index and pages hold only this; digests and signatures are over it, so verification stays whole.
2. The text is bound to its case, act and field: a ciphertext that is moved elsewhere does not open.
3. The nonce comes from key, place and text (HMAC-SHA256, cut to 96 bits): the same step told twice has the same bytes.
4. Padding (ISO/IEC 7816-4) to whole blocks of 64 bytes hides how long a name is.

NIST SP 800-38D (GCM); GDPR Art. 17; EDPB Guidelines 02/2025 on off-chain data with destroyed keys.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import scrypt

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.cases.act import Act
from governance.cases.case import Case

PREFIX, KEY_BYTES, NONCE, TAG, SALT, BLOCK = "aims-personal/1.", 32, 12, 16, 16, 64
NO_KEY, DAMAGED = "sealed: key not here", "sealed: damaged, or under another key"
_FORM = re.compile(rf"{re.escape(PREFIX)}[A-Za-z0-9_-]{{102,32768}}={{0,2}}")


def is_encrypted(value: str) -> bool:
    """Whether a value has the form of encrypted text."""
    return _FORM.fullmatch(value) is not None


def encrypted(act: Act, names: tuple[str, ...], key: bytes) -> Act:
    """The act with the text of these fields encrypted (key: 32 bytes); what is encrypted already stays."""
    fields = {
        name: _encrypt(key, _place(act, name), value) if name in names and not is_encrypted(value) else value
        for name, value in act.fields.items()
    }
    return act.model_copy(update={"fields": fields})


def shown(case: Case, act: Act, key: bytes | None) -> dict[str, str]:
    """The fields of an act as somebody may read them: opened with the key, or the reason why they cannot be.

    An erased case shows nothing, even where a copy of its key has come back.
    """
    if case.erased:
        gone = f"erased on {case.erased.at:%Y-%m-%d} by {case.erased.by}"
        return {name: gone if is_encrypted(value) else value for name, value in act.fields.items()}
    return {
        name: _opened(key, _place(act, name), value) if is_encrypted(value) else value
        for name, value in act.fields.items()
    }


def wrapped(key: bytes, passphrase: str) -> bytes:
    """A key as it lies in a file: encrypted under a passphrase (scrypt, RFC 7914; AES-256-GCM), or as it is without."""
    if not passphrase:
        return key
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
    return salt + nonce + AESGCM(_stretched(passphrase, salt)).encrypt(nonce, key, b"")


def unwrapped(body: bytes, passphrase: str) -> bytes | None:
    """The key in a file; None when the passphrase is another, or missing, or the file is none of ours."""
    if len(body) == KEY_BYTES:
        return body
    salt, nonce, rest = body[:SALT], body[SALT : SALT + NONCE], body[SALT + NONCE :]
    if not passphrase or len(rest) != KEY_BYTES + TAG:
        return None
    try:
        return AESGCM(_stretched(passphrase, salt)).decrypt(nonce, rest, b"")
    except InvalidTag:
        return None


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return scrypt(passphrase.encode(), salt=salt, n=2**14, r=8, p=1, dklen=KEY_BYTES)


def _opened(key: bytes | None, place: bytes, value: str) -> str:
    if key is None:
        return NO_KEY
    try:
        body = urlsafe_b64decode(value.removeprefix(PREFIX))
        padded = AESGCM(key).decrypt(body[:NONCE], body[NONCE:], place)
        return padded[: padded.rindex(b"\x80")].decode()
    except (InvalidTag, ValueError):
        return DAMAGED


def _encrypt(key: bytes, place: bytes, text: str) -> str:
    plain = text.encode() + b"\x80"
    plain += bytes(-len(plain) % BLOCK)
    nonce = hmac.digest(hmac.digest(key, b"aims-personal/1 nonce", "sha256"), place + plain, "sha256")[:NONCE]
    return PREFIX + urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plain, place)).decode()


def _place(act: Act, name: str) -> bytes:
    return f"{act.case}\n{act.seq}\n{name}\n".encode()
