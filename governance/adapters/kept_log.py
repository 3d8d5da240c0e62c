"""The lines of the log that this machine has read, kept in a file: a process need not read every seal again.

The file is only a convenience. It grows by one piece a seal: the seal's lines, then `root <size> <root in hex>`.
Processes append at once; a piece that another process wrote as well is passed over, and left out when the file is next
read. A file that is damaged, or of another archive, is dropped, and the log is read anew from the archive.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from governance.evidence.address import seal_key
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.log import Entry, Log, parse_text, print_seal
from governance.evidence.malformed import Malformed

_CLOSING = re.compile(rb"^root (\d{1,18}) ([0-9a-f]{64})\n", re.MULTILINE)


class KeptLog(Log):
    """A log that reads its file on the first `refresh`, and writes there what it learns."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file, self._is_recalled, self._is_doubled = file, False, False

    def refresh(self, archive: Archive) -> None:
        """Read the seals written since; the first time, since the file was written."""
        with self.guard:
            if not self._is_recalled:
                self._recall(archive)
                self._is_recalled = True
            super().refresh(archive)

    def append(self, entries: list[Entry]) -> None:
        """Add the lines of one more seal, here and in the file."""
        super().append(entries)
        if entries:
            _append(self._file, _piece(print_seal(entries), len(self), self.root().hex()))

    def _recall(self, archive: Archive) -> None:
        """Take the lines of the file; drop it when they are not those of this archive."""
        try:
            if not self._file.is_file():
                return
            if not self._is_taken(archive):
                self.clear()
                self._file.unlink(missing_ok=True)
            elif self._is_doubled:
                compact(self._file)
        except BaseException:
            self.clear()
            raise

    def _is_taken(self, archive: Archive) -> bool:
        """Whether the lines have the root that the file names, and the archive's seal is the last piece."""
        last, root = b"", ""
        try:
            for size, said, lines in _pieces(self._file.read_bytes()):
                entries = parse_text(lines)
                if size <= len(self):  # two processes read the same seal
                    self._is_doubled = True
                    continue
                if size != len(self) + len(entries):
                    return False
                super().append(entries)
                last, root = lines, said
            return not last or (
                self.root().hex() == root and archive.get(seal_key(len(self) - last.count(b"\n"))) == last
            )
        except (Malformed, MissingObject):
            return False


def _pieces(kept: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Of each whole piece: the size of the log after it, the root that it names, and its lines."""
    start = 0
    for closing in _CLOSING.finditer(kept):
        yield int(closing[1]), closing[2].decode(), kept[start : closing.start()]
        start = closing.end()


def compact(file: Path) -> None:
    """Leave out pieces that were written before; what cannot be written stays as it is.

    Nobody appends meanwhile: the file is locked, and who waited for it sees that another bears its name.
    """
    with suppress(OSError), _held(file, os.O_RDONLY):
        new = file.with_name(f"{file.name}-new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            known = 0
            for size, said, lines in _pieces(file.read_bytes()):
                if size > known:
                    out.write(_piece(lines, size, said))
                    known = size
        new.replace(file)


def _piece(lines: bytes, size: int, root: str) -> bytes:
    return lines + b"root %d %s\n" % (size, root.encode())


def _append(file: Path, piece: bytes) -> None:
    """By one write, so that pieces of several processes do not mix. What cannot be kept is read again another time."""
    with suppress(OSError), _held(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as handle:
        os.write(handle, piece)


@contextmanager
def _held(file: Path, flags: int) -> Iterator[int]:
    """The file of this name, locked; one that was replaced while we waited is let go."""
    while True:
        handle = os.open(file, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _bears(file, handle):
                yield handle
                return
        finally:
            os.close(handle)


def _bears(file: Path, handle: int) -> bool:
    """Whether this open file is the one of the name."""
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False
