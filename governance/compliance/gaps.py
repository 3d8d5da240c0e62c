"""What should be there and is not: runs, results, reachable people, acknowledgements, current records. Pure.

ISO/IEC 42001 9.1 (monitoring), 10.2 (nonconformity), A.3.2 (roles), A.6.2.6; EU AI Act Art. 12, 19, 26(5).
A gap has a cause, and one cause of one subject is one case, opened once and closed when it is gone (gap_cases.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.label import is_unacknowledged
from governance.cases.reminder import overdue_days
from governance.compliance.cron import next_fire
from governance.evidence.address import bundle_key
from governance.registry.registry import Registry
from governance.registry.system import System
from governance.window import Period

RUN_TIME = timedelta(hours=2)
"""How long after its scheduled start a run may take to stand in the archive."""
UNTOLD = timedelta(hours=2)
ON_OCCASION = frozenset({"remediation", "appeal", "incident", "halt", "concern", "model_change", "gap", "challenge"})
"""Kinds that arise only when something happens: having none is no gap. The others are due at planned intervals."""
SHOWN = 12
UNREACHABLE = "unreachable"
"""The cause of a gap begins so; before there was one for each person, it was the whole cause of one for each system."""


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: of which system (empty: the organisation), why, how grave, in plain words.

    `among` are the systems that a gap of the organisation is about, if it is about some.
    """

    subject: str
    cause: str
    severity: str
    title: str
    sentences: tuple[str, ...]
    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class DueRun:
    """A run that should stand in the archive: its bundle's key, its window, and from when it is late (None: never)."""

    key: str
    system: str
    window: str
    deadline: datetime | None


def due_runs(system: System, now: datetime) -> list[DueRun]:
    """Every window of a system that has ended, with the moment at which its run is late.

    A run is late two hours after the first scheduled start that follows the end of its window.
    """
    return [_due_run(system, period) for period in system.window.due(now)]


def _due_run(system: System, period: Period) -> DueRun:
    start = next_fire(system.schedule.cron, system.schedule.zone or system.window.zone, period.end)
    key = bundle_key(f"{system.id}.{period.name}.r0", period.end)
    return DueRun(key, system.id, period.name, start + RUN_TIME if start else None)


def late_runs(system: System, logged: AbstractSet[str], now: datetime, max_age_days: int) -> list[Gap]:
    """The gap of runs that are late; `high` when one is late by more than the age at which a result is stale."""
    late = [run for run in due_runs(system, now) if run.key not in logged and run.deadline and run.deadline < now]
    if not late:
        return []
    oldest = min(run.deadline for run in late if run.deadline)
    is_stale = now - oldest > timedelta(days=max_age_days)
    sentences = [f"{len(late)} windows have no result in the archive: {_listed([run.window for run in late])}."]
    sentences.append(f"The first should have been there by {oldest:%Y-%m-%d %H:%M %Z}.")
    if is_stale:
        sentences.append(f"A result older than {max_age_days} days is stale: nobody knows how the system does now.")
    severity = "high" if is_stale else "medium"
    return [Gap(system.id, "late-runs", severity, "Windows that were not judged", tuple(sentences))]


def unreachable(registry: Registry, failing: Mapping[str, datetime], *, has_default: bool) -> list[Gap]:
    """People of systems who have no address, or whose addresses do not work: one gap a person, naming the systems.

    Args:
        registry: systems and people.
        failing: since when no address of a person has worked.
        has_default: whether people without an address are written to at an address that somebody set.
    """
    gaps = []
    for person, systems in sorted(_systems_by_person(registry).items()):
        said = [] if has_default or _has_address(registry, person) else [f"No address is known for {person}."]
        if person in failing:
            said.append(f"No address works for {person} since {failing[person]:%Y-%m-%d %H:%M} UTC.")
        if said:
            said += [f"They are {role} of {_listed(names)}." for role, names in systems.items()]
            severity = "high" if "owner" in systems else "medium"
            among = tuple(dict.fromkeys(name for names in systems.values() for name in names))
            title = "A person who cannot be told"
            gaps.append(Gap("", f"{UNREACHABLE}-{person}", severity, title, tuple(said), among))
    return gaps


def _systems_by_person(registry: Registry) -> dict[str, dict[str, list[str]]]:
    """Of each person the systems by role, the most pressing role first; a system once for each person."""
    found: dict[str, dict[str, list[str]]] = {}
    for role in ("owner", "deputy", "reviewer", "escalation"):
        for system in registry.systems.values():
            named = getattr(system.people, role)
            for person in (named,) if isinstance(named, str) else named:
                mine = found.setdefault(person, {})
                if not any(system.id in names for names in mine.values()):
                    mine.setdefault(role, []).append(system.id)
    return found


def _has_address(registry: Registry, person: str) -> bool:
    known = registry.people.get(person)
    return bool(known and known.notify)


def unacknowledged(cases: Iterable[Case], kind_of: Callable[[Case], Kind], now: datetime) -> list[Gap]:
    """Cases past their date that nobody has taken on, by system; a gap is no gap's cause."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        kind = kind_of(case)
        if case.kind != "gap" and is_unacknowledged(case, kind) and overdue_days(case, kind, now):
            found.setdefault(case.subject, []).append(case)
    return [
        Gap(subject, "unacknowledged", "high", "Cases that nobody has taken on in time",
            (f"{len(mine)} cases are past their date and not taken on: {_listed([case.id for case in mine])}.",
             f"They wait for {_listed(sorted({case.owner for case in mine}))}."))
        for subject, mine in sorted(found.items())
    ]  # fmt: skip


def undelivered(untold: Mapping[str, Sequence[tuple[Case, datetime]]], now: datetime) -> list[Gap]:
    """People who were not told of a case within two hours, by system: `untold` is by person, with the case's moment."""
    found: dict[str, list[str]] = {}
    for person, waiting in sorted(untold.items()):
        for case, since in waiting:
            if case.kind != "gap" and now - since > UNTOLD:
                found.setdefault(case.subject, []).append(f"{person} of {case.id}")
    title = "Messages that were not delivered"
    return [
        Gap(subject, "undelivered", "medium", title, (f"Not told for over two hours: {_listed(lines)}.",))
        for subject, lines in sorted(found.items())
    ]


def stale_records(newest: Mapping[str, datetime], max_age: Mapping[str, int], now: datetime) -> list[Gap]:
    """Records that are due at planned intervals and are missing or too old, as one gap of the organisation.

    Args:
        newest: by kind of case, when somebody last acted on one.
        max_age: by kind of case, after how many days a record is stale (deployments/controls.yaml).
        now: the moment (aware).
    """
    said = []
    for kind in sorted(set(max_age) - ON_OCCASION):
        if kind not in newest:
            said.append(f"There is no {kind} yet; one is due at least every {max_age[kind]} days.")
        elif now - newest[kind] > timedelta(days=max_age[kind]):
            said.append(f"The newest {kind} is of {newest[kind]:%Y-%m-%d}, older than {max_age[kind]} days.")
    return [Gap("", "stale-records", "medium", "Records that are missing or stale", tuple(said))] if said else []


def registry_digest(registry: Registry) -> str:
    """sha256 (hex) of every system's file as read, by id: the list of what is due comes from it."""
    text = "".join(f"{name}\n{registry.texts[name]}\n" for name in sorted(registry.texts))
    return sha256(text.encode()).hexdigest()


def _listed(names: Sequence[str]) -> str:
    """Names as text; a long list is cut and counted."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
