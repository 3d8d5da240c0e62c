"""The log: seals joined into one list of lines, each the sha256 and the key of an object (RFC 6962 leaves).

A seal is text in the format of `sha256sum`; its key is the number of lines before it. See docs/formats/log.md.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import RLock
from typing import overload

from governance.evidence.address import LOGGED, seal_key
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.malformed import malformed
from governance.evidence.stem import Stem
from governance.evidence.tree import Frontier, leaf_hash

MAX_SEAL_LINES = 10_000
_LINE = re.compile(rf"([0-9a-f]{{64}})  ({LOGGED.pattern})")


@dataclass(frozen=True)
class Entry:
    """One line of the log: an object's sha256 in hex, and its key."""

    digest: str
    key: str

    @property
    def line(self) -> str:
        """As it stands in a seal, with its newline."""
        return f"{self.digest}  {self.key}\n"

    @property
    def leaf(self) -> bytes:
        """Its leaf hash."""
        return leaf_hash(self.line.encode())


def entry_of(key: str, body: bytes) -> Entry:
    """The entry for an object's bytes. Raises Malformed for a key that the log may not hold."""
    if not LOGGED.fullmatch(key):
        raise malformed(key, "a key under bundle/, trust/ or log/anchor/", "another key")
    return Entry(sha256(body).hexdigest(), key)


def print_seal(entries: Iterable[Entry]) -> bytes:
    """The bytes of a seal."""
    return "".join(entry.line for entry in entries).encode()


def parse_seal(body: bytes, where: str) -> list[Entry]:
    """The entries of a seal, at least one. Raises Malformed for anything but lines of `sha256sum` about known keys."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise malformed(where, "lines of sha256sum", "bytes outside ASCII") from None
    matches = [_LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    if not text.endswith("\n") or None in matches or len(matches) > MAX_SEAL_LINES:
        raise malformed(where, f"1 to {MAX_SEAL_LINES} lines of sha256sum about objects of the archive", "other bytes")
    return [Entry(match[1], match[2]) for match in matches if match]


class Entries(Sequence[Entry]):
    """The entries of a log; those of its stem are parsed when they are asked for."""

    def __init__(self, stem: Stem, later: Sequence[Entry]) -> None:
        self._stem, self._later = stem, later

    def __len__(self) -> int:
        return len(self._stem) + len(self._later)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        places = range(len(self))[index]
        return self._at(places) if isinstance(places, int) else [self._at(place) for place in places]

    def _at(self, place: int) -> Entry:
        known = len(self._stem)
        return Entry(*self._stem.line(place)) if place < known else self._later[place - known]


class Log:
    """The lines known so far, growing as `refresh` reads seals. `guard` keeps the threads of one process apart."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.guard = RLock()
        self.clear()
        self.append(list(entries))

    def clear(self) -> None:
        """Know no line."""
        self.begin(Stem())

    def begin(self, stem: Stem) -> None:
        """Know these lines and no other."""
        self._stem, self._later = stem, list[Entry]()
        self._index: dict[str, int] = {}
        self._frontier = stem.frontier.copy()

    @classmethod
    def load(cls, archive: Archive) -> "Log":
        """The archive's log, every seal read.

        Raises:
            Malformed: a seal is not one.
            ArchiveUnavailable: the store did not answer.
        """
        log = cls()
        log.refresh(archive)
        return log

    def refresh(self, archive: Archive) -> None:
        """Read the seals written since."""
        with self.guard:
            while True:
                key = seal_key(len(self))
                try:
                    body = archive.get(key)
                except MissingObject:
                    return
                self.append(parse_seal(body, key))

    def append(self, entries: Sequence[Entry]) -> None:
        """Add the lines of one more seal."""
        for entry in entries:
            self._index.setdefault(entry.key, len(self))
            self._later.append(entry)
            self._frontier.push(entry.leaf)

    @property
    def entries(self) -> Entries:
        """All lines, in order."""
        return Entries(self._stem, self._later)

    def __len__(self) -> int:
        return self._frontier.size

    def __contains__(self, key: object) -> bool:
        return key in self._index or self._stem.find(str(key)) is not None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def index(self, key: str) -> int:
        """Where the key first stands, from 0. Raises KeyError."""
        found = self._stem.find(key)
        return self._index[key] if found is None else found

    def holding(self, part: str) -> list[Entry]:
        """The entries whose key holds a text, in order."""
        return [*(Entry(*line) for line in self._stem.holding(part)), *(one for one in self._later if part in one.key)]

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` lines (all of them by default); quick for those that came after the stem."""
        if size is None or size == len(self):
            return self._frontier.root()
        known = len(self._stem)
        if size < known:
            return Frontier(entry.leaf for entry in self.entries[:size]).root()
        frontier = self._stem.frontier.copy()
        for entry in self._later[: size - known]:
            frontier.push(entry.leaf)
        return frontier.root()

    @property
    def frontier(self) -> Frontier:
        """What suffices to append and to give the root."""
        return self._frontier


def parse_text(body: bytes) -> list[Entry]:
    """The entries of a list of lines, of any length. Raises Malformed."""
    lines = body.split(b"\n")[:-1]
    chunks = (lines[at : at + MAX_SEAL_LINES] for at in range(0, len(lines), MAX_SEAL_LINES))
    return [entry for chunk in chunks for entry in parse_seal(b"\n".join(chunk) + b"\n", "the list of lines")]
