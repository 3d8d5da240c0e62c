"""The keys of personal text: one file a case, outside the archive, readable by the account that signs, and no other.

1. A key is 32 random bytes, on the disk before anything encrypted under it is archived.
2. With AIMS_KEY_PASSPHRASE the file is encrypted, as those of the signing keys are.
3. Destroying it overwrites the file, puts that on the disk, and removes every name that it has here. We make no copy;
   whoever backs this folder up must let the copies expire (docs/decisions/0005-erasure.md).
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from governance.adapters.keys import PASSPHRASE
from governance.cases.personal import KEY_BYTES, unwrapped, wrapped
from governance.errors import Fault, KeyFault, Place

ENDING = ".key"


class CaseKeys:
    """The keys in one folder; safe for several processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, case: str) -> bytes | None:
        """The key of a case; None when it is not here.

        Raises:
            KeyFault: others may read it, its passphrase is not at hand, or it is no key.
        """
        path = self._path(case)
        try:
            mode, body = stat.S_IMODE(path.stat().st_mode), path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _fault(path, "a file to read", error.strerror or "an error", "Mend its permissions.") from None
        if mode & 0o077:
            raise _fault(path, "a file that only its owner can read (0600)", f"mode {mode:04o}", f"chmod 600 {path}")
        if (key := unwrapped(body, os.environ.get(PASSPHRASE, ""))) is None:
            found = "another passphrase, none, or a damaged file"
            raise _fault(path, f"a key, and its passphrase in {PASSPHRASE}", found, "Set it for this process only.")
        return key

    def of(self, case: str) -> bytes:
        """The key of a case, made if there is none: of two makers the first stands.

        Raises:
            KeyFault: it cannot be written or used.
        """
        if found := self.find(case):
            return found
        path = self._path(case)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(wrapped(secrets.token_bytes(KEY_BYTES), os.environ.get(PASSPHRASE, "")))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(temporary, path)
            temporary.unlink()
            _sync(self._folder)
        except OSError as error:
            mend = "Mend the permissions of the folder of keys."
            raise _fault(path, "a place for the key", error.strerror or "an error", mend) from None
        return self.of(case)

    def destroy(self, case: str) -> bool:
        """Overwrite and remove the key of a case, whatever its mode; whether there was one.

        Raises:
            KeyFault: it could not be destroyed.
        """
        path = self._path(case)
        names = [path, *self._folder.glob(f".{path.name}.*")]
        try:
            found = [_overwritten(name) for name in names if name.exists()]
            for name in found:
                name.unlink(missing_ok=True)
            if found:
                _sync(self._folder)
        except OSError as error:
            raise _fault(path, "a key that can be destroyed", error.strerror or "an error", "Repeat it.") from None
        return path in found

    def cases(self) -> list[str]:
        """The cases that have a key here."""
        names = [path.name for path in self._folder.glob(f"*{ENDING}") if not path.name.startswith(".")]
        return sorted(name.removesuffix(ENDING) for name in names)

    def _path(self, case: str) -> Path:
        return self._folder / f"{case}{ENDING}"


def _overwritten(path: Path) -> Path:
    """The file, full of other bytes on the disk."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(max(KEY_BYTES, path.stat().st_size)))
        file.flush()
        os.fsync(file.fileno())
    return path


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fault(path: Path, expected: str, found: str, mend: str) -> KeyFault:
    return KeyFault(Fault(Place(file=str(path)), expected, found, mend))
