"""Checkpoint: seal what a killed run left behind and sign the head of the log."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.checkpoint import sign_head, sweep_strays


@flow(name="checkpoint", flow_run_name="checkpoint")
async def sign_checkpoint() -> State:
    """The newest three lines of the log leave the archive with every notification and page."""
    foreign = sweep_strays()
    lines = sign_head()
    message = "; ".join(
        [lines.replace("\n", " ").strip() or "the log is empty", *(f"no bundle: {one}" for one in foreign)]
    )
    return Completed(message=message)
