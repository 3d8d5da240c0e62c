"""One act: a step of a case, by a person or by the system. Acts are what is archived; all else is computed from them.

See docs/formats/case.md. An act never changes; the act with the next number is made in full knowledge of this one.
"""

import re
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, ValidationError

from governance.cases.kind_parts import LATER, YEARS, Grown, Strength, Word
from governance.cases.text import is_plain
from governance.errors import ActRefused, Fault, Place
from governance.evidence.canonical import canonical_json
from governance.evidence.malformed import malformed
from governance.evidence.statement import utc_second
from governance.registry.system import Name, Record

FORMAT = "aims-act/1"
SYSTEM, ANONYMOUS = "system", "anonymous"
CASE_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,143}$"
"""A bundle's id (at most 151 characters) is the case's id, a dot and four to six digits."""


def _to_second(moment: datetime) -> datetime:
    """An aware moment in UTC, to the second."""
    if moment.year not in YEARS:
        raise ValueError("expected a year from 1970 to 2999")
    return moment.astimezone(UTC).replace(microsecond=0)


def _known_zone(zone: str) -> str:
    """An IANA time zone."""
    try:
        return ZoneInfo(zone).key
    except (KeyError, ValueError, OSError):
        raise ValueError("expected an IANA time zone such as Europe/Vienna") from None


Moment = Annotated[AwareDatetime, AfterValidator(_to_second), PlainSerializer(utc_second)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class Basis(Record):
    """A bundle that an act rests on: its key in the archive and its sha256."""

    key: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class CheckpointSeen(Record):
    """The checkpoint that the person had before them: it makes them a witness of the log (root in base64)."""

    origin: str
    size: int = Field(ge=1)
    root: str


class Sighting(Record):
    """What one judged window showed of a case's cause: names of the results with an alarm, and of those in error."""

    window: str
    revision: int
    start: Moment
    end: Moment
    alarms: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`<window>.r<revision>`."""
        return f"{self.window}.r{self.revision}"


class Opening(Grown):
    """What is fixed when a case is opened. `subject` is a system's id, or empty for the organisation.

    `days_off` are the owner's working days that are none, as far as the clock may reach.
    """

    kind: Word
    subject: str
    title: str = Field(min_length=3, max_length=200)
    severity: Word
    cause: str = ""
    sentences: tuple[str, ...] = ()
    owner: Name
    deputy: Name
    reviewer: Name
    escalation: tuple[Name, ...] = Field(min_length=1)
    starts: Moment
    due: date
    zone: Zone
    days_off: tuple[date, ...] = Field(default=(), json_schema_extra=LATER)


class Act(Record):
    """A step of a case. `seq` counts from 1; only act 1 carries an `opening`; `fields` are the form as filled in."""

    case: str = Field(pattern=CASE_ID)
    seq: int = Field(ge=1, le=999_999)
    verb: Word
    by: Name
    at: Moment
    why: str = Field(default="", max_length=4000)
    strength: Strength = Strength.SESSION
    fields: dict[Word, str] = Field(default={})
    rests_on: tuple[Basis, ...] = ()
    checkpoint_seen: CheckpointSeen | None = None
    opening: Opening | None = None
    sighting: Sighting | None = None

    def to_json(self) -> bytes:
        """RFC 8785 canonical JSON: the bytes that are archived, and that a person's own key signs."""
        return canonical_json({"format": FORMAT, **self.model_dump(mode="json")})

    @classmethod
    def from_json(cls, body: bytes, where: str) -> "Act":
        """The act in `body`. Raises Malformed unless `to_json` writes exactly these bytes."""
        try:
            written = _Written.model_validate_json(body)
        except ValidationError:
            raise malformed(where, "an act (docs/formats/case.md)", "another JSON value") from None
        act = cls.model_construct(**{name: getattr(written, name) for name in cls.model_fields})
        if act.to_json() != body:
            raise malformed(where, "canonical JSON (RFC 8785)", "another spelling")
        return act

    def same_step(self, other: "Act") -> bool:
        """Whether two acts are one step, told twice: everything is equal but the moment and the checkpoint seen."""
        told = {"at": self.at, "checkpoint_seen": self.checkpoint_seen, "opening": None}
        mine, theirs = self.model_copy(update={"opening": None}), other.model_copy(update=told)
        return mine == theirs and _cause(self) == _cause(other)


class _Written(Act):
    """An act with the name of its format, as it stands in the archive."""

    format: str = Field(pattern=f"^{FORMAT}$")


def _cause(act: Act) -> tuple[str, str, str] | None:
    return (act.opening.kind, act.opening.subject, act.opening.cause) if act.opening else None


def make_act(**facts: Any) -> Act:
    """An act from what somebody typed.

    Raises:
        ActRefused: with a fault for each part that cannot be; the messages name the parts, never what was typed.
    """
    try:
        act = Act(**facts)
    except ValidationError as error:
        raise refused(error) from None
    said = {"why": act.why, **act.fields}
    if unfit := [name for name, text in said.items() if not is_plain(text)]:
        raise ActRefused(*(_unplain(name) for name in unfit))
    return act


def require_title(title: str) -> str:
    """A title that may stand in lists and messages. Raises ActRefused."""
    if not is_plain(title, lines=False):
        raise ActRefused(_unplain("title"))
    return title


def _unplain(name: str) -> Fault:
    expected = "one line of plain text" if name == "title" else "plain text"
    found = "control characters, or some that turn the direction of writing"
    return Fault(Place(column=name), expected, found, "Type it again, or paste it without formatting.")


def refused(error: ValidationError) -> ActRefused:
    """What pydantic says of typed text, in our words."""
    places = dict.fromkeys(problem["loc"] for problem in error.errors())
    return ActRefused(*dict.fromkeys(_typed_fault(place) for place in places))


def _typed_fault(location: tuple[int | str, ...]) -> Fault:
    """The fault of one part; a value of the form is named by its field, if that is a name."""
    if len(location) == 2 and location[0] == "fields" and re.fullmatch(r"[a-z][a-z0-9_]{1,40}", str(location[1])):
        return _unplain(str(location[1]))
    name = _typed(location)
    return Fault(Place(column=name), *_WANTED.get(name, _WANTED[""]))


def _typed(location: tuple[int | str, ...]) -> str:
    return next((str(part) for part in reversed(location) if part in _WANTED), str(location[-1]) if location else "")


_WANTED = {
    "by": ("a person's id, small letters, digits and hyphens", "another form", "See people.yaml."),
    "verb": ("an act's name, small letters and underscores", "another form", "`aims case ID` lists the acts."),
    "fields": ("names of fields, small letters and underscores", "another form", "Correct the name before the `=`."),
    "why": ("at most 4000 characters", "more", "Say it shorter, and name the document that holds the rest."),
    "title": ("3 to 200 characters", "fewer or more", "Say what it is about in a few words."),
    "severity": ("a severity, small letters and underscores", "another form", "Name one of the kind's."),
    "case": ("a case's id of at most 144 letters, digits, dots and hyphens", "another form", "See `aims cases`."),
    "": ("a value that fits", "another", "Correct it."),
}


def slug(text: str, room: int = 48) -> str:
    """`text` as part of an id. Two texts never share one: what does not fit is cut and gets a digest of the whole."""
    plain = text.replace(":", ".")
    if re.fullmatch(r"[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)*", plain) and "." not in text and len(plain) <= room:
        return plain
    cut = re.sub(r"[^A-Za-z0-9_-]+", ".", plain)[: room - 9].strip(".") or "x"
    return f"{cut}-{sha256(text.encode()).hexdigest()[:8]}"
