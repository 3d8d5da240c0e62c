"""Gaps as cases: opened once, reopened when a gap comes back, closed when it is gone. Pure and idempotent."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from governance.cases.act import SYSTEM, Act, Opening
from governance.cases.case import Case
from governance.cases.clock import clocked
from governance.cases.kind import Kind
from governance.cases.kind_parts import Strength
from governance.compliance.gaps import UNREACHABLE, Gap
from governance.registry.registry import Registry
from governance.registry.system import Roles

RISKS = ("prohibited", "high", "limited", "minimal")


def roles_for(registry: Registry, gap: Gap) -> Roles | None:
    """Who answers for a gap: the system's people; for the organisation its own, or those of the riskiest system.

    Of a gap that is about some systems it is the riskiest of these.
    """
    if gap.subject:
        return registry.systems[gap.subject].people if gap.subject in registry.systems else None
    if registry.people.organisation:
        return registry.people.organisation
    concerned = [one for one in registry.systems.values() if not gap.among or one.id in gap.among]
    ordered = sorted(concerned, key=lambda one: (RISKS.index(one.ai_act.risk_class), one.id))
    return ordered[0].people if ordered else None


def plan_gaps(found: Sequence[Gap], cases: Iterable[Case], registry: Registry, kind: Kind, now: datetime) -> list[Act]:
    """The acts that open, reopen and close cases of the kind `gap`.

    Args:
        found: every gap there is now.
        cases: all cases, closed ones too.
        registry: who answers.
        kind: the kind `gap`.
        now: the moment of acting (aware).
    """
    mine = [case for case in cases if case.kind == kind.name]
    there = {(gap.subject, gap.cause) for gap in found}
    gone = [case for case in mine if not kind.states[case.state].final and (case.subject, case.cause) not in there]
    steps = [_step(case, "close", _why_gone(case, found), now) for case in gone]
    opened = [_opened(gap, mine, registry, kind, now) for gap in found]
    return steps + [act for act in opened if act is not None]


def _why_gone(case: Case, found: Sequence[Gap]) -> str:
    """That a gap is gone, or that a case of the old rule, one for a system, is told by person now."""
    named = [gap.cause for gap in found if case.cause == UNREACHABLE and case.subject in gap.among]
    return f"It is a case for each person now: {', '.join(named)}." if named else "It is gone."


def _opened(gap: Gap, cases: Sequence[Case], registry: Registry, kind: Kind, now: datetime) -> Act | None:
    """The act that puts a gap before somebody, unless a case stands for it already."""
    same = [case for case in cases if (case.subject, case.cause) == (gap.subject, gap.cause)]
    if any(not kind.states[case.state].final for case in same):
        return None
    identifier = f"{kind.prefix}-{gap.subject or 'organisation'}-{gap.cause}-{now:%Y%m%d}"
    again = next((case for case in same if case.id == identifier), None)
    if again:
        return _step(again, "reopen", " ".join(gap.sentences), now)
    opening = _opening(gap, registry, kind, now)
    if opening is None:
        return None
    return Act(
        case=identifier, seq=1, verb="open", by=SYSTEM, at=now, why=" ".join(gap.sentences)[:4000],
        strength=Strength.SYSTEM, opening=opening,
    )  # fmt: skip


def _step(case: Case, verb: str, why: str, now: datetime) -> Act:
    """The system's next act on a case."""
    why = why[:4000]
    return Act(case=case.id, seq=case.seq + 1, verb=verb, by=SYSTEM, at=now, why=why, strength=Strength.SYSTEM)


def _opening(gap: Gap, registry: Registry, kind: Kind, now: datetime) -> Opening | None:
    """What is fixed when the case of a gap is opened; None while nobody answers for its subject."""
    roles = roles_for(registry, gap)
    if roles is None:
        return None
    owner = registry.people.get(roles.owner)
    zone = owner.zone if owner else "UTC"
    return Opening(
        kind=kind.name,
        subject=gap.subject,
        title=gap.title,
        severity=gap.severity,
        cause=gap.cause,
        sentences=gap.sentences,
        **roles.model_dump(),
        starts=now,
        **clocked(kind.clock, gap.severity, now, zone, partial(registry.people.days_off, roles.owner)),
        zone=zone,
    )
