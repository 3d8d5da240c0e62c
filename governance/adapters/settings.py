"""Where this installation keeps things, from the environment. No secret is kept here or printed.

AIMS_HOME       the registry folder                    (default: deployments)
AIMS_STATE      caches, pages, outbox, embedded store  (default: .state)
AIMS_ARCHIVE    file:///folder or s3://bucket?endpoint=… (default: the folder `archive` of the state)
AIMS_KEYS       the folder of the signing keys         (default: the folder `keys` of the state)
AIMS_ORIGIN     the log's name in its checkpoints      (default: aims.invalid/local)
AIMS_REPORTS    the address under which pages are served (default: the folder `reports` of the state)
AIMS_KEEP_PAGES days that pages of runs stay in that folder (default: 92); each is in its run's bundle, too
AIMS_GATE_ADDRESS  the address of the gate, for links to cases (default: none, so links lead to pages)
AIMS_TIMESTAMP_AUTHORITIES, AIMS_WITNESSES  who else vouches for checkpoints (adapters/anchoring.py; default: nobody)
AIMS_NOTIFY_DEFAULT  an Apprise address for people without one (default: a file of the state)
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from governance.errors import ConfigurationError, Fault, Place


@dataclass(frozen=True)
class Settings:
    """The folders and addresses in force."""

    home: Path
    state: Path
    archive: str
    keys: Path
    origin: str
    reports: str
    notify_default: str
    gate: str = ""
    timestamp_authorities: str = ""
    witnesses: str = ""
    keep_pages: int = 92

    @classmethod
    def from_environment(cls) -> "Settings":
        """What the AIMS_* variables say, with defaults for a first try on one machine.

        Raises:
            ConfigurationError: AIMS_KEEP_PAGES is no number of days.
        """
        env = os.environ.get
        home = Path(env("AIMS_HOME") or "deployments").resolve()
        state = Path(env("AIMS_STATE") or ".state").resolve()
        return cls(
            home=home,
            state=state,
            archive=env("AIMS_ARCHIVE") or (state / "archive").as_uri(),
            keys=Path(env("AIMS_KEYS") or state / "keys").resolve(),
            origin=env("AIMS_ORIGIN") or "aims.invalid/local",
            reports=env("AIMS_REPORTS") or (state / "reports").as_uri(),
            notify_default=env("AIMS_NOTIFY_DEFAULT") or (state / "notifications.jsonl").as_uri(),
            gate=(env("AIMS_GATE_ADDRESS") or "").rstrip("/"),
            timestamp_authorities=env("AIMS_TIMESTAMP_AUTHORITIES") or "",
            witnesses=env("AIMS_WITNESSES") or "",
            keep_pages=_days(env("AIMS_KEEP_PAGES") or "92"),
        )


def _days(text: str) -> int:
    """A whole number of days."""
    if re.fullmatch("[1-9][0-9]{0,4}", text):
        return int(text)
    found = "another text"
    raise ConfigurationError(Fault(Place("AIMS_KEEP_PAGES"), "a whole number of days from 1", found, "Correct it."))
