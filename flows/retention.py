"""Retention: what proves a bundle stays locked as long as the bundle."""

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.retention import extend_locks, retention_told


@flow(name="extend-retention", flow_run_name="extend-retention")
async def extend_retention() -> State:
    """Weekly: the locks of log/ and trust/ are extended to the end of the last bundle's; an expired lock is told."""
    return retention_told(extend_locks())
