"""How often somebody may guess a password: by id and by address, in memory."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW = 300.0  # seconds
GUESSES = 5  # failures for one id
GUESSES_OF_A_PEER = 50  # failures from one address; people of one office share one


@dataclass
class Throttle:
    """Counts failures of the last five minutes."""

    now: Callable[[], float]
    _failures: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def wait(self, user: str, peer: str) -> int:
        """Seconds until another guess is heard; 0 when it is heard now."""
        limits = ((f"user {user}", GUESSES), (f"peer {peer}", GUESSES_OF_A_PEER))
        return max(self._wait(name, limit) for name, limit in limits)

    def failed(self, user: str, peer: str) -> None:
        """Remember a wrong guess."""
        self._forget()
        for name in (f"user {user}", f"peer {peer}"):
            self._failures[name].append(self.now())

    def succeeded(self, user: str) -> None:
        """Forget the wrong guesses for an id."""
        self._failures.pop(f"user {user}", None)

    def _wait(self, name: str, limit: int) -> int:
        recent = [at for at in self._failures.get(name, []) if at > self.now() - WINDOW]
        return int(recent[-limit] + WINDOW - self.now()) + 1 if len(recent) >= limit else 0

    def _forget(self) -> None:
        """Drop what is over, so that many invented ids fill no memory for long."""
        for name in [name for name, times in self._failures.items() if times[-1] <= self.now() - WINDOW]:
            del self._failures[name]
