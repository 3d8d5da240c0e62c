"""The parts of a kind of case: states, acts with their forms, clock, controls, and what a monitoring run does."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from governance.registry.system import Record

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
Role = Literal["owner", "deputy", "reviewer", "escalation", "system", "anyone"]
TEXT_LIMIT = 4000
YEARS = range(1970, 3000)
"""Years that a moment may lie in: no calculation with days leaves the calendar."""
_FORMS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "moment": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII),
    "number": re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII),
}


class Strength(StrEnum):
    """How strongly we know who acted; the order of the members is the order of strength."""

    SESSION = "session"  # said in the UI or the command line by someone who was let in
    CODE = "code"  # a one-time code that was sent to them alone
    SSH = "ssh"  # their own key signed the act
    SYSTEM = "system"  # the product itself, by the key that signs every bundle

    def reaches(self, least: "Strength") -> bool:
        """Whether this is at least as strong as `least`."""
        return list(Strength).index(self) >= list(Strength).index(least)


LATER: dict[str, Any] = {"later": True}


class Grown(Record):
    """A part that has learned fields since it was first archived: while unset they are not written.

    So the acts and the kind of an old case still have the bytes that they had.
    """

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        later = {name for name, field in type(self).model_fields.items() if field.json_schema_extra == LATER}
        return {name: value for name, value in write(self).items() if value or name not in later}


class FieldRule(Grown):
    """One field of an act's form, with the label that people read.

    What is typed into a `personal` field is archived encrypted under the case's own key (cases/personal.py).
    """

    type: Literal["text", "date", "moment", "number", "choice", "person"] = "text"
    label: str = Field(min_length=3)
    required: bool = True
    choices: tuple[str, ...] = ()
    within_days: int | None = Field(
        default=None, ge=0, description="a date not earlier than today, not later than this"
    )
    personal: bool = Field(default=False, json_schema_extra=LATER)

    def lacks(self, value: str, today: date) -> str:
        """What a good value would be on this day, when this one is not; else nothing."""
        return self._mistyped(value) or self._out_of_reach(value, today)

    def _out_of_reach(self, value: str, today: date) -> str:
        """The span that a date is outside of, or nothing."""
        if self.within_days is None or 0 <= (date.fromisoformat(value) - today).days <= self.within_days:
            return ""
        return f"a date from {today} to {today + timedelta(days=self.within_days)}"

    def _mistyped(self, value: str) -> str:
        """What a value of the type is, or nothing when this is one."""
        good: dict[str, tuple[str, Callable[[], object]]] = {
            "text": ("some text, at most 4000 characters", lambda: 0 < len(value) <= TEXT_LIMIT),
            "date": ("a date such as 2026-11-24", lambda: date.fromisoformat(value).year in YEARS),
            "moment": (
                "a time with its zone, such as 2026-11-24T09:30+01:00",
                lambda: datetime.fromisoformat(value).year in YEARS,
            ),
            "number": ("a number", lambda: isfinite(float(value))),
            "choice": (f"one of {', '.join(self.choices)}", lambda: value in self.choices),
            "person": ("a person's id", lambda: re.fullmatch(r"[a-z][a-z0-9-]{1,60}", value)),
        }
        wanted, test = good[self.type]
        if self.type in _FORMS and not _FORMS[self.type].fullmatch(value):
            return wanted
        try:
            return "" if test() else wanted
        except ValueError:
            return wanted

    @model_validator(mode="after")
    def _choices(self) -> "FieldRule":
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("`choices` exactly where the type is `choice`")
        if self.within_days is not None and self.type != "date":
            raise ValueError("`within_days` only where the type is `date`")
        if self.personal and self.type != "text":
            raise ValueError("`personal` only where the type is `text`")
        return self


class State(Record):
    """One state of a case: what it means, whom it waits for, and what happens when its due date passes."""

    about: str = Field(min_length=5)
    waits_for: Role | None = None
    final: bool = False
    lapses: str = Field(default="", description="the act that the system does the day after the due date")


class ActRule(Grown):
    """One act: from which states (none: it opens the case), to which (empty: the state stays), and who may do it.

    `not_by` is separation of duties: roles, earlier acts (whoever did one of them), or `author` (who opened the case).
    `sets` names the field whose value becomes the case's due date, owner, deputy, reviewer or severity; a new severity
    starts the clock's count anew from the same moment. `erases` marks the act after which the key of the case's
    personal text is destroyed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, populate_by_name=True)

    about: str = Field(min_length=5)
    from_: tuple[Word, ...] = Field(default=(), alias="from")
    to: str = ""
    who: tuple[Role, ...] = Field(min_length=1)
    not_by: tuple[str, ...] = ()
    anonymous: bool = Field(default=False, description="may be done without a name, as `anonymous`")
    fields: dict[Word, FieldRule] = Field(default={})
    strength: Strength = Strength.SESSION
    sets: dict[Literal["due", "owner", "deputy", "reviewer", "severity"], Word] = Field(default={})
    erases: bool = Field(default=False, json_schema_extra=LATER)

    @property
    def personal(self) -> tuple[str, ...]:
        """The fields whose text is kept encrypted."""
        return tuple(name for name, field in self.fields.items() if field.personal)

    @property
    def opens(self) -> bool:
        """Whether this act opens a case."""
        return not self.from_


class DueRule(Record):
    """Days until a case is due, by which rule or law, and from when until when (exclusive) it is in force."""

    days: int = Field(ge=0, le=3660)
    count: Literal["working", "calendar"] = "calendar"
    basis: str = ""
    since: date | None = None
    until: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether the rule holds for a clock that starts on this day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Clock(Record):
    """When a case is due by severity, when its owner is reminded, when the next in the chain is told.

    `starts` is the opening act's field with the moment the clock runs from; empty: the opening itself.
    `remind` counts days before the due date, `escalate` days after it.
    """

    starts: str = ""
    due: dict[Word, tuple[DueRule, ...]] = Field(min_length=1)
    remind: tuple[Annotated[int, Field(ge=0)], ...] = (3, 1, 0)
    escalate: tuple[Annotated[int, Field(ge=1)], ...] = (1, 5)

    @field_validator("due", mode="before")
    @classmethod
    def _lists(cls, due: Any) -> Any:
        """One rule may be written without its list."""
        if not isinstance(due, dict):
            return due
        return {key: rule if isinstance(rule, list | tuple) else [rule] for key, rule in due.items()}


class Evidences(Record):
    """The controls this kind is evidence for: ids of ISO/IEC 42001, articles of the EU AI Act."""

    iso42001: tuple[str, ...] = Field(min_length=1)
    ai_act: tuple[str, ...] = ()


class Retest(Record):
    """The state that waits for a fresh window, the act that its pass allows, the field with the first fresh day."""

    state: Word
    act: Word
    since: Word


class Monitor(Record):
    """The acts that a monitoring run does by itself, for kinds that a verdict opens."""

    open: Word
    update: Word
    reopen: Word
    retest: Retest


class KindParts(Record):
    """The parts that must fit together (cases/kind_faults.py)."""

    states: dict[Word, State]
    acts: dict[Word, ActRule]
    clock: Clock
    evidences: Evidences
    monitor: Monitor | None = None
