"""Follow up: hold people to their dates, and keep every open case in sight."""

from datetime import datetime

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.checkpoint import sign_head
from tasks.follow_up import followed_up, lapse_cases, moment, publish_boards, show_cases
from tasks.notify import remind_or_log, tell_or_log


@flow(name="follow-up", flow_run_name="follow-up")
async def follow_up(now: datetime | None = None) -> State:
    """Hourly: what lapses lapses, every open case has its run, boards are new, and people are told what is due."""
    at = moment(now)
    lapsed = lapse_cases(at)
    kept = await show_cases(at)
    await publish_boards(at)
    head = sign_head()
    new = tell_or_log(head, at, flush=True)
    return followed_up(lapsed, kept, new, remind_or_log(head, at))
