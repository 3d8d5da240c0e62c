"""The outbox: signed bundles that wait for the archive to answer. Delivering them, announced when they come late."""

from datetime import UTC, datetime

from governance.adapters.workplace import Workplace
from governance.evidence import store_bundle, sweep
from governance.evidence.delivery import declare_late, declare_strays


def deliver_waiting(here: Workplace, retain_until: datetime) -> list[str]:
    """Put every waiting bundle into the archive and its log; their keys. Old ones are announced first (decision 6).

    Raises:
        ArchiveUnavailable: the store did not answer; what is not delivered goes on waiting.
        EvidenceError: the announcement could not be signed.
    """
    waiting = list(here.waiting())
    if waiting:
        now, origin = datetime.now(UTC), here.settings.origin
        declare_late(here.archive, here.keys, origin, waiting, now, retain_until=retain_until, log=here.log)
    for key, body in waiting:
        store_bundle(here.archive, key, body, retain_until, log=here.log)
        (here.outbox / key).unlink(missing_ok=True)
    return [key for key, _ in waiting]


def sweep_announced(here: Workplace, retain_until: datetime) -> list[str]:
    """`sweep`, with old strays announced before they are sealed; the keys of what is no bundle and stays outside.

    Raises:
        ArchiveUnavailable: the store did not answer.
        EvidenceError: the announcement could not be signed.
    """
    now, origin = datetime.now(UTC), here.settings.origin
    declare_strays(here.archive, here.keys, origin, here.log, now, retain_until=retain_until)
    return sweep(here.archive, log=here.log, retain_until=retain_until)
