"""Pull: the system's registry entry, the windows that are due, and the rows of one window as a local file.

The file goes when the window is judged; what killed runs left goes after a day.
"""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters import working
from governance.adapters.pull import pull_window as read_window
from governance.adapters.workplace import Workplace
from governance.errors import SourceUnavailable
from governance.registry.system import System
from governance.window import Period, Window
from tasks.retrying import after


def load_system(system_id: str) -> System:
    """The registry's entry for a system."""
    return Workplace.here().registry.system(system_id)


def windows_to_judge(system: System, window: str | None) -> list[Period]:
    """The window asked for by name, or every due window whose run is not finished, oldest first."""
    return Workplace.here().windows_to_judge(system, window, datetime.now(UTC))


@task(
    task_run_name="pull {system.id} {period.name}",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=after(SourceUnavailable),
    cache_policy=NO_CACHE,
)
def read_rows(system: System, period: Period, as_of: datetime) -> Window:
    """Rows of one window and its reference as local parquet files, or the faults that kept them from being read."""
    here = Workplace.here()
    working.sweep(here.working, here.registry.systems)
    return read_window(system, period, home=here.home, into=here.working, as_of=as_of)


def pull_window(system: System, period: Period, as_of: datetime | None = None) -> Window:
    """The window; a store that stayed silent through all retries makes it unreadable, never unjudged."""
    moment = as_of or datetime.now(UTC)
    try:
        return read_rows(system, period, moment)
    except SourceUnavailable as silence:
        return Window(system.id, period, moment, current=None, reference=None, faults=silence.faults)


def drop_window(window: Window) -> None:
    """Remove the local copy of a window's rows."""
    working.drop(Workplace.here().working, window)
