"""The embedded default: everything on one machine under one state folder, with a real S3 store and demo keys.

`environment(state)` is what every process of the installation must have in its environment.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.adapters.keys import create_keys, load_keys
from governance.adapters.seaweed import SeaweedFS
from governance.adapters.workplace import Workplace
from governance.evidence import LockRule, initialise_archive

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


def environment(state: Path, store: SeaweedFS | None, reports: str = "") -> dict[str, str]:
    """The variables of an embedded installation. The store's key is the writer's: it cannot delete.

    Args:
        state: the folder that holds everything.
        store: the running embedded store; None when AIMS_ARCHIVE names another archive.
        reports: the address under which pages are served, if any.
    """
    settings = {"AIMS_STATE": str(state), "PREFECT_HOME": str(state / "prefect"), **QUIET}
    if store:
        settings |= {"AIMS_ARCHIVE": store.url, **store.writer.environment()}
    if reports:
        settings["AIMS_REPORTS"] = reports
    return settings


@contextmanager
def embedded_store(state: Path) -> Iterator[SeaweedFS | None]:
    """The embedded S3 store of a state folder, running; None when AIMS_ARCHIVE names another archive."""
    if os.environ.get("AIMS_ARCHIVE"):
        yield None
        return
    with SeaweedFS(state / "store") as store:
        yield store


def begin_archive(here: Workplace) -> None:
    """Begin the archive with this installation's keys; make demo keys when there are none.

    Keys that are made here carry DEMO in their name: nobody but this machine vouches for them. The SSH keys of
    people.yaml go into the root file: each of these people is a witness by their signed acts, and any two of them may
    change the keys. `aims keys init --holder` begins an archive with other holders.
    """
    settings = here.settings
    keys = load_keys(settings.keys) if any(settings.keys.glob("*.pem")) else create_keys(settings.keys, demo=True)
    rule, keep = None, None
    if here.archive.locks:
        days = min(system.retention.days for system in here.registry.systems.values())
        rule, keep = LockRule("COMPLIANCE", days), here.retain_until(None)
    people = here.registry.people.ssh_keys
    holders, threshold = (people, 2) if len(people) > 1 else ({}, 0)
    initialise_archive(
        here.archive, keys, settings.origin,
        lock=rule, retain_until=keep, signers=people, holders=holders, threshold=threshold,
    )  # fmt: skip
