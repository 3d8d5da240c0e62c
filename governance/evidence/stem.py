"""The first lines of a long log, known by their text and their frontier: neither parsed nor hashed before it is asked.

A log of a million lines is 115 MB; to parse and hash it costs seconds, and a run needs to know only where it goes on
and whether a few keys stand in it.
"""

from collections.abc import Iterator
from functools import cached_property

from governance.evidence.tree import Frontier

MANY = 16  # keys asked for, before they are all put into a dictionary
_GAP = b"  "  # between digest and key: nowhere else in the text
_AT = slice(64, 66)

Line = tuple[str, str]


class Stem:
    """Lines `<sha256 in hex>  <key>`; lines of another form among them are passed over.

    Args:
        text: the lines, each with its newline; only lines of the log hold two spaces.
        frontier: over all of them, so that their number is its size.
    """

    def __init__(self, text: bytes = b"", frontier: Frontier | None = None) -> None:
        self._text, self.frontier, self._asked = text, frontier or Frontier(), 0

    def __len__(self) -> int:
        return self.frontier.size

    def line(self, index: int) -> Line:
        """Digest and key of one line, from 0."""
        return _line(self._rows[index])

    def find(self, key: str) -> int | None:
        """Where a key first stands; None if nowhere."""
        self._asked += 1
        if self._asked > MANY:
            return self._places.get(key.encode())
        at = self._text.find(_GAP + key.encode() + b"\n")
        return None if at < 0 else self._text.count(_GAP, 0, at)

    def holding(self, part: str) -> Iterator[Line]:
        """The lines whose key holds a text, in order."""
        wanted, at = part.encode(), -1
        while (at := self._text.find(wanted, at + 1)) >= 0:
            start, end = self._text.rfind(b"\n", 0, at) + 1, self._text.index(b"\n", at)
            line, at = self._text[start:end], end
            if line[_AT] == _GAP and wanted in line[_AT.stop :]:
                yield _line(line)

    @cached_property
    def _rows(self) -> list[bytes]:
        return [row for row in self._text.split(b"\n") if row[_AT] == _GAP]

    @cached_property
    def _places(self) -> dict[bytes, int]:
        last = len(self._rows) - 1
        return {row[_AT.stop :]: last - back for back, row in enumerate(reversed(self._rows))}


def _line(row: bytes) -> Line:
    return row[: _AT.start].decode(), row[_AT.stop :].decode()
