"""The history a window is judged with: the state that the verdict of the window before left in the archive.

The predecessor is the newest earlier window whose bundle the log names, in no later revision than the judgement's own;
its bytes must be those the log names. So a deleted database changes no verdict, and a window judged again meets the
same history. Without one, or while the archive does not answer, judging starts afresh, and the new state says so: its
`after` is empty.

When a person closed a case of drift or fairness after the last window that was counted, and before this window ended,
`restart` is true: the detectors that rang begin anew. A close after this window's end is the next window's matter, so
that a repeated run gives the same bytes.
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

CHECKS = DRIFT, FAIRNESS = "drift", "fairness"


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
    """The state, with `restart` in each part whose case was closed between its last counted window and this one's end.

    Parts are `drift`, and of `fairness` its `selection` and `errors`.
    """
    closed = [case for case in cases if case.state == "closed" and case.changed_at <= period.end]
    moments = {check: [_second(case) for case in closed if case.cause.partition(":")[0] == check] for check in CHECKS}
    parts = state.get(FAIRNESS)
    fairness = (
        {name: _again(one, moments[FAIRNESS]) for name, one in parts.items()} if isinstance(parts, dict) else None
    )
    found = {DRIFT: _again(state.get(DRIFT), moments[DRIFT]), FAIRNESS: fairness}
    return state | {name: one for name, one in found.items() if one is not None}


def _again(part: Any, closed: Iterable[str]) -> Any:
    """The part with `restart`, if a case was closed after the last window it counted."""
    if not isinstance(part, dict) or not any(moment > str(part.get("end")) for moment in closed):
        return part
    return {**part, "restart": True}


def _second(case: Case) -> str:
    return f"{case.changed_at:%Y-%m-%dT%H:%M:%SZ}"
