"""The acts that a verdict asks for: open a case, update it, reopen it, or close it after a passing retest.

Pure and idempotent: the same verdict planned twice asks for nothing new.

1. A cause has at most one open case; a later window that shows it again updates the case.
2. A window that a case has recorded (by name and revision) is never recorded again, on an open case or a closed one.
3. In the state that waits for a retest, a window is fresh when it starts on or after the day the mend took effect.
   There the cause again reopens the case; a proven pass of everything that alarmed closes it; anything else waits.
4. A window from before the mend of a closed case of the same cause opens nothing: what it shows has been mended.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from governance.cases.act import SYSTEM, Act, Basis, Opening, Sighting, slug
from governance.cases.case import Case
from governance.cases.clock import clocked, local_day
from governance.cases.finding import Finding, findings, passes, sighting_of
from governance.cases.kind import Kind
from governance.cases.kind_parts import Monitor, Strength
from governance.cases.rules import apply
from governance.errors import ConfigurationError, Fault, Place
from governance.registry.people import People
from governance.registry.system import System
from governance.verdict import Verdict

KindOf = Callable[[Case], Kind]


def finding_case_id(kind: Kind, system: str, finding: Finding) -> str:
    """`REM-<system>-<cause>-<window>`: the window is the one in which the case was opened."""
    return f"{kind.prefix}-{system}-{slug(finding.cause)}-{slug(finding.sighting.window, room=24)}"


def plan(
    found: Sequence[Finding],
    cases: Iterable[Case],
    *,
    system: System,
    people: People,
    now: datetime,
    kind: Kind,
    basis: tuple[Basis, ...] = (),
    kind_of: KindOf | None = None,
) -> list[Act]:
    """The acts that findings ask for.

    Args:
        found: the findings of one verdict.
        cases: all cases of the system, closed ones too.
        system: the system, with its people.
        people: gives the owner's time zone.
        now: the moment of acting (aware).
        kind: a kind with `monitor`, for cases that are opened now.
        basis: the bundle of the verdict.
        kind_of: the kind that a case was opened with; without it `kind` is taken for all.

    Raises:
        ConfigurationError: the kind says nothing of monitoring.
    """
    round_ = _Round(kind, kind_of or (lambda _: kind), now, basis)
    mine = [case for case in cases if case.subject == system.id and case.kind == kind.name]
    acts = [round_.act(finding, mine, system, people) for finding in found]
    return [act for act in acts if act is not None]


def retests(
    verdict: Verdict,
    cases: Iterable[Case],
    *,
    now: datetime,
    kind: Kind,
    basis: tuple[Basis, ...] = (),
    kind_of: KindOf | None = None,
) -> list[Act]:
    """The acts that close cases, because a fresh window proves that everything that alarmed now passes (rule 3)."""
    round_ = _Round(kind, kind_of or (lambda _: kind), now, basis)
    ringing = {finding.cause for finding in findings(verdict)}
    mine = [case for case in cases if case.subject == verdict.system and case.kind == kind.name]
    acts = [round_.retest(case, verdict) for case in mine if case.cause not in ringing]
    return [act for act in acts if act is not None]


@dataclass(frozen=True)
class Plan:
    """What a verdict asks for: the acts, and the cases as they will stand after them, in the same order."""

    acts: tuple[Act, ...] = ()
    cases: tuple[Case, ...] = ()


def plan_verdict(
    verdict: Verdict,
    cases: Sequence[Case],
    *,
    system: System,
    people: People,
    now: datetime,
    kind: Kind,
    basis: tuple[Basis, ...] = (),
    kind_of: KindOf | None = None,
) -> Plan:
    """Everything a verdict asks for: its findings and its retests (arguments as in `plan`).

    Raises:
        ActRefused: a person of the system is not in people.yaml.
    """
    found, governing = findings(verdict), kind_of or (lambda _: kind)
    acts = plan(
        found, cases, system=system, people=people, now=now, kind=kind, basis=basis, kind_of=governing
    ) + retests(verdict, cases, now=now, kind=kind, basis=basis, kind_of=governing)
    known = {case.id: case for case in cases}
    before = [known.get(act.case) for act in acts]
    after = [
        apply(governing(case) if case else kind, case, act, people) for act, case in zip(acts, before, strict=True)
    ]
    return Plan(tuple(acts), tuple(after))


def _monitor(kind: Kind) -> Monitor:
    """What the kind says of monitoring."""
    if kind.monitor is None:
        place = Place(f"kinds/{kind.name}.yaml", column="monitor")
        raise ConfigurationError(Fault(place, "the acts of a monitoring run", "nothing", "Add `monitor`."))
    return kind.monitor


@dataclass(frozen=True)
class _Round:
    """One round of planning: by which kind, when, and on which bundle it rests."""

    kind: Kind
    kind_of: KindOf
    now: datetime
    basis: tuple[Basis, ...]

    def act(self, finding: Finding, cases: Sequence[Case], system: System, people: People) -> Act | None:
        """The one act that a finding asks for, or None when its window has been recorded or mended."""
        same = [case for case in cases if case.cause == finding.cause]
        if any(finding.sighting.name in case.seen for case in same):
            return None
        identifier = finding_case_id(self.kind, system.id, finding)
        standing = [case for case in same if not self._is_final(case) or case.id == identifier]
        if standing:
            case = min(standing, key=lambda case: (self._is_final(case), case.opened_at))
            again = self._is_final(case) or self.is_fresh(case, finding.sighting)
            monitor = _monitor(self.kind_of(case))
            verb = monitor.reopen if again else monitor.update
            return self._step(case, verb, finding.sighting, " ".join(finding.sentences))
        if any(self._is_mended(case, finding.sighting) for case in same):
            return None
        return self._open(finding, identifier, system, people)

    def retest(self, case: Case, verdict: Verdict) -> Act | None:
        """The act that closes a case by this verdict, if it proves the mend."""
        window = sighting_of(verdict)
        if not self.is_fresh(case, window) or case.last is None or not passes(case.last, verdict):
            return None
        why = f"In window {verdict.window} everything that had alarmed passes."
        return self._step(case, _monitor(self.kind_of(case)).retest.act, window, why)

    def _step(self, case: Case, verb: str, sighting: Sighting, why: str) -> Act | None:
        """The system's next act on a case, if its state allows the act."""
        if case.state not in self.kind_of(case).acts[verb].from_:
            return None
        return self._said(why, case=case.id, seq=case.seq + 1, verb=verb, sighting=sighting)

    def _said(self, why: str, **facts: Any) -> Act:
        """An act of the system."""
        said = {"by": SYSTEM, "at": self.now, "why": why[:4000], "strength": Strength.SYSTEM, "rests_on": self.basis}
        return Act(**said, **facts)

    def _open(self, finding: Finding, identifier: str, system: System, people: People) -> Act:
        """The act that opens a case for a finding."""
        owner = people.get(system.people.owner)
        zone = owner.zone if owner else "UTC"
        opening = Opening(
            kind=self.kind.name,
            subject=system.id,
            title=finding.title,
            severity=finding.severity,
            cause=finding.cause,
            sentences=finding.sentences,
            **system.people.model_dump(),
            starts=self.now,
            **clocked(self.kind.clock, finding.severity, self.now, zone, partial(people.days_off, system.people.owner)),
            zone=zone,
        )
        why = " ".join(finding.sentences)
        return self._said(
            why, case=identifier, seq=1, verb=_monitor(self.kind).open, sighting=finding.sighting, opening=opening
        )

    def _is_final(self, case: Case) -> bool:
        return self.kind_of(case).states[case.state].final

    def _since(self, case: Case) -> date | None:
        """The day from which the mend shows, when somebody has named one."""
        said = case.fields.get(_monitor(self.kind_of(case)).retest.since)
        return date.fromisoformat(said) if said else None

    def is_fresh(self, case: Case, sighting: Sighting) -> bool:
        """Rule 3: the case waits for a retest, and the window is from after the mend."""
        waits = case.state == _monitor(self.kind_of(case)).retest.state
        return waits and self._since(case) is not None and not self._is_mended(case, sighting)

    def _is_mended(self, case: Case, sighting: Sighting) -> bool:
        """Rule 4: the window is from before the mend."""
        since = self._since(case)
        return since is not None and local_day(sighting.start, case.zone) < since
