"""The heartbeat of an hour: which runs were due by then, and which of them stand in the log. Pure.

EU AI Act Art. 12 and 19 (logs over the lifetime); ISO/IEC 42001 A.6.2.8: a run that never was made shows as such.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.compliance.gaps import due_runs, registry_digest
from governance.evidence import Statement, bundle_key, heartbeat_id, heartbeat_statement
from governance.registry.registry import Registry


@dataclass(frozen=True)
class Beat:
    """The hour [start, end), the id and key of its bundle, and the keys of the runs due and seen."""

    start: datetime
    end: datetime
    id: str
    key: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]

    @property
    def members(self) -> dict[str, bytes]:
        """The payload: one line a run, `seen` or `MISSING` and its key."""
        lines = [f"{'seen' if key in self.seen else 'MISSING'} {key}\n" for key in self.expected]
        return {"runs.txt": "".join(lines).encode()}

    def statement(self, registry: Registry, *, origin: str, created: datetime) -> Statement:
        """The heartbeat statement, about the digest of the registry in force."""
        return heartbeat_statement(
            archive=origin,
            key=self.key,
            created=created,
            start=self.start,
            end=self.end,
            registry=registry_digest(registry),
            expected=self.expected,
            seen=self.seen,
        )


def beat_of(registry: Registry, logged: AbstractSet[str], now: datetime) -> Beat:
    """The heartbeat of the last whole hour before `now` (UTC).

    Expected are the runs that became late in this hour, and those that were late before and are missing still.
    """
    end = now.replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(hours=1)
    due = [run for system in registry.systems.values() for run in due_runs(system, end)]
    late = [run for run in due if run.deadline and run.deadline < end]
    expected = sorted(run.key for run in late if run.key not in logged or (run.deadline and run.deadline >= start))
    name = heartbeat_id(start)
    seen = tuple(key for key in expected if key in logged)
    return Beat(start, end, name, bundle_key(name, start), tuple(expected), seen)
