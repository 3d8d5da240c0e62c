"""Monitor one AI system: judge a window of its predictions, keep the proof, tell its owner."""

from datetime import datetime

from prefect import flow
from prefect.client.schemas.objects import State

from governance.registry.system import System
from governance.window import Period
from tasks.archive import archive_bundle, record_of, sign_bundle
from tasks.back_look import Again
from tasks.check import judge_window
from tasks.conclude import conclude, nothing_due
from tasks.follow_up import show_cases_of
from tasks.notify import notify_owners
from tasks.publish import publish
from tasks.pull import drop_window, load_system, pull_window, windows_to_judge
from tasks.remediate import open_cases, planned_cases
from tasks.report import write_pages


@flow(name="monitor", flow_run_name="{system_id} {window}")
async def monitor(system_id: str, window: str | None = None) -> State:
    """Every window ends in a signed bundle, even one that could not be read; missed windows are made up for."""
    system = load_system(system_id)
    *missed, period = windows_to_judge(system, window) or [None]
    for earlier in missed:
        await monitor(system_id, earlier.name, return_state=True)
    if period is None:
        return await nothing_due(system)
    return await judged(system, period)


async def judged(system: System, period: Period, again: Again | None = None, as_of: datetime | None = None) -> State:
    """Judge a window, for the first time or again: pull, judge, sign, archive, open cases, tell, publish."""
    rows = pull_window(system, period, as_of)
    verdict = judge_window(system, rows, again.revision if again else 0)
    drop_window(rows)
    pages = write_pages(system, verdict, planned_cases(system, verdict))
    receipt = archive_bundle(system, sign_bundle(system, verdict, pages, again.supersedes if again else None))
    verdict, pages = record_of(receipt, verdict, pages)
    cases = open_cases(system, verdict, receipt)
    await show_cases_of(system)
    notify_owners(receipt)
    await publish(system, verdict, pages, cases, receipt)
    return await conclude(system, verdict, cases, receipt)
