"""Conclude: name the run and its end so that a list of runs can be read like a logbook."""

from collections.abc import Sequence
from uuid import UUID

from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from governance.adapters.workplace import Workplace
from governance.evidence import Receipt
from governance.registry.system import System
from governance.verdict import Status, Verdict
from reports.records import CaseLine


async def name_run(name: str, tags: Sequence[str]) -> None:
    """Give the current flow run a name, and these tags beside those it has."""
    if not runtime.flow_run.id:
        return
    async with get_client() as client:
        known = set(runtime.flow_run.tags or [])
        await client.update_flow_run(UUID(str(runtime.flow_run.id)), name=name, tags=sorted(known | set(tags)))


async def nothing_due(system: System) -> State:
    """No window has ended since the last run: said so, and not called a pass."""
    await name_run(f"{system.id} nothing due", [f"system:{system.id}"])
    return Completed(name="Idle", message=f"{system.title}: every window that has ended is judged already")


async def conclude(system: System, verdict: Verdict, cases: Sequence[CaseLine], receipt: Receipt | None) -> State:
    """`<system> <window> <verdict>`, tags for system, verdict and owner, and one of Passed, Findings, Unreadable.

    A run whose bundle could not be stored is none of these: it ends as `Not stored`, and the next run delivers.
    """
    tags = [f"system:{system.id}", f"verdict:{verdict.status}", f"owner:{system.people.owner}"]
    await name_run(f"{system.id} {verdict.window} {verdict.status}", tags)
    said = _message(verdict, cases)
    if receipt is None:
        return Failed(name="Not stored", message=f"{said} The archive did not answer; the signed bundle waits.")
    Workplace.here().mark_done(verdict)
    if is_unreadable(verdict):
        return Failed(name="Unreadable", message=said)
    findings = verdict.status in (Status.ALARM, Status.ERROR)
    return Completed(name="Findings" if findings else "Passed", message=said)


def is_unreadable(verdict: Verdict) -> bool:
    """Whether nothing of the window could be judged: all its results are errors."""
    return all(result.status is Status.ERROR for result in verdict.results)


def _message(verdict: Verdict, cases: Sequence[CaseLine]) -> str:
    """One line: how many results of each status, and which cases."""
    counts = [f"{len(verdict.of(status))} {status}" for status in Status if verdict.of(status)]
    told = f"; cases: {', '.join(case.id for case in cases)}" if cases else ""
    return f"{', '.join(counts)}{told}."
