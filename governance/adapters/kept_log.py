"""The lines of the log that this machine has read, kept in a file: a process need not read every seal again.

The file is only a convenience. It grows by one piece a seal: the seal's lines, then `root <size> <root in hex>`.
Processes append at once; a piece that another process wrote as well is passed over. A file that is damaged, or of
another archive, is dropped, and the log is read anew from the archive.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
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
        self._file, self._is_recalled = file, False

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
            _append(self._file, print_seal(entries) + b"root %d %s\n" % (len(self), self.root().hex().encode()))

    def _recall(self, archive: Archive) -> None:
        """Take the lines of the file; drop it when they are not those of this archive."""
        try:
            if self._file.is_file() and not self._is_taken(archive):
                self.clear()
                self._file.unlink(missing_ok=True)
        except BaseException:
            self.clear()
            raise

    def _is_taken(self, archive: Archive) -> bool:
        """Whether the lines have the root that the file names, and the archive's seal is the last piece."""
        last, root = b"", ""
        try:
            for size, said, lines in _pieces(self._file.read_bytes()):
                entries = parse_text(lines)
                if size <= len(self):
                    continue  # two processes read the same seal
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


def _append(file: Path, piece: bytes) -> None:
    """By one write, so that pieces of several processes do not mix. What cannot be kept is read again another time."""
    with suppress(OSError):
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, piece)
        finally:
            os.close(handle)
