"""Retention: locks of the log and its keys, extended."""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from governance.adapters.retention import Retention, extend_retention
from governance.adapters.workplace import Workplace


@task(retries=2, retry_delay_seconds=[10, 60], cache_policy=NO_CACHE)
def extend_locks() -> tuple[Retention, Retention] | None:
    """Extend them to the end of the last bundle's lock; what was before, and what the store tells after."""
    return extend_retention(Workplace.here().archive, datetime.now(UTC))


def retention_told(locks: tuple[Retention, Retention] | None) -> State:
    """`Findings` when a lock had ended or still ends too early; else `Completed`, with how many were extended."""
    if locks is None:
        return Completed(message="the archive is a folder: nothing in it is locked")
    before, after = locks
    extended = len(before.short) - len(after.short)
    failing = [finding for finding in before.expired if finding.fails]
    said = [f"{extended} extended", str(after), *map(str, failing[:20])]
    return Completed(name="Findings" if failing or after.short else "Completed", message="; ".join(said))
