"""The act with which a person opens a case; a monitoring run opens its own (cases/plan.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from governance.cases.act import Act, Opening, make_act, refused, require_title
from governance.cases.clock import DaysOff, clocked
from governance.cases.kind import Kind
from governance.cases.kind_parts import YEARS, Strength
from governance.errors import ActRefused, Fault, Place
from governance.registry.system import Roles


@dataclass(frozen=True)
class Subject:
    """What a case is about (a system's id; empty: the organisation), who answers, the owner's zone and days off."""

    system: str
    roles: Roles
    zone: str
    days_off: DaysOff = lambda _first, _last: ()


def opening_act(
    kind: Kind,
    subject: Subject,
    *,
    verb: str,
    title: str,
    severity: str,
    by: str,
    at: datetime,
    why: str,
    token: str,
    fields: Mapping[str, str] | None = None,
    sentences: tuple[str, ...] = (),
    strength: Strength = Strength.SESSION,
) -> Act:
    """Act 1 of a new case, `<prefix>-<subject>-<yyyymmdd>-<token>`.

    Args:
        kind: the kind of the case.
        subject: what it is about, and who answers.
        verb: the opening act of the kind.
        title: what it is about in a few words, without anyone's name.
        severity: a word of the kind's clock.
        by: a person's id, or `anonymous` where the kind lets that be.
        at: now (aware).
        why: in their words.
        token: four or more letters and digits that no other case of the day has.
        fields: the form as filled in; the clock starts at the kind's `starts` field if it names one.
        sentences: more in plain words.
        strength: how strongly we know who it is.

    Raises:
        ActRefused: the severity is none of the kind's, or the field from which the clock starts is no moment.
    """
    said = dict(fields or {})
    if severity not in kind.clock.due:
        known = ", ".join(kind.clock.due)
        raise ActRefused(Fault(Place(column="severity"), f"one of {known}", "another word", "Choose one of them."))
    starts = _start(kind, said, at)
    opening = _opening(kind, subject, starts, title=title, severity=severity, sentences=sentences)
    case = f"{kind.prefix}-{subject.system or 'organisation'}-{at:%Y%m%d}-{token}"
    return make_act(case=case, seq=1, verb=verb, by=by, at=at, why=why, strength=strength, fields=said, opening=opening)


def _opening(
    kind: Kind, subject: Subject, starts: datetime, *, title: str, severity: str, sentences: tuple[str, ...]
) -> Opening:
    """What is fixed when the case is opened."""
    try:
        return Opening(
            kind=kind.name,
            subject=subject.system,
            title=require_title(title),
            severity=severity,
            sentences=sentences,
            **subject.roles.model_dump(),
            starts=starts,
            **clocked(kind.clock, severity, starts, subject.zone, subject.days_off),
            zone=subject.zone,
        )
    except ValidationError as error:
        raise refused(error) from None


def _start(kind: Kind, fields: Mapping[str, str], at: datetime) -> datetime:
    """The moment from which the clock runs."""
    name = kind.clock.starts
    if not name:
        return at
    try:
        moment = datetime.fromisoformat(fields[name])
        if moment.tzinfo is not None and moment.year in YEARS:
            return moment
    except (KeyError, ValueError):
        pass
    wanted = "a time with its zone, such as 2026-11-24T09:30+01:00"
    raise ActRefused(Fault(Place(column=name), wanted, "nothing like it", f"Give it: --field {name}=…"))
