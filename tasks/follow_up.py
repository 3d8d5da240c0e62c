"""Follow up: what time does to cases, and the views of them in the UI."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from governance.adapters.workplace import Workplace
from governance.registry.system import System
from reports.boards import boards
from tasks.case_runs import Kept, keep_runs

TITLES = {
    "board-open": "Every open case, the most pressing first",
    "board-overdue": "Cases past their due date",
    "board-unacknowledged": "Cases that nobody has taken on",
    "board-by-owner": "Open cases by owner",
    "board-by-system": "Open cases by system",
}


def moment(now: datetime | None) -> datetime:
    """The moment given (in UTC if it has no zone), or now."""
    if now is None:
        return datetime.now(UTC)
    return now if now.tzinfo else now.replace(tzinfo=UTC)


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def lapse_cases(now: datetime) -> list[str]:
    """Do what the system does when a date has passed in a state that lapses; the cases that it moved."""
    return [done.case.id for done in Workplace.here().casework.lapse(now)]


async def show_cases(now: datetime) -> Kept:
    """One suspended run for each open case; none for a closed one."""
    here = Workplace.here()
    here.casework.sync()
    return await keep_runs(now, here.index.cases())


async def show_cases_of(system: System) -> Kept:
    """The same for the cases of one system."""
    return await keep_runs(datetime.now(UTC), Workplace.here().index.cases(system.id))


async def show_case(case_id: str) -> Kept:
    """The same for one case, after somebody acted on it elsewhere."""
    found = Workplace.here().index.case(case_id)
    return await keep_runs(datetime.now(UTC), [found] if found else [])


async def publish_boards(now: datetime) -> None:
    """The boards as artifacts under stable keys."""
    index = Workplace.here().index
    for key, rows in boards(index.open_cases(), lambda case: index.kind(case.id), now).items():
        table = rows or [{"": "none"}]
        await acreate_table_artifact(key=key, table=table, description=f"{TITLES[key]}, {now:%Y-%m-%d %H:%M} UTC")


def followed_up(lapsed: Sequence[str], kept: Kept, new: str, reminded: str) -> State:
    """What was done, in one line."""
    told = f"told of new cases: {new or 'nobody'}; {reminded or 'no reminders'}"
    return Completed(message=f"{len(lapsed)} lapsed; {kept}; {told}")
