"""Find gaps: what should be there and is not, put before somebody."""

from datetime import datetime

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.checkpoint import sign_head
from tasks.follow_up import moment, show_cases
from tasks.gaps import archive_beat, gaps_now, gaps_told, record_gaps
from tasks.notify import tell_or_log


@flow(name="gaps", flow_run_name="gaps")
async def find_gaps(now: datetime | None = None) -> State:
    """Hourly: each gap is one case, opened once and closed when it is gone; the heartbeat of the hour is archived."""
    at = moment(now)
    found = gaps_now(at)
    acts = record_gaps(found, at)
    await show_cases(at)
    beat = archive_beat(at)
    tell_or_log(sign_head(), at)
    return gaps_told(found, acts, beat)
