"""Makes every cache anew from the archive alone, and says whether what stood before was the same.

What the state folder holds beside, and why it needs none of this, stands in docs/formats/state.md.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from governance.adapters.case_index import CaseIndex
from governance.adapters.verdicts import read_verdict
from governance.adapters.workplace import Workplace
from governance.cases.plan import plan_verdict
from governance.errors import AimsError
from governance.evidence import Log, bundle_id
from governance.registry.system import System
from governance.verdict import Verdict

_RUN = re.compile(r"(?P<system>[a-z][a-z0-9-]+)\.[^/]+\.r\d+")


@dataclass(frozen=True)
class Rebuilt:
    """How many acts, cases and finished runs stand now, and whether the index before held the same bytes.

    `same` is None when there was no index before.
    """

    acts: int
    cases: int
    runs: int
    same: bool | None


def rebuild(here: Workplace) -> Rebuilt:
    """Read the cases into a new index, put it in the old one's place, mark finished runs, drop copies of windows.

    Keys of erased cases are destroyed where they have come back.

    Raises:
        ArchiveUnavailable: the store did not answer; everything is as it was.
    """
    path = here.settings.state / "cases.db"
    fresh = path.with_name("cases.rebuilt.db")
    _remove(fresh)
    new, log = CaseIndex(fresh), Log()
    acts = new.sync(here.archive, log=log)
    finished = [verdict for system, verdict in _runs(here, log) if _asks_nothing(here, new, system, verdict)]
    dump = new.dump()
    before = _before(here) if path.exists() else None
    _remove(path)
    fresh.replace(path)
    _remove(here.settings.state / "log.txt")
    for name in ("working", "done"):
        shutil.rmtree(here.settings.state / name, ignore_errors=True)
    for verdict in finished:
        here.mark_done(verdict)
    here.casework.personal.destroy_erased(here.index)
    return Rebuilt(acts, len(here.index.cases()), len(finished), None if before is None else before == dump)


def _runs(here: Workplace, log: Log) -> Iterator[tuple[System, Verdict]]:
    """The verdicts of the log on systems that are in the registry; what is damaged is left to be judged again."""
    for entry in log.entries:
        named = _RUN.fullmatch(bundle_id(entry.key) or "")
        system = here.registry.systems.get(named["system"]) if named else None
        if system is None:
            continue
        if verdict := read_verdict(here.archive, entry):
            yield system, verdict


def _asks_nothing(here: Workplace, index: CaseIndex, system: System, verdict: Verdict) -> bool:
    """Whether all that a verdict asks of people stands in the cases, so that its run need not be repeated."""
    cases = index.cases(system.id)
    kinds = [kind for kind in here.kinds.values() if kind.monitor]
    try:
        plans = [
            plan_verdict(
                verdict, cases, system=system, people=here.registry.people, now=datetime.now(UTC), kind=kind,
                kind_of=lambda case: index.kind(case.id),
            )
            for kind in kinds
        ]  # fmt: skip
    except AimsError:
        return False
    return not any(plan.acts for plan in plans)


def _before(here: Workplace) -> str:
    """The old index, brought up to date: one that merely lagged is no difference."""
    here.index.sync(here.archive, log=Log())
    return here.index.dump()


def _remove(path: Path) -> None:
    for name in (path, *path.parent.glob(f"{path.name}-*")):
        name.unlink(missing_ok=True)
