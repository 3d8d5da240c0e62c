"""Checkpoint: sweep strays into the log, sign its head."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.anchoring import anchor_checkpoint
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
    note = _sign(Workplace.here())
    return three_lines(note) if note else ""


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def anchor_head() -> list[str]:
    """Time stamps and cosignatures over the newest checkpoint, from all who are configured; what went wrong."""
    here = Workplace.here()
    note = _sign(here)
    return anchor_checkpoint(here, note, here.retain_until(None))[1] if note else []


def _sign(here: Workplace) -> bytes | None:
    """The newest checkpoint; one that stands is not signed again."""
    keep = here.retain_until(None)
    return checkpoint(here.archive, here.keys.log, here.settings.origin, log=here.log, retain_until=keep)
