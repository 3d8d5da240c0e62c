"""Local files: one, a folder with all below it, or a glob; their digests; which of them concern a period.

Which files are read
1. Of a folder, those that end in .parquet .pq .csv .tsv .txt .gz; of a glob, all that match. Links to files are
   followed, those to folders are not; pipes and devices are never opened.
2. A file whose path below the address holds names of periods of the system's window length (2008-08) is read for
   those periods only, so that a broken file of December does not block November. Names are counted in the window's
   zone. All other files are read for each window.
3. Where a file `<name>.sha256` (as sha256sum writes it) lies beside a file, the file must have that digest: CSV and
   most parquet files carry no checksum of their own.
"""

import glob
import hashlib
import os
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from governance.adapters.faults import broken
from governance.adapters.stores import ENDINGS, WILD, Address, Item, is_data
from governance.errors import Fault, UnreadableInput
from governance.window import Input, Length, Period, period_of

MISSING = "Check the address in the registry, and that the file was delivered."

_NAMED = {
    Length.YEAR: r"(\d{4})",
    Length.QUARTER: r"(\d{4}Q[1-4])",
    Length.MONTH: r"(\d{4}-\d\d)",
    Length.WEEK: r"(\d{4}-W\d\d)",
    Length.DAY: r"(\d{4}-\d\d-\d\d)",
    Length.HOUR: r"(\d{4}-\d\d-\d\dT\d\d)(b?)",
}


def named_periods(key: str, length: Length, zone: str) -> list[Period]:
    """The periods of a window length that a file's path names."""
    found = re.finditer(rf"(?<!\d){_NAMED[length]}(?!\d)", key)
    starts = [_start(match[1], length, fold=int(bool(match.groups()[-1] == "b"))) for match in found]
    return [period_of(start.replace(tzinfo=ZoneInfo(zone)), length, zone) for start in starts if start]


def _start(name: str, length: Length, fold: int) -> datetime | None:
    """The local start that a period's name tells; None if there is no such date."""
    try:
        match length:
            case Length.YEAR:
                return datetime.combine(date(int(name), 1, 1), time())
            case Length.QUARTER:
                return datetime.combine(date(int(name[:4]), 3 * int(name[5]) - 2, 1), time())
            case Length.MONTH:
                return datetime.combine(date.fromisoformat(f"{name}-01"), time())
            case Length.HOUR:
                return datetime.fromisoformat(f"{name}:00").replace(fold=fold)
            case _:
                return datetime.combine(date.fromisoformat(name), time())
    except ValueError:
        return None


def concerns(item: Item, since: datetime | None, until: datetime | None, length: Length, zone: str) -> bool:
    """Whether an item may hold rows of [since, until): rule 2."""
    named = named_periods(item.key, length, zone) if item.key else []
    first, last = since or datetime.min.replace(tzinfo=UTC), until or datetime.max.replace(tzinfo=UTC)
    return not named or any(period.start < last and period.end > first for period in named)


class LocalStore:
    """Files below an address on this machine; relative addresses start at `home`."""

    def __init__(self, address: Address, home: Path) -> None:
        self._address, self._home = address, home.absolute()
        self._path = self._home / address.real.removeprefix("file://")

    def items(self) -> list[Item]:
        """See `Store.items`."""
        try:
            if self._path.is_dir():
                return self._listed(self._path, [key for key in _below(self._path) if is_data(key)])
            if WILD.search(self._address.real) and not self._path.exists():
                return self._matched()
            return [Item(self._name(self._path, ""), str(self._path))]
        except (OSError, ValueError) as error:
            raise UnreadableInput(self._unread(error)) from None

    def fetch(self, item: Item, into: Path) -> Path:  # noqa: ARG002 - the port has it
        """See `Store.fetch`; the file itself, where it lies."""
        path = Path(item.place)
        try:
            if not path.is_file():
                found = "no such file" if not path.exists() else "no regular file"
                raise UnreadableInput(broken(item.name, "a file", found, MISSING))
            with path.open("rb"):
                return path
        except (OSError, ValueError) as error:
            raise UnreadableInput(self._unread(error, item.name)) from None

    def stamp(self, item: Item) -> str:  # noqa: ARG002 - the port has it
        """See `Store.stamp`: none; a file is read where it lies, and its time of change proves nothing."""
        return ""

    def _matched(self) -> list[Item]:
        """The files that a glob matches, named below its last folder without a wildcard."""
        parts = self._path.parts
        fixed = next(at for at, part in enumerate(parts) if WILD.search(part))
        base = Path(*parts[:fixed])
        matched = glob.glob("/".join(parts[fixed:]), root_dir=base, recursive=True)  # noqa: PTH207 - Path.glob has no root
        return self._listed(base, sorted(key for key in matched if not (base / key).is_dir()))

    def _listed(self, base: Path, keys: list[str]) -> list[Item]:
        """Items for paths below a folder.

        Raises:
            UnreadableInput: there are none.
        """
        if not keys:
            expected = f"files that end in {', '.join(ENDINGS)}"
            raise UnreadableInput(broken(self._name(self._path, ""), expected, "none", MISSING))
        return [Item(self._name(base / key, key), str(base / key), key) for key in keys]

    def _name(self, path: Path, key: str) -> str:
        """How to speak of a file: relative to home where it lies inside; never a value from the environment."""
        if self._address.hidden:
            head = WILD.split(self._address.shown)[0]
            head = head if head == self._address.shown else head.rpartition("/")[0]
            return f"{head.rstrip('/')}/{key}" if key else self._address.shown
        return path.relative_to(self._home).as_posix() if path.is_relative_to(self._home) else path.as_posix()

    def _unread(self, error: OSError | ValueError, name: str = "") -> Fault:
        """A file that the system will not open."""
        found = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "an impossible path"
        return broken(name or self._name(self._path, ""), "a file that can be read", found.lower(), MISSING)


def _below(folder: Path) -> list[str]:
    """Every file below a folder, by its path from there, in name order."""

    def refuse(error: OSError) -> None:
        raise error

    walked = os.walk(folder, onerror=refuse)
    return sorted((Path(top) / name).relative_to(folder).as_posix() for top, _, names in walked for name in names)


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def vouched(path: Path) -> str:
    """The sha256 that a file `<name>.sha256` beside a file names, in the form of sha256sum; nothing where none is."""
    try:
        words = path.with_name(f"{path.name}.sha256").read_text("ascii").split()
    except (OSError, ValueError):
        return ""
    return words[0].lower() if words else "an empty .sha256 file"


def read_input(path: Path, name: str) -> Input:
    """A file's name, digest and size."""
    return Input(name, digest(path), path.stat().st_size)


def stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written or replaced: inode, size, time of change (ns)."""
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns
