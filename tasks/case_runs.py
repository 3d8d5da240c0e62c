"""Case runs: one suspended run stands for each open case, named and tagged by how the case stands.

1. A case without a living run gets one. The key of its creation is made of the case, its opening and the run before
   it, so that two starters make one run, and a run that somebody cancelled or deleted has a successor.
2. A suspended run whose question is no longer the case's question is woken: it asks anew.
3. A run that failed or crashed is tried again; the answer that it was given is still with it.
4. A run that lost its deployment is cancelled, for Prefect would cancel it on resume; a new one stands for it.
5. The run of a closed case ends.
6. A run that claims to work for ten minutes is dead, for it works for seconds: it is scheduled again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Completed, Scheduled

from governance.adapters.told import Told
from governance.adapters.workplace import Workplace
from governance.cases.case import Case
from governance.cases.label import question, run_name, run_tags

FLOW, DEPLOYMENT = "remediate", "remediate/case"
LIVING = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]
BROKEN = [StateType.FAILED, StateType.CRASHED]
PAGE = 200
DEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Kept:
    """What was done, by case: runs started, woken, tried again, ended."""

    started: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """How many of each."""
        counts = {"started": self.started, "woken": self.woken, "tried again": self.retried, "ended": self.ended}
        return "runs: " + ", ".join(f"{len(cases)} {word}" for word, cases in counts.items())


def open_question(here: Workplace, case: Case) -> str:
    """The name of the question that is put to the case's people now."""
    acts = here.index.acts(case.id)
    bare = question(case, acts, 0)
    return question(case, acts, len(Told(here.settings.state).refusals(case.id, int(bare.split("-")[1]))))


async def keep_runs(now: datetime, cases: Iterable[Case]) -> Kept:
    """Make the runs of these cases equal how the cases stand. Without the deployment there are none."""
    async with get_client() as client:
        try:
            deployment = (await client.read_deployment_by_name(DEPLOYMENT)).id
        except ObjectNotFound:
            return Kept()
        keeper = _Keeper(client, deployment, now)
        living = await keeper.runs(LIVING)
        for case in cases:
            await keeper.keep(case, living.get(case.id, []))
    return keeper.kept


@dataclass(frozen=True)
class _Keeper:
    """Keeps the runs of one deployment."""

    client: PrefectClient
    deployment: UUID
    now: datetime
    kept: Kept = field(default_factory=Kept)

    async def runs(self, states: list[StateType], tags: list[str] | None = None) -> dict[str, list[FlowRun]]:
        """Runs of the flow in these states, by case, the newest first."""
        wanted = FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)),
            tags=FlowRunFilterTags(all_=tags) if tags else None,
        )
        flow, order = FlowFilter(name=FlowFilterName(any_=[FLOW])), FlowRunSort.EXPECTED_START_TIME_DESC
        found: list[FlowRun] = []
        while page := await self.client.read_flow_runs(
            flow_filter=flow, flow_run_filter=wanted, limit=PAGE, offset=len(found), sort=order
        ):
            found += page
        by_case: dict[str, list[FlowRun]] = defaultdict(list)
        for run in found:
            by_case[str(run.parameters.get("case_id"))].append(run)
        return by_case

    async def keep(self, case: Case, living: list[FlowRun]) -> None:
        """One case (rules 1 to 5)."""
        is_closed = Workplace.here().index.kind(case.id).states[case.state].final
        mine = [run for run in living if run.deployment_id == self.deployment]
        for run in living:
            if run.deployment_id != self.deployment:
                await self.client.set_flow_run_state(run.id, Cancelled(message="its deployment is gone"), force=True)
        for run in mine if is_closed else mine[1:]:
            await self.client.set_flow_run_state(run.id, Completed(name=case.state.capitalize()), force=True)
            self.kept.ended.append(case.id)
        if not is_closed:
            await (self._refresh(case, mine[0]) if mine else self._start(case))

    async def _refresh(self, case: Case, run: FlowRun) -> None:
        """Rules 2 and 6, and the run's name and tags."""
        here = Workplace.here()
        kind = here.index.kind(case.id)
        name, tags = run_name(case, kind, self.now), run_tags(case, kind, self.now)
        if (run.name, sorted(run.tags)) != (name, tags):
            await self.client.update_flow_run(run.id, name=name, tags=tags)
        if _is_dead(run, self.now):
            await self.client.set_flow_run_state(run.id, Scheduled(message="its process died"), force=True)
            self.kept.retried.append(case.id)
        elif _asks_otherwise(run, open_question(here, case)):
            await self.client.set_flow_run_state(run.id, Scheduled(message="the case has moved"), force=True)
            self.kept.woken.append(case.id)

    async def _start(self, case: Case) -> None:
        """Rules 1 and 3."""
        kind = Workplace.here().index.kind(case.id)
        before = await self.runs([*BROKEN, StateType.COMPLETED, StateType.CANCELLED], [f"case:{case.id}"])
        newest = next(iter(before.get(case.id, [])), None)
        if newest and newest.state_type in BROKEN and newest.deployment_id == self.deployment:
            await self.client.set_flow_run_state(newest.id, Scheduled(message="tried again"), force=True)
            self.kept.retried.append(case.id)
            return
        await self.client.create_flow_run_from_deployment(
            self.deployment,
            parameters={"case_id": case.id},
            name=run_name(case, kind, self.now),
            tags=run_tags(case, kind, self.now),
            idempotency_key=f"{case.id} {case.opened_at.isoformat()} {newest.id if newest else 'first'}",
        )
        self.kept.started.append(case.id)


def _is_dead(run: FlowRun, now: datetime) -> bool:
    """Whether a run was started and has not been heard of."""
    working = run.state is not None and run.state.type in (StateType.PENDING, StateType.RUNNING)
    return working and run.state is not None and now - run.state.timestamp > DEAD


def _asks_otherwise(run: FlowRun, wanted: str) -> bool:
    """Whether a suspended run shows another question."""
    if run.state is None or run.state.type is not StateType.PAUSED:
        return False
    return not str(run.state.state_details.pause_key).startswith(f"{wanted}-")
