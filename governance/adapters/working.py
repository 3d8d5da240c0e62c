"""The working folder holds copies of rows: which of them nobody needs any more, and how they go.

1. A window's copy has a folder of its own for each pull. Whoever pulled it drops it when the window is judged; nobody
   else reads it, so that two runs of one window do not meet.
2. A reference serves every later run. Of each system in the registry the copy that was used last stays, with all that
   is kept beside it (`<system>.<digest>.*`).
3. Whatever else nobody has used for a day is swept: what killed runs left, references that were replaced, and those of
   systems that are gone. The time of a reference's file says when it was last used.
4. Using a reference and sweeping exclude each other by a lock, which ends with its process. What is swept is renamed
   to scratch first, so that a kill leaves whole copies and scratch, which is swept a day later.
"""

import fcntl
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from time import time
from uuid import uuid4

from governance.window import Window

SCRATCH = ".pull-"
HOUR, DAY = 3600.0, 86_400.0


def place_for_window(into: Path, name: str) -> Path:
    """A path for a window's copy that no other pull has."""
    return into / "windows" / uuid4().hex / name


def drop(into: Path, window: Window) -> None:
    """Remove the copy of a window that was judged; its reference stays."""
    if window.current and window.current.path.parent.parent == into / "windows":
        shutil.rmtree(window.current.path.parent, ignore_errors=True)


@contextmanager
def locked(into: Path) -> Iterator[None]:
    """While a reference is taken into use, or removed."""
    with (into / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def use(path: Path) -> bool:
    """Whether a reference is there; it is then kept for another day. To be called within `locked`."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def sweep(into: Path, systems: Collection[str]) -> None:
    """Remove what no run needs (rules 2 and 3), at most once an hour; what cannot be removed stays for another time.

    Args:
        into: the working folder.
        systems: the ids of the registry.
    """
    with suppress(OSError):
        lock, now = into / ".lock", time()
        if lock.exists() and 0 <= now - lock.stat().st_mtime < HOUR:
            return
        with locked(into):
            os.utime(lock)
            gone = to_scratch(into, [*_windows(into, now - DAY), *_references(into, systems, now - DAY)])
        left = (folder for folder in into.glob(f"{SCRATCH}*") if folder.stat().st_mtime < now - DAY)
        for folder in chain(gone, left):
            shutil.rmtree(folder, ignore_errors=True)


def to_scratch(into: Path, paths: Sequence[Path]) -> list[Path]:
    """Rename files and folders into a folder of scratch, to be removed: that folder, or none. Within `locked`."""
    if not paths:
        return []
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=into))
    for number, path in enumerate(paths):
        path.rename(folder / str(number))
    return [folder]


def _windows(into: Path, since: float) -> Iterator[Path]:
    """Copies of windows that nobody dropped."""
    return (path for path in (into / "windows").glob("*") if path.stat().st_mtime < since)


def _references(into: Path, systems: Collection[str], since: float) -> Iterator[Path]:
    """References that are not the last of a system and were not used since then, each with what is beside it."""
    copies: dict[str, list[Path]] = defaultdict(list)
    for path in (into / "references").glob("*"):
        copies[".".join(path.name.split(".")[:2])].append(path)
    used = {name: _used(name, paths) for name, paths in copies.items()}
    last = {name.partition(".")[0]: name for name in sorted(used, key=lambda name: used[name])}
    kept = {last[system] for system in systems if system in last}
    return (path for name, paths in copies.items() if name not in kept and used[name] < since for path in paths)


def _used(name: str, paths: list[Path]) -> float:
    """When a reference was last used; where its file is gone, when what was beside it was written."""
    times = {path.name: path.stat().st_mtime for path in paths}
    return times.get(f"{name}.parquet", max(times.values()))
