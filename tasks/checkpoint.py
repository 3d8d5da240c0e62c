"""Checkpoint: sweep strays into the log, sign its head."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.outbox import deliver_waiting, sweep_announced
from governance.adapters.workplace import Workplace
from governance.evidence import checkpoint, three_lines


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def sweep_strays() -> list[str]:
    """Deliver what waits in the outbox, seal what a killed writer left; return the keys of what is no bundle."""
    here = Workplace.here()
    keep = here.retain_until(None)
    deliver_waiting(here, keep)
    return sweep_announced(here, keep)


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def sign_head() -> str:
    """The three lines of the log's newest checkpoint; empty while the log is."""
    here = Workplace.here()
    keep = here.retain_until(None)
    note = checkpoint(here.archive, here.keys.log, here.settings.origin, log=here.log, retain_until=keep)
    return three_lines(note) if note else ""
