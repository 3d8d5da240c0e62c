"""The one-time code that makes an act of strength `code`: eight characters, a quarter of an hour, once. Pure.

Kept is only a salted scrypt hash, for one case and one person. Five wrong tries use it up.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import scrypt

from pydantic import Field

from governance.cases.act import Moment
from governance.registry.system import Record

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters and digits that nobody takes for one another: eight of them are 40 bits."""
LENGTH, LIFE, TRIES = 8, timedelta(minutes=15), 5


class KeptCode(Record):
    """What is kept of a code: salt and hash in hex, until when it holds, and how often a wrong one was tried."""

    case: str
    person: str
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    until: Moment
    wrong: int = Field(default=0, ge=0)

    def matches(self, case: str, person: str, code: str, now: datetime) -> bool:
        """Whether this is the code, for this case and this person, still in time and not used up."""
        same = hmac.compare_digest(self.hash, _hash(code, self.salt))
        return same and (case, person) == (self.case, self.person) and now < self.until and self.wrong < TRIES


def new_code(case: str, person: str, now: datetime) -> tuple[str, KeptCode]:
    """A fresh code to send, and what to keep of it."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    salt = secrets.token_hex(16)
    return code, KeptCode(case=case, person=person, salt=salt, hash=_hash(code, salt), until=now + LIFE)


def _hash(code: str, salt: str) -> str:
    """Scrypt (RFC 7914) of the code as somebody may type it: spaces, hyphens and small letters do not matter."""
    plain = code.upper().replace(" ", "").replace("-", "")
    return scrypt(plain.encode("utf-8", "replace"), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=32).hex()
