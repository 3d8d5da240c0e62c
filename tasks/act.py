"""Act: one step on a case as the form of the Prefect UI gives it.

Prefect keeps what it is given. So personal text is refused here, and what came nevertheless is removed from the run.
"""

from dataclasses import dataclass
from uuid import UUID

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, Field

from governance.adapters.codes import redeemed
from governance.adapters.workplace import Workplace
from governance.errors import ActRefused, ConfigurationError, Fault, Place


class Step(BaseModel):
    """What the form asks. `fields` are those that the act needs, such as `root_cause` for `fix`.

    Lengths and forms are asked of whoever types (the schema), and judged by us: Prefect would log what it refuses.
    """

    case: str = Field(
        title="Case",
        description="Its id, as your notification shows it.",
        json_schema_extra={"pattern": r"^[A-Z]{2,5}-[\w.-]+$"},
    )
    verb: str = Field(title="What you do", description="Such as acknowledge, fix, accept, assign, comment.")
    by: str = Field(title="Who you are", description="Your id in people.yaml, such as ada-okafor.")
    why: str = Field(
        title="Why",
        description="In plain words, without personal data.",
        json_schema_extra={"minLength": 3, "maxLength": 4000},
    )
    fields: dict[str, str] = Field(default={}, title="Fields of the act", description="name: value")
    code: str = Field(
        default="",
        title="Code",
        description="If one was sent to you (`aims code`).",
        json_schema_extra={"maxLength": 20},
    )


@dataclass(frozen=True)
class Taken:
    """Whether a step was taken, and how the case stands or why not."""

    is_done: bool
    said: str


@task(task_run_name="{step.verb} {step.case}", cache_policy=NO_CACHE)
def take_step(step: Step) -> Taken:
    """Do it, and say how the case stands then; or why it was refused, and nothing is kept."""
    here = Workplace.here()
    try:
        refuse_personal(here, step)
        with redeemed(here, step.case, step.by, step.code) as strength:
            fields = dict(step.fields)
            done = here.casework.act(step.case, step.verb, by=step.by, why=step.why, fields=fields, strength=strength)
    except (ActRefused, ConfigurationError) as refused:
        return Taken(is_done=False, said=str(refused))
    return Taken(
        is_done=True, said=f"{done.case.id} is {done.case.state}; due {done.case.due}; proof in {done.receipt.key}"
    )


def ended(taken: Taken) -> State:
    """`Done` or `Refused`, with what is to be said of it."""
    if taken.is_done:
        return Completed(name="Done", message=taken.said)
    return Failed(name="Refused", message=taken.said)


def refuse_personal(here: Workplace, step: Step) -> None:
    """Refuse a step with personal text, and overwrite it in the run's parameters. Raises ActRefused."""
    _, kind = here.casework.case(step.case)
    given = sorted({name for rule in kind.acts.values() for name in rule.personal} & set(step.fields))
    if not given:
        return
    if runtime.flow_run.id:
        bare = step.model_copy(update={"fields": step.fields | dict.fromkeys(given, "(removed)")})
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(str(runtime.flow_run.id)), parameters={"step": bare.model_dump()})
    mend = f"Give it by `aims act {step.case} … --field-file {given[0]}=FILE`. It was removed from this run."
    raise ActRefused(Fault(Place(system=step.case, column=given[0]), "no personal text in Prefect", "some", mend))
