"""Back-look: which windows are to be judged again, because their labels have come since."""

from dataclasses import dataclass
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.verdicts import judged_at, revisions
from governance.adapters.workplace import Workplace
from governance.compliance.back_look import moments, revision_due
from governance.errors import ArchiveUnavailable
from governance.registry.system import System
from governance.window import Period
from tasks.retrying import after


@dataclass(frozen=True)
class Again:
    """A judgement to repeat: of which system and window, as which revision, and which bundle it supersedes."""

    system: str
    window: str
    revision: int
    key: str
    sha256: str

    @property
    def supersedes(self) -> dict[str, str]:
        """The newest verdict until now, as the statement names it."""
        return {"key": self.key, "sha256": self.sha256}


@task(retries=2, retry_delay_seconds=[2, 10], retry_condition_fn=after(ArchiveUnavailable), cache_policy=NO_CACHE)
def windows_to_judge_again(now: datetime) -> list[Again]:
    """Every window whose labels came after it was judged, the oldest first."""
    here = Workplace.here()
    here.log.refresh(here.archive)
    every = [(one, period) for one in here.registry.systems.values() for period in one.window.due(now)]
    found = (_again(here, system, period, now) for system, period in every)
    return [one for one in found if one]


def _again(here: Workplace, system: System, period: Period, now: datetime) -> Again | None:
    """The judgement that is due; a mark keeps a window that needs none from being read again."""
    entries, passed = revisions(system, period, here.log), sum(one <= now for one in moments(system, period))
    seen = f"{system.id}.{period.name}.looked-{passed}"
    if not entries or len(entries) > passed or here.is_done(seen):
        return None
    first = judged_at(here.archive, entries[0])
    revision = revision_due(system, period, first, len(entries), now) if first else None
    if revision is None:
        here.mark(seen)
        return None
    return Again(system.id, period.name, revision, entries[-1].key, entries[-1].digest)


def period_of_name(system: System, window: str, now: datetime) -> Period:
    """The window of this name."""
    return Workplace.here().windows_to_judge(system, window, now)[0]
