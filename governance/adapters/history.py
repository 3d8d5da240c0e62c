"""The history a window is judged with: the state that the verdict of the window before left in the archive.

The predecessor is the newest earlier window whose bundle the log names, in no later revision than the judgement's own;
its bytes must be those the log names. So a deleted database changes no verdict, and a window judged again meets the
same history. Without one, or while the archive does not answer, judging starts afresh, and the new state says so: its
`after` is empty.

When a person closed a case of drift after the last window that was counted, and before this window ended, `restart`
is true: the detectors that rang begin anew. A close after this window's end is the next window's matter, so that a
repeated run gives the same bytes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from governance.adapters.case_index import CaseIndex
from governance.adapters.verdicts import read_verdict, revisions
from governance.cases.case import Case
from governance.errors import ArchiveUnavailable
from governance.evidence import Archive, Log
from governance.registry.system import System
from governance.window import Period

CAUSE = "drift"


def history_of(
    system: System, period: Period, archive: Archive, *, log: Log, index: CaseIndex | None = None, revision: int = 0
) -> dict[str, Any] | None:
    """`Verdict.state` of the window before, or None.

    Args:
        system: the registry's entry.
        period: the window that is to be judged.
        archive: where the bundles are.
        log: what is known of the log; it is brought up to date.
        index: the cases; without it no restart is looked for.
        revision: of the judgement; it goes on from the newest revision up to its own of the window before.
    """
    try:
        log.refresh(archive)
        state = next(_states(system, period, archive, log, revision), None)
        if state is None or index is None:
            return state
        index.sync(archive, log=log)
    except ArchiveUnavailable:
        return None
    return restarted(state, index.cases(system.id), period)


def _states(system: System, period: Period, archive: Archive, log: Log, revision: int) -> Iterator[dict[str, Any]]:
    """The states of earlier windows, the newest first; a bundle that is not the log's is passed over."""
    for earlier in reversed(system.window.due(period.start)):
        for entry in reversed(revisions(system, earlier, log)[: revision + 1]):
            if verdict := read_verdict(archive, entry):
                yield verdict.state


def restarted(state: dict[str, Any], cases: Iterable[Case], period: Period) -> dict[str, Any]:
    """The state with `restart` where a case of drift was closed between the last counted window and this one's end."""
    counted = state.get("drift")
    if not isinstance(counted, dict):
        return state
    closed = [
        case
        for case in cases
        if case.cause.partition(":")[0] == CAUSE
        and case.state == "closed"
        and f"{case.changed_at:%Y-%m-%dT%H:%M:%SZ}" > str(counted.get("end"))
    ]
    if not any(case.changed_at <= period.end for case in closed):
        return state
    return {**state, "drift": {**counted, "restart": True}}
