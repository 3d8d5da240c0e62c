"""Sessions: a signed, expiring cookie. The key lives and dies with the process, so a restart signs everybody out."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

COOKIE = "aims_session"
LASTS = 8 * 3600.0  # seconds: a working day


@dataclass(frozen=True)
class Session:
    """Who is signed in, until when (seconds of the epoch)."""

    user: str
    token: str
    until: float


@dataclass
class Sessions:
    """Gives out, reads and ends sessions."""

    now: Callable[[], float]
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _ended: dict[str, float] = field(default_factory=dict)

    def begin(self, user: str) -> str:
        """A cookie value for somebody who has just proved who they are."""
        body = json.dumps([user, secrets.token_urlsafe(16), self.now() + LASTS]).encode()
        return f"{_text(body)}.{_text(self._sign(body))}"

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; None if it is forged, damaged, over, or was ended."""
        try:
            body, signature = (base64.urlsafe_b64decode(part) for part in cookie.split("."))
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(self._sign(body), signature):
            return None
        session = Session(*json.loads(body))
        alive = session.until > self.now() and session.token not in self._ended
        return session if alive else None

    def end(self, session: Session) -> None:
        """Sign out: the cookie is worth nothing from now on, wherever a copy lies."""
        self._ended = {token: until for token, until in self._ended.items() if until > self.now()}
        self._ended[session.token] = session.until

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self.key, body, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
