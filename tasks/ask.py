"""Ask: put a case's question to its people as a suspended run, and take their answer as an act.

1. The question names state and last act (governance/cases/label.py); each suspension has a key of its own, for Prefect
   answers a key that was used before with a refusal for ever after a retry.
2. An answer is read from the run by its question, so a run that was killed after the answer still finds it.
3. An answer becomes an act, or a refusal that is remembered and told with the next question.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_runs import asuspend_flow_run
from prefect.states import Completed

from governance.adapters.codes import redeemed, send_code
from governance.adapters.told import Told
from governance.adapters.workplace import Workplace
from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.label import question, run_name, run_tags
from governance.errors import ActRefused, ConfigurationError
from reports.case_form import SEND_CODE, case_form
from tasks.case_form import fields_in, form_model

TEN_YEARS = 315_360_000  # seconds; reminders and escalation decide what is late, not Prefect


@dataclass(frozen=True)
class Question:
    """How a case stands when its people are asked."""

    case: Case
    kind: Kind
    acts: tuple[Act, ...]
    refused: tuple[str, ...]

    @property
    def is_closed(self) -> bool:
        """Whether nobody is asked any more."""
        return self.kind.states[self.case.state].final

    @property
    def name(self) -> str:
        """The name of the question."""
        return question(self.case, self.acts, len(self.refused))


async def question_on(case_id: str) -> Question:
    """Read the case anew, and give the run its name and tags."""
    here = Workplace.here()
    case, kind = here.casework.case(case_id)
    acts = tuple(here.index.acts(case_id))
    refused = tuple(Told(here.settings.state).refusals(case_id, _seq(case, acts)))
    if runtime.flow_run.id:
        now = datetime.now(UTC)
        async with get_client() as client:
            run = UUID(str(runtime.flow_run.id))
            await client.update_flow_run(run, name=run_name(case, kind, now), tags=run_tags(case, kind, now))
    return Question(case, kind, acts, refused)


def _seq(case: Case, acts: tuple[Act, ...]) -> int:
    """The number of the last act by a person."""
    return int(question(case, acts, 0).split("-")[1])


async def answer_to(asked: Question) -> Mapping[str, Any]:
    """What somebody has answered; if nobody has, the run is suspended here until they do."""
    run = UUID(str(runtime.flow_run.id))
    async with get_client() as client:
        inputs = await client.filter_flow_run_input(run, f"suspended-{asked.name}-", 200, set())
    answers = [one for one in inputs if one.key.endswith("-response")]
    if answers:
        given: Mapping[str, Any] = json.loads(answers[0].value)
        return given
    here = Workplace.here()
    text = case_form(asked.case, asked.kind, asked.acts, asked.refused, here.page_link(asked.case))
    form = form_model(asked.case, asked.kind, here.registry.people, text)
    got = await asuspend_flow_run(wait_for_input=form, timeout=TEN_YEARS, key=f"{asked.name}-{token_hex(4)}")
    return got.model_dump(mode="json")


@task(task_run_name="take answer on {asked.case.id}", cache_policy=NO_CACHE)
def take(asked: Question, answer: Mapping[str, Any]) -> str:
    """The answer as an act; how the case stands then, or why it was refused."""
    here = Workplace.here()
    case, by = asked.case.id, str(answer["by"])
    try:
        if answer["act"] == SEND_CODE:
            send_code(here, asked.case, by)
            reason = f"A code was sent to {by}. Type it into the field Code within 15 minutes."
        else:
            return _act(here, asked, answer)
    except (ActRefused, ConfigurationError) as error:
        reason = str(error)
    Told(here.settings.state).refuse(case, _seq(asked.case, asked.acts), reason)
    return reason


def _act(here: Workplace, asked: Question, answer: Mapping[str, Any]) -> str:
    """Do the act. Raises ActRefused."""
    case, verb, by = asked.case.id, str(answer["act"]), str(answer["by"])
    with redeemed(here, case, by, str(answer.get("code") or "")) as strength:
        done = here.casework.act(
            case, verb, by=by, why=str(answer["why"]), fields=fields_in(answer, asked.kind), strength=strength
        )
    return f"{done.case.id} is {done.case.state}; proof in {done.receipt.key}"


def ended(asked: Question) -> State:
    """The end of a case's run, named by the state that ended it."""
    last = asked.acts[-1]
    return Completed(
        name=asked.case.state.capitalize(), message=f"{last.verb} by {last.by} at {last.at:%Y-%m-%d %H:%M} UTC"
    )
