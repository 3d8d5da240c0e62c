"""An archive in a plain directory: create-once by temporary file, fsync and hard link.

Tamper-evident by its signatures, not write-once: whoever may write the folder may delete from it. `verify` says so.
"""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from governance.errors import ArchiveUnavailable, Fault, Place
from governance.evidence.archive import Lock, Version, missing_object
from governance.evidence.canary import PREFIX as CANARY

PARTIAL = ".partial"  # files that are being written; a kill leaves them here, and they are no objects

_FORBIDDEN = frozenset(("", ".", "..", PARTIAL))


class DirectoryArchive:
    """`file://` archive. Satisfies `governance.evidence.Archive`."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder.absolute()
        self._top = str(self._folder)
        self._read_only = read_only
        if read_only and not folder.is_dir():
            raise self._unavailable("", "a folder", "none", "Check the address.")

    @property
    def name(self) -> str:
        """`file:///path`."""
        return self._folder.as_uri()

    @property
    def locks(self) -> bool:
        """A directory locks nothing."""
        return False

    @property
    def settled_before(self) -> None:
        """The first writer wins at once (`os.link`)."""

    def put_new(self, key: str, body: bytes, *, retain_until: datetime | None = None) -> bool:  # noqa: ARG002
        """Write the object unless the key is taken. It is complete and on the disk when this returns."""
        if self._read_only:
            raise self._unavailable(key, "an archive open for writing", "one open for reading", "Open it for writing.")
        try:
            return self._link(self._path(key), body)
        except OSError as error:
            mend = "Free space, or mend the folder's permissions."
            raise self._unavailable(key, "a place to write", error.strerror or "an error", mend) from error

    def get(self, key: str, version_id: str | None = None) -> bytes:  # noqa: ARG002
        """The bytes under the key. A link is not followed: it is no object."""
        try:
            handle = os.open(self._name(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise missing_object(self.name, key) from None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                raise missing_object(self.name, key) from None
            raise self._unreadable(key, error) from error
        try:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise missing_object(self.name, key)
            return _read(handle, facts.st_size)
        except OSError as error:
            raise self._unreadable(key, error) from error
        finally:
            os.close(handle)

    def exists(self, key: str) -> bool:
        """Whether a file stands under the key."""
        path = self._path(key)
        return path.is_file() and not path.is_symlink()

    def list(self, prefix: str) -> Iterator[str]:
        """The keys under the prefix, sorted."""
        return iter(sorted(self._walk(prefix)))

    def versions(self, prefix: str) -> Iterator[Version]:
        """One version a file; its time is the file's, which a copy may change."""
        for key in self.list(prefix):
            with suppress(FileNotFoundError):
                facts = os.lstat(f"{self._top}/{key}")
                yield Version(key, "", datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size)

    def lock_of(self, key: str, version_id: str | None = None) -> Lock | None:  # noqa: ARG002
        """None: nothing is locked. Raises MissingObject."""
        if not self.exists(key):
            raise missing_object(self.name, key)
        return None

    def try_delete(self, key: str) -> bool:
        """Delete a canary object as the folder's owner could; whether it went. Never for evidence."""
        if not key.startswith(CANARY) or self._read_only:
            return False
        with suppress(OSError):
            self._path(key).unlink()
        return not self.exists(key)

    def _path(self, key: str) -> Path:
        return Path(self._name(key))

    def _name(self, key: str) -> str:
        if "\0" in key or not _FORBIDDEN.isdisjoint(key.split("/")):
            raise self._unavailable(key, "a relative key", "another", "Use the keys of governance.evidence.address.")
        return f"{self._top}/{key}"

    def _walk(self, prefix: str) -> Iterator[str]:
        """Everything that is no folder, links too: what is not ours must show."""
        top, cut = str(self._folder / prefix.rpartition("/")[0]), len(str(self._folder)) + 1
        for here, folders, names in os.walk(top):
            if len(here) < cut:
                folders[:] = [name for name in folders if name != PARTIAL]
            links = [name for name in folders if Path(here, name).is_symlink()]
            keys = (f"{here}/{name}"[cut:] for name in (*names, *links))
            yield from (key for key in keys if key.startswith(prefix))

    def _link(self, path: Path, body: bytes) -> bool:
        if path.exists():
            return False
        _make_folders(path.parent, self._folder)
        partial = self._folder / PARTIAL
        partial.mkdir(exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=partial)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fchmod(file.fileno(), 0o444)
                os.fsync(file.fileno())
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            Path(temporary).unlink(missing_ok=True)
        _sync(path.parent)
        return True

    def _unreadable(self, key: str, error: OSError) -> ArchiveUnavailable:
        return self._unavailable(key, "a readable file", error.strerror or "an error", "Mend the folder's permissions.")

    def _unavailable(self, key: str, expected: str, found: str, mend: str) -> ArchiveUnavailable:
        return ArchiveUnavailable(Fault(Place(file=key[:200], system=self.name), expected, found, mend))


def _read(handle: int, size: int) -> bytes:
    """A whole file, by as few calls as it takes (an io object costs as much as a small file)."""
    body = os.read(handle, size + 1)
    while len(body) != size:
        more = os.read(handle, 1 << 20)
        if not more:
            break
        body += more
    return body


def _make_folders(folder: Path, top: Path) -> None:
    """Make the folder and put each new name on the disk, from the top down."""
    if folder.is_dir():
        return
    if folder != top:
        _make_folders(folder.parent, top)
    folder.mkdir(parents=True, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
