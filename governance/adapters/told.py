"""Who was told of what, and which answers were refused: small marks in the state folder.

Losing them costs a message or a question told twice, never a case: cases stand in the archive.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


class Told:
    """The marks of one installation; safe for several processes of one machine."""

    def __init__(self, state: Path) -> None:
        self._marks, self._people, self._refused = (state / name for name in ("told", "told-people", "refused"))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One teller at a time, so that two runs that end together do not write to one person twice."""
        with self._path(self._people, "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def has(self, mark: str) -> bool:
        """Whether a mark is kept."""
        return (self._marks / mark).exists()

    def keep(self, mark: str) -> None:
        """Keep a mark."""
        self._path(self._marks, mark).touch()

    def written(self, person: str) -> datetime | None:
        """When a person was last sent a message on new cases."""
        return self._moment(f"{person}.written")

    def note_written(self, person: str, now: datetime) -> None:
        """Remember it."""
        self._path(self._people, f"{person}.written").write_text(now.isoformat())

    def unreachable_since(self, person: str) -> datetime | None:
        """Since when no address of a person has worked; None when the last message came through."""
        return self._moment(f"{person}.unreachable")

    def note_reached(self, person: str, now: datetime, *, reached: bool) -> None:
        """Remember whether an address of the person worked; the first failure counts until the next success."""
        path = self._path(self._people, f"{person}.unreachable")
        if reached:
            path.unlink(missing_ok=True)
        elif not path.exists():
            path.write_text(now.isoformat())

    def refusals(self, case: str, seq: int) -> list[str]:
        """Why answers on a case were refused since its act `seq`, in their order."""
        path = self._refused / f"{case}.{seq}"
        return path.read_text("utf-8").splitlines() if path.exists() else []

    def refuse(self, case: str, seq: int, reason: str) -> None:
        """Remember one more refusal."""
        with self._path(self._refused, f"{case}.{seq}").open("a", encoding="utf-8") as file:
            file.write(" ".join(reason.split()) + "\n")

    def _moment(self, name: str) -> datetime | None:
        try:
            return datetime.fromisoformat((self._people / name).read_text().strip())
        except (OSError, ValueError):
            return None

    @staticmethod
    def _path(folder: Path, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name
