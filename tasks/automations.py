"""Automations: the second net, for what a run that is dead cannot do itself. Made by `aims deploy`, each once.

A flow process that is dead is Crashed within 90 seconds (worker and process killed together; nobody else looks): it has
been silent for 80, which is two beats lost and the third late, and the server looks every five. Runs of cases suspend
themselves within a second of a heartbeat, and events may come in another order than they happened: the follow-up looks
after those (tasks/case_runs.py). A run that stays Pending or Submitting for two minutes is scheduled again (the worker
died between claim and start). Processes need PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30; `aims up` sets it.
"""

from datetime import timedelta

from prefect.automations import Automation
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture

SILENT, STUCK = "aims: crash silent runs", "aims: reschedule stuck runs"
CLAIMED = {f"prefect.flow-run.{name}" for name in ("Pending", "Submitting", "InfrastructurePending")}
HEARTBEAT, PATIENCE, CLAIM = "prefect.flow-run.heartbeat", timedelta(seconds=80), timedelta(seconds=120)


def _trigger(after: set[str], expect: set[str], within: timedelta, flow: str = "") -> EventTrigger:
    """Fires for each run that showed one of `after`, and then none of `expect` within the time."""
    return EventTrigger(
        posture=Posture.Proactive,
        after=after,
        expect=expect,
        match={"prefect.resource.id": ["prefect.flow-run.*"]},
        match_related={"prefect.resource.role": "flow", "prefect.resource.name": flow} if flow else {},
        for_each={"prefect.resource.id"},
        threshold=1,
        within=within,
    )


def wanted_automations() -> list[Automation]:
    """Both automations. Any event of a run ends the wait for it: its states have names of our own (Findings, Idle)."""
    quiet = _trigger({HEARTBEAT}, {"prefect.flow-run.*"}, PATIENCE, flow="!remediate")
    stuck = _trigger(CLAIMED, {"prefect.flow-run.*"}, CLAIM)
    crash = ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message="no heartbeat for 80 s")
    again = ChangeFlowRunState(state=StateType.SCHEDULED, name="Scheduled", message="lost before it started")
    return [
        Automation(name=SILENT, description=__doc__, trigger=quiet, actions=[crash]),
        Automation(name=STUCK, description=__doc__, trigger=stuck, actions=[again]),
    ]


async def sync_automations() -> list[str]:
    """Make both anew; their names. Prefect would keep two of one name."""
    made = wanted_automations()
    for automation in made:
        while (old := await _found(automation.name)) is not None:
            await old.adelete()
        await automation.acreate()
    return [automation.name for automation in made]


async def _found(name: str) -> Automation | None:
    """The automation of this name."""
    try:
        return await Automation.aread(name=name)
    except ValueError:
        return None
