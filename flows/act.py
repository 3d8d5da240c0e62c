"""Act: an owner takes one step on one case, in a form of the Prefect UI."""

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.act import Step, ended, take_step
from tasks.follow_up import show_case


@flow(name="act", flow_run_name="{step.verb} {step.case}")
async def act_on_case(step: Step) -> State:
    """One act, archived as a signed bundle; a refusal says who may, from where, and what is missing."""
    taken = take_step(step)
    await show_case(step.case)
    return ended(taken)
