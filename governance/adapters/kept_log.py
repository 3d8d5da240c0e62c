"""The lines of the log that this machine has read, kept in a file: a process need not read every seal again.

The file is only a convenience. After a seal's lines comes `= <size> <crc32 of all bytes before>`; after the seal that
passes a multiple of MARK lines `# <size> <hash> … <crc32>`, with the frontier over all lines. So a new process takes up
the text up to the last mark as it is, and parses what follows. All processes write the same bytes: who comes second
finds them there. A file that is damaged, or of another archive, is dropped, and the log is read anew.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from governance.evidence.address import seal_key
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.log import Entry, Log, parse_seal, print_seal
from governance.evidence.malformed import Malformed
from governance.evidence.stem import Stem
from governance.evidence.tree import Frontier

MARK = 4096  # lines
_CLOSING = re.compile(rb"^[=#] (\d{1,18})((?: [0-9a-f]{64})*) ([0-9a-f]{8})\n", re.MULTILINE)
_SUM = 9  # bytes of a checksum in hex, and its newline


class KeptLog(Log):
    """A log that reads its file on the first `refresh`, and writes there what it learns."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file, self._is_recalled, self._is_kept = file, False, True
        self._written, self._sum = 0, 0  # bytes, and their crc32

    def refresh(self, archive: Archive) -> None:
        """Read the seals written since; the first time, since the file was written."""
        with self.guard:
            if not self._is_recalled:
                self._recall(archive)
                self._is_recalled = True
            super().refresh(archive)

    def append(self, entries: Sequence[Entry]) -> None:
        """Add the lines of one more seal, here and in the file."""
        before = len(self)
        super().append(entries)
        if entries:
            hashes = self.frontier.hashes if len(self) // MARK > before // MARK else ()
            piece = _piece(print_seal(entries), len(self), hashes, self._sum)
            self._is_kept = self._is_kept and _append(self._file, piece, self._written)
            self._written, self._sum = self._written + len(piece), crc32(piece, self._sum)

    def _recall(self, archive: Archive) -> None:
        """Take the lines of the file; drop it when they are not those of this archive."""
        try:
            kept = _read(self._file)
            if kept and not self._is_taken(kept, archive):
                self.clear()
                self._file.unlink(missing_ok=True)
            elif kept:
                self._written, self._sum = len(kept), crc32(kept)
        except BaseException:
            self.clear()
            raise

    def _is_taken(self, kept: bytes, archive: Archive) -> bool:
        """Whether the bytes are as they were written, and the archive's seal is the last piece."""
        if crc32(memoryview(kept)[:-_SUM]) != int(kept[-_SUM:], 16):
            return False
        try:
            size, last = self._take(kept)
            return size == len(self) and archive.get(seal_key(size - last.count(b"\n"))) == last
        except (Malformed, MissingObject, ValueError):
            return False

    def _take(self, kept: bytes) -> tuple[int, bytes]:
        """Know these lines; the size that the last closing line tells, and the lines of the last seal."""
        mark = kept.rfind(b"\n# ") + 1
        start = kept.rfind(b"\n= ", 0, mark) + 1  # the seal before the mark begins after this closing line
        at = kept.index(b"\n", start) + 1 if start else 0
        size, last = 0, b""
        for closing in _CLOSING.finditer(kept, at):
            last, at = kept[at : closing.start()], closing.end()
            size = int(closing[1])
            if closing.start() == mark:
                hashes = [bytes.fromhex(each.decode()) for each in closing[2].split()]
                self.begin(Stem(kept[:at], Frontier.resumed(size, hashes)))
            else:
                super().append(parse_seal(last, "the kept log"))
        return size, last


def _piece(lines: bytes, size: int, hashes: Sequence[bytes], before: int) -> bytes:
    """What a seal adds to a file whose bytes have the checksum `before`."""
    said = " ".join(["#" if hashes else "=", str(size), *(each.hex() for each in hashes), ""])
    text = lines + said.encode()
    return text + b"%08x\n" % crc32(text, before)


def _read(file: Path) -> bytes:
    """The file up to its last closing line; what follows, as of a machine that died while it wrote, is cut off."""
    with suppress(OSError), _held(file, os.O_RDWR) as handle:
        kept = file.read_bytes()
        end = _end(kept)
        os.ftruncate(handle, end)
        return kept[:end]
    return b""


def _end(kept: bytes) -> int:
    """Where the last whole closing line ends."""
    at = len(kept)
    while at:
        at = max(kept.rfind(b"\n= ", 0, at), kept.rfind(b"\n# ", 0, at)) + 1
        if closing := _CLOSING.match(kept, at):
            return closing.end()
    return 0


def _append(file: Path, piece: bytes, at: int) -> bool:
    """Have these bytes stand there in the file; False when others do, or none can: then the file is left alone."""
    with suppress(OSError), _held(file, os.O_RDWR | os.O_CREAT) as handle:
        if os.fstat(handle).st_size > at:
            return os.pread(handle, len(piece), at) == piece
        return os.fstat(handle).st_size == at and os.pwrite(handle, piece, at) == len(piece)
    return False


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
