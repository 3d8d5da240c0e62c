"""Pages of runs for people, in `<reports>/<system>/<window>/`: how they are written, and how old ones go.

A run's page and model card are in its bundle, so that a page here is only the nearest copy. Kept are the pages written
within the days that are set (AIMS_KEEP_PAGES), the newest of each system, and those that an open case leads to.
"""

import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from time import time

from governance.adapters.working import DAY, locked, to_scratch


def write_pages(folder: Path, pages: Mapping[str, bytes], working: Path) -> None:
    """Write pages, each by temporary file and rename, so that a reader never sees half of one.

    Args:
        folder: of the window.
        pages: bodies by file name; an .html that is there is written anew, all else is not.
        working: the working folder; its lock keeps a sweep from taking the folder meanwhile.
    """
    with locked(working):
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in pages.items():
            if name.endswith(".html") or not (folder / name).exists():
                part = folder / f".{name}.part"
                part.write_bytes(body)
                part.replace(folder / name)


def sweep_pages(folder: Path, working: Path, *, days: int, kept: Collection[str]) -> None:
    """Remove the old pages of a system; what cannot be removed stays for another time.

    Each window's folder is renamed to scratch of the working folder first, which is swept there after a kill.

    Args:
        folder: of the system.
        working: the working folder.
        days: how long pages stay.
        kept: the windows that open cases lead to.
    """
    with suppress(OSError):
        with locked(working):
            aged = sorted((path.stat().st_mtime, path) for path in folder.iterdir() if path.is_dir())
            old = [path for at, path in aged[:-1] if at < time() - days * DAY and path.name not in kept]
            gone = to_scratch(working, old)
        for scratch in gone:
            shutil.rmtree(scratch, ignore_errors=True)
