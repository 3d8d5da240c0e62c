"""Makes every cache anew from the archive alone, and says whether what stood before was the same."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.case_index import CaseIndex
from governance.adapters.workplace import Workplace
from governance.evidence import Log


@dataclass(frozen=True)
class Rebuilt:
    """How many acts and cases stand now, and whether the index before held the same bytes (None: there was none)."""

    acts: int
    cases: int
    same: bool | None


def rebuild(here: Workplace) -> Rebuilt:
    """Read the cases into a new index, put it in the old one's place, and drop the local copies of windows.

    Raises:
        ArchiveUnavailable: the store did not answer; everything is as it was.
    """
    path = here.settings.state / "cases.db"
    fresh = path.with_name("cases.rebuilt.db")
    _remove(fresh)
    new = CaseIndex(fresh)
    acts = new.sync(here.archive, log=Log())
    dump = new.dump()
    before = _before(here) if path.exists() else None
    _remove(path)
    fresh.replace(path)
    shutil.rmtree(here.working, ignore_errors=True)
    here.casework.destroy_erased()
    return Rebuilt(acts, len(here.index.cases()), None if before is None else before == dump)


def _before(here: Workplace) -> str:
    """The old index, brought up to date: one that merely lagged is no difference."""
    here.index.sync(here.archive, log=Log())
    return here.index.dump()


def _remove(path: Path) -> None:
    for name in (path, *path.parent.glob(f"{path.name}-*")):
        name.unlink(missing_ok=True)
