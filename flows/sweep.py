"""Sweep: many systems of one cadence in one process, each as a run of its own."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.monitor import monitor
from tasks.notify import tell_or_log
from tasks.sweep import swept


@flow(name="sweep", flow_run_name="sweep")
async def sweep(systems: list[str]) -> State:
    """A system that fails stops no other; every owner gets one message for all of theirs."""
    ends = {one: await monitor(one, return_state=True) for one in systems}
    tell_or_log("", flush=True)
    return swept(ends)
