"""Evidence on demand: the form of a request, and the folder that answers it."""

import tarfile
from datetime import date

from prefect import task
from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import BaseModel, Field

from governance.adapters.evidence_answer import hand_out, make_request
from governance.adapters.workplace import Workplace
from governance.compliance.evidence_request import Dossier
from reports.artifacts import answer_markdown
from reports.evidence_page import render_evidence
from reports.phrases import things


class Wanted(BaseModel):
    """What the form asks. Days are counted in the system's zone, and both are included."""

    system: str = Field(title="System", description="Its id in the registry, such as bank-calls.")
    first: date = Field(title="From", description="The first day.")
    last: date = Field(title="To", description="The last day.")
    control: str = Field(
        default="",
        title="Control",
        description="Only what evidences this clause or control of ISO/IEC 42001: 9.1, A.6.2.6.",
    )
    by: str = Field(title="Who you are", description="Your id in people.yaml, such as eve-marsh.")
    reason: str = Field(
        title="Who asked, and why",
        description="In plain words, without personal data: it is logged for good.",
        min_length=3,
        max_length=4000,
    )


@task(task_run_name="evidence {wanted.system}", cache_policy=NO_CACHE)
def answer(wanted: Wanted) -> Dossier:
    """Log the request, and write the folder and one file of it among the pages. Raises ConfigurationError."""
    here = Workplace.here()
    request = make_request(
        here,
        system=wanted.system,
        first=wanted.first,
        last=wanted.last,
        by=wanted.by,
        reason=wanted.reason,
        control_id=wanted.control,
    )
    folder = here.reports / "evidence" / request.id
    done = hand_out(here, request, folder, render_evidence)
    part = folder.with_name(f".{request.id}.part")
    with tarfile.open(part, "w") as tar:
        tar.add(folder, request.id)
    part.replace(folder.with_name(f"{request.id}.tar"))
    return done


async def show_answer(done: Dossier) -> State:
    """The answer in Prefect's UI: links to its first page and to the whole, what is missing, the checkpoint."""
    request = done.request
    base = f"{Workplace.here().settings.reports}/evidence/{request.id}"
    name = f"{request.system.title}, {request.first} to {request.last}"
    key = f"evidence-{request.system.id}"
    text = "Evidence: its first page"
    await acreate_link_artifact(key=f"{key}-page", link=f"{base}/index.html", link_text=text, description=name)
    text = "Evidence: all of it in one file"
    await acreate_link_artifact(key=f"{key}-file", link=f"{base}.tar", link_text=text, description=name)
    await acreate_markdown_artifact(key=key, markdown=answer_markdown(done), description=f"Evidence: {name}")
    missing = ", ".join(dict.fromkeys(one.what for one in done.missing)) or "nothing"
    said = f"{things(len(done.pieces), 'bundle', 'bundles')}; missing: {missing}; request logged as {request.key}"
    return Completed(name="Given, with gaps" if done.missing else "Given", message=said)
