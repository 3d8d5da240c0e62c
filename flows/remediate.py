"""Remediate: one case, from its opening to its end, as one run that waits for its people."""

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.ask import answer_to, ended, question_on, take


@flow(name="remediate", flow_run_name="{case_id}", persist_result=True)
async def remediate(case_id: str) -> State:
    """**Owners**: press Resume, choose what you do, say why. Each answer is archived as a signed act."""
    while not (asked := await question_on(case_id)).is_closed:
        take(asked, await answer_to(asked))
    return ended(asked)
