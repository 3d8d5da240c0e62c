"""Evidence: whoever answers an auditor fills in a form, and hands on one folder that verifies without us."""

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.evidence import Wanted, answer, show_answer


@flow(name="evidence", flow_run_name="{wanted.system} {wanted.first} to {wanted.last}")
async def hand_out_evidence(wanted: Wanted) -> State:
    """The request is logged first; what is missing from the span is named."""
    return await show_answer(answer(wanted))
