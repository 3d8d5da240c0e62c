"""Where everything of this installation is put together: registry, archive, keys, cases, working folders.

One workplace a process; each part is opened when it is first asked for, so that a command pays only for what it uses.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

from governance.adapters.archive import open_archive
from governance.adapters.case_index import CaseIndex
from governance.adapters.case_keys import CaseKeys
from governance.adapters.casework import Casework
from governance.adapters.kept_log import KeptLog
from governance.adapters.keys import load_keys
from governance.adapters.personal_text import PersonalText
from governance.adapters.registry_files import load_registry
from governance.adapters.settings import Settings
from governance.cases.case import Case
from governance.cases.kind import Kind, read_kind
from governance.cases.record import Recorder
from governance.errors import ConfigurationError, Fault, Place
from governance.evidence import Archive, Keys, Log
from governance.registry.registry import Registry
from governance.registry.system import Retention, System
from governance.verdict import Verdict
from governance.window import Period


class Workplace:
    """The parts of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @classmethod
    def here(cls) -> "Workplace":
        """The workplace that the environment names."""
        return _workplace(Settings.from_environment())

    @property
    def home(self) -> Path:
        """The registry folder."""
        return self.settings.home

    @property
    def working(self) -> Path:
        """Windows and references as local files, for the owner alone; may be deleted at any time."""
        return _folder(self.settings.state / "working", 0o700)

    @property
    def reports(self) -> Path:
        """Pages for people."""
        return _folder(self.settings.state / "reports")

    @property
    def outbox(self) -> Path:
        """Signed bundles that wait for the archive to answer."""
        return _folder(self.settings.state / "outbox")

    @cached_property
    def registry(self) -> Registry:
        """All systems and people. Raises ConfigurationError with every fault of every file."""
        return load_registry(self.home)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Every kind of case, by name."""
        found = [read_kind(path.read_text("utf-8"), path.name) for path in sorted((self.home / "kinds").glob("*.yaml"))]
        return {kind.name: kind for kind in found}

    @cached_property
    def archive(self) -> Archive:
        """The archive. Raises ConfigurationError for an address that is none."""
        return open_archive(self.settings.archive)

    @cached_property
    def keys(self) -> Keys:
        """The signing keys. Raises KeyFault when there are none, or others may read them."""
        return load_keys(self.settings.keys)

    @cached_property
    def case_keys(self) -> CaseKeys:
        """The keys of personal text, beside the signing keys and as private as those."""
        return CaseKeys(self.settings.keys / "cases")

    @cached_property
    def index(self) -> CaseIndex:
        """The cases, as a cache of the archive."""
        return CaseIndex(_folder(self.settings.state) / "cases.db")

    def recorder(self, system: System | None = None) -> Recorder:
        """Writes acts; what it writes is locked by the system's retention, or the longest there is."""
        keep = self.retain_until(system)
        return Recorder(self.archive, self.keys, self.settings.origin, self.registry.people, keep, self.log)

    @property
    def casework(self) -> Casework:
        """Does acts on cases."""
        personal = PersonalText(self.case_keys, self.registry.people)
        return Casework(self.registry, self.kinds, self.index, personal, self.archive, self.log, self.recorder)

    @cached_property
    def log(self) -> Log:
        """What this machine knows of the log; it grows as it is used."""
        return KeptLog(_folder(self.settings.state) / "log.txt")

    def retain_until(self, system: System | None) -> datetime:
        """Until when an object written now is locked: by the system's retention, to the second."""
        known = [one.retention.days for one in self.registry.systems.values()]
        days = system.retention.days if system else max(known, default=Retention().days)
        return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)

    def windows_to_judge(self, system: System, window: str | None, now: datetime) -> list[Period]:
        """The window of this name, or every due window that is not done, oldest first.

        Raises:
            ConfigurationError: the system has no ended window of this name.
        """
        due = system.window.due(now)
        if window is None:
            return [period for period in due if not self.is_done(f"{system.id}.{period.name}.r0")]
        if found := [period for period in due if period.name == window]:
            return found
        span = f"{due[0].name} to {due[-1].name}" if due else "none has ended yet"
        place = Place(system=system.id, column="window")
        raise ConfigurationError(Fault(place, f"the name of an ended window ({span})", "another name", "Correct it."))

    def is_done(self, bundle_id: str) -> bool:
        """Whether a run was finished by this installation, cases and all."""
        return self._mark(bundle_id).exists()

    def mark_done(self, verdict: Verdict) -> None:
        """Remember that a run is finished. Losing the mark costs a repetition, which changes nothing."""
        self.mark(verdict.bundle_id)

    def mark(self, name: str) -> None:
        """Remember that something is done."""
        self._mark(name).touch()

    def page_link(self, case: Case) -> str:
        """Where the newest page about a case can be read; empty for a case about no window, which has no page."""
        window = _page_of(case)
        return f"{self.settings.reports}/{case.subject}/{window}/page.html" if window else ""

    def windows_of_cases(self, system: System) -> set[str]:
        """The windows whose pages the open cases of a system lead to."""
        return {_page_of(case) for case in self.index.open_cases(system.id)}

    def _mark(self, bundle_id: str) -> Path:
        return _folder(self.settings.state / "done") / bundle_id

    def waiting(self) -> Iterable[tuple[str, bytes]]:
        """Key and bytes of every bundle in the outbox."""
        for path in sorted(self.outbox.glob("**/*.tar")):
            yield path.relative_to(self.outbox).as_posix(), path.read_bytes()


def _page_of(case: Case) -> str:
    """The window of the newest page about a case, or nothing."""
    return case.last.window if case.last else case.opened_window


def _folder(path: Path, mode: int = 0o777) -> Path:
    """The folder, made if need be."""
    path.mkdir(mode, parents=True, exist_ok=True)
    return path


@lru_cache(maxsize=4)
def _workplace(settings: Settings) -> Workplace:
    return Workplace(settings)
