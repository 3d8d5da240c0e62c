"""Back-look: windows whose labels came after they were judged are judged again; both verdicts stay, and are linked."""

from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State

from flows.monitor import judged
from tasks.back_look import Again, period_of_name, windows_to_judge_again
from tasks.pull import load_system
from tasks.sweep import swept


@flow(name="back-look", flow_run_name="back-look")
async def look_back(now: datetime | None = None) -> State:
    """Judge again every window whose labels have come, the oldest first; `now` is for trials."""
    moment = now or datetime.now(UTC)
    ends = {}
    for again in windows_to_judge_again(moment):
        ends[f"{again.system} {again.window}"] = await judge_again(again, moment, return_state=True)
    return swept(ends)


@flow(name="judge-again", flow_run_name="{again.system} {again.window} again")
async def judge_again(again: Again, now: datetime) -> State:
    """The same window with the labels that have come since."""
    system = load_system(again.system)
    return await judged(system, period_of_name(system, again.window, now), again, now)
