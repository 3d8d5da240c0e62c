"""Act: one step on a case as the form of the Prefect UI gives it."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, Field

from governance.adapters.codes import redeemed
from governance.adapters.workplace import Workplace


class Step(BaseModel):
    """What the form asks. `fields` are those that the act needs, such as `root_cause` for `fix`."""

    case: str = Field(
        title="Case", description="Its id, as your notification shows it.", pattern=r"^[A-Z]{2,5}-[\w.-]+$"
    )
    verb: str = Field(title="What you do", description="Such as acknowledge, fix, accept, assign, comment.")
    by: str = Field(title="Who you are", description="Your id in people.yaml, such as ada-okafor.")
    why: str = Field(title="Why", description="In plain words, without personal data.", min_length=3, max_length=4000)
    fields: dict[str, str] = Field(default={}, title="Fields of the act", description="name: value")
    code: str = Field(default="", title="Code", description="If one was sent to you (`aims code`).", max_length=20)


@task(task_run_name="{step.verb} {step.case}", cache_policy=NO_CACHE)
def take_step(step: Step) -> str:
    """Do it; how the case stands then. Raises ActRefused with the reason, and nothing is kept."""
    here = Workplace.here()
    with redeemed(here, step.case, step.by, step.code) as strength:
        done = here.casework.act(step.case, step.verb, by=step.by, why=step.why, fields=step.fields, strength=strength)
    return f"{done.case.id} is {done.case.state}; due {done.case.due}; proof in {done.receipt.key}"
