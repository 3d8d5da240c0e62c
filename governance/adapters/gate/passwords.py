"""Passwords as scrypt hashes (RFC 7914): `scrypt$N$r$p$salt$hash`, salt and hash in base64."""

import base64
import binascii
import hashlib
import hmac
import secrets

N, R, P = 2**15, 8, 1  # 32 MiB and about 0.1 s: OWASP's lower bound for interactive sign-in
LENGTH = 32
MEMORY = 128 * 1024 * 1024
LONGEST = 1024  # characters of a password


def hash_password(password: str, *, n: int = N) -> str:
    """A fresh hash of a password; `n` is scrypt's cost, a power of two."""
    salt = secrets.token_bytes(16)
    return "$".join(("scrypt", str(n), str(R), str(P), _text(salt), _text(_derive(password, salt, n, R, P))))


def matches(password: str, hashed: str) -> bool:
    """Whether a password is the hashed one; compared in constant time. False for a hash of another form."""
    if not well_formed(hashed) or len(password) > LONGEST:
        return False
    _, n, r, p, salt, wanted = hashed.split("$")
    return hmac.compare_digest(
        _derive(password, base64.b64decode(salt), int(n), int(r), int(p)), base64.b64decode(wanted)
    )


def well_formed(hashed: str) -> bool:
    """Whether this is a hash that `matches` can read, within 128 MiB."""
    parts = hashed.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not all(part.isdecimal() for part in parts[1:4]):
        return False
    n, r, p = (int(part) for part in parts[1:4])
    try:
        lengths = [len(base64.b64decode(part, validate=True)) for part in parts[4:]]
    except (binascii.Error, ValueError):
        return False
    sound = n > 1 and n & (n - 1) == 0 and r > 0 and p > 0 and 128 * n * r * p < MEMORY
    return sound and lengths[0] >= 16 and lengths[1] == LENGTH


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=MEMORY, dklen=LENGTH)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
