"""A case as it stands: the fold of its acts. Never stored as truth; whoever has the acts has the case."""

from datetime import date, datetime

from pydantic import Field

from governance.cases.act import Act, Moment, Opening, Sighting
from governance.cases.kind_parts import Role
from governance.registry.system import Record


class Void(Record):
    """An act of the log that the kind did not allow: it changed nothing, and is shown."""

    seq: int
    verb: str
    by: str
    reason: str


class Erasure(Record):
    """Who had the key of a case's personal text destroyed, and when."""

    by: str
    at: Moment


class Case(Record):
    """A case after its acts up to number `seq`.

    Attributes:
        subject: a system's id, or empty for the organisation.
        hour: the moment that the keys of its acts stand under (the end of its first window, or its opening).
        seen: every `<window>.r<revision>` that was recorded on it, in that order.
        last: the newest window (by its start) that showed its cause.
        did: who did each act so far, by act.
        fields: the newest value of each field that was filled in.
        basis: key of the newest bundle that an act rested on.
        erased: the erasure of its personal text, if there was one.
    """

    id: str
    kind: str
    subject: str
    title: str
    sentences: tuple[str, ...]
    cause: str
    severity: str
    owner: str
    deputy: str
    reviewer: str
    escalation: tuple[str, ...]
    starts: Moment
    due: date
    zone: str
    days_off: tuple[date, ...] = ()
    state: str
    opened_at: Moment
    opened_by: str
    changed_at: Moment
    hour: Moment
    seq: int
    opened_window: str = ""
    last: Sighting | None = None
    seen: tuple[str, ...] = ()
    did: dict[str, tuple[str, ...]] = Field(default={})
    fields: dict[str, str] = Field(default={})
    basis: str = ""
    void: tuple[Void, ...] = ()
    erased: Erasure | None = None

    def holders(self, role: Role) -> tuple[str, ...]:
        """The people who hold a role on this case; `anyone` and `system` name nobody."""
        named = {"owner": (self.owner,), "deputy": (self.deputy,), "reviewer": (self.reviewer,)}
        return self.escalation if role == "escalation" else named.get(role, ())


def begun(act: Act, opening: Opening, state: str) -> Case:
    """The case right after its opening act."""
    shared = {name: getattr(opening, name) for name in Opening.model_fields if name in Case.model_fields}
    hour: datetime = act.sighting.end if act.sighting else act.at
    blank = Case(
        **shared, id=act.case, state=state, opened_at=act.at, opened_by=act.by, changed_at=act.at, hour=hour, seq=0,
        opened_window=act.sighting.window if act.sighting else "",
    )  # fmt: skip
    return moved(blank, act, state, {})


def moved(case: Case, act: Act, state: str, sets: dict[str, str], *, erases: bool = False) -> Case:
    """The case after one more act, which leads to `state`, sets these attributes, and may erase its personal text."""
    changes: dict[str, object] = {name: date.fromisoformat(to) if name == "due" else to for name, to in sets.items()}
    changes |= {
        "state": state,
        "seq": act.seq,
        "changed_at": act.at,
        "did": case.did | {act.verb: (*case.did.get(act.verb, ()), act.by)},
        "fields": case.fields | act.fields,
        "basis": act.rests_on[-1].key if act.rests_on else case.basis,
        "erased": Erasure(by=act.by, at=act.at) if erases else case.erased,
    }
    if act.sighting:
        newer = case.last is None or act.sighting.start >= case.last.start
        showed = bool(act.sighting.alarms or act.sighting.errors)
        changes |= {"seen": (*case.seen, act.sighting.name), "last": act.sighting if newer and showed else case.last}
    return case.model_copy(update=changes)
