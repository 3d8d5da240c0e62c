"""Evidence on demand: what a request asks for, which bundles answer it, and what is missing from its span. Pure.

ISO/IEC 42001 7.5.3 (records are at hand, protected), 9.2 (audit); EU AI Act Art. 26(6), 21 (cooperation).
Rules
1. Days are counted in the system's own zone, both included. A run belongs to the span when its window touches it.
2. A case belongs to it, with all of its acts, when one of them was done in it, or is about a window that touches it.
3. Of the heartbeats, those of the span that name a run of the system.
4. A control asks for the kinds of record that evidence it (controls.yaml, kinds/*.yaml), and for the organisation's
   own cases of these kinds, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

from governance.compliance.gaps import due_runs
from governance.compliance.proof import window_key
from governance.errors import ConfigurationError, Fault, Place
from governance.evidence import Entry, Statement, bundle_key
from governance.evidence.address import BUNDLES
from governance.evidence.answer import ASKED, LISTED, REQUEST, Asked, request_members
from governance.evidence.statement import aims_extension, utc_second
from governance.registry.system import System

RUN, BEAT, ACCESS = "monitor_run", "gap", "access_log"
"""The kinds of record (controls.yaml, evidence_kinds) that runs, heartbeats and requests are."""
LONGEST = timedelta(days=366)  # of a window


@dataclass(frozen=True)
class Control:
    """A control of ISO/IEC 42001 and the kinds of record that evidence it."""

    id: str
    title: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Request:
    """What is asked: the bundles of a system from one day to another, for one control or all; by whom, why, when."""

    system: System
    first: date
    last: date
    by: str
    reason: str
    at: datetime
    token: str
    control: Control | None = None

    @property
    def id(self) -> str:
        """The id of the request's own bundle."""
        return f"evidence-request.{self.system.id}.{self.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{self.token}"

    @property
    def key(self) -> str:
        """Where the request stands."""
        return bundle_key(self.id, self.at)

    @cached_property
    def start(self) -> datetime:
        """The begin of the first day, in UTC."""
        return self._midnight(self.first)

    @cached_property
    def end(self) -> datetime:
        """The end of the last day, in UTC."""
        return self._midnight(self.last + timedelta(days=1))

    @cached_property
    def asked(self) -> Asked:
        """Which runs the answer must hold, as anyone can read it from the keys in the log."""
        return Asked(self.system.id, f"{self.start:%Y/%m/%d/%H}", f"{self.end:%Y/%m/%d/%H}", self.wants(RUN))

    def wants(self, kind: str) -> bool:
        """Whether records of this kind are asked for."""
        return self.control is None or kind in self.control.kinds

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) and the span have a moment in common."""
        return start < self.end and end > self.start

    def may_hold(self, key: str) -> bool:
        """Whether a key can be that of a run, heartbeat or earlier request of the span, as far as keys tell."""
        hour, _, name = key.removeprefix(BUNDLES).rpartition("/")
        if not key.startswith(BUNDLES) or hour < self.asked.after:
            return False
        if name.startswith(f"{self.system.id}."):
            return self.wants(RUN) and hour <= f"{self.end + LONGEST:%Y/%m/%d/%H}"
        named = (("heartbeat.", BEAT), (f"evidence-request.{self.system.id}.", ACCESS))
        return hour <= self.asked.until and any(name.startswith(one) and self.wants(kind) for one, kind in named)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.system.window.zone)).astimezone(UTC)


@dataclass(frozen=True)
class Piece:
    """One bundle of the answer: its line, what it is about, and what it says in words. `status` of runs only."""

    index: int
    entry: Entry
    kind: str
    about: str
    words: str
    status: str = ""


@dataclass(frozen=True)
class Missing:
    """What the span should hold and the log does not: a window's run, a stretch without heartbeat; in words."""

    what: str
    words: str


@dataclass(frozen=True)
class Dossier:
    """What was handed out: the request and its line, the bundles, what is missing, and what verifies all of it."""

    request: Request
    own: Piece
    pieces: tuple[Piece, ...]
    missing: tuple[Missing, ...]
    checkpoint: str
    root_digest: str
    root_version: int
    is_demo: bool


def missing_runs(request: Request, logged: AbstractSet[str]) -> list[Missing]:
    """The windows of the span, due by the registry in force, whose run is not in the log."""
    if not request.wants(RUN):
        return []
    system = request.system
    deadlines = {run.key: run.deadline for run in due_runs(system, request.at)}
    found = []
    for period in system.window.due(request.at):
        key = window_key(system.id, period)
        if request.touches(period.start, period.end) and key not in logged:
            deadline = deadlines.get(key)
            is_late = deadline is not None and deadline < request.at
            by = f"its result should have been there by {utc_second(deadline)}" if deadline else "it has no date"
            words = f"ended {utc_second(period.end)}, not judged: {by}"
            found.append(Missing(f"window {period.name}", words if is_late else f"{words} (not late yet)"))
    return found


def silences(request: Request, logged: Iterable[str], beat: timedelta) -> list[Missing]:
    """The stretches of the span, as far as it is past, without a heartbeat for more than two beats."""
    if not request.wants(BEAT):
        return []
    names = (key.rpartition("/")[2].removesuffix(".tar") for key in logged)
    hours = sorted(hour for name in names if name.startswith("heartbeat.") and (hour := _hour(name)))
    if not hours:
        return [Missing("heartbeats", "the log holds none: a run that never was made shows by the windows above alone")]
    first, last = max(request.start, hours[0]), min(request.end, request.at - 2 * beat)  # the newest may be to come
    inside = [hour for hour in hours if first <= hour <= last]
    edges = [first, *inside, last] if first < last else []
    return [
        Missing("heartbeats", f"none from {utc_second(before)} to {utc_second(after)}")
        for before, after in pairwise(edges)
        if after - before > 2 * beat
    ]


def _hour(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.removeprefix("heartbeat."), "%Y%m%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None


def members(request: Request, pieces: Sequence[Piece], missing: Sequence[Missing]) -> dict[str, bytes]:
    """The payload of the request's bundle: who asked for what and why, what is missing, the list of what is given."""
    said = {
        "id": request.id,
        "from": request.first.isoformat(),
        "to": request.last.isoformat(),
        "control": request.control.id if request.control else "",
        "by": request.by,
        "reason": request.reason,
        "askedAt": utc_second(request.at),
        "missing": [{"what": one.what, "why": one.words} for one in missing],
    }
    return request_members(said, request.asked, [piece.entry for piece in pieces])


def statement(request: Request, payload: Mapping[str, bytes], *, origin: str) -> Statement:
    """What the request's bundle states, about its two files. The person's word is as strong as a session."""
    predicate = {
        "system": request.system.id,
        "from": request.first.isoformat(),
        "to": request.last.isoformat(),
        "control": request.control.id if request.control else "",
        "by": request.by,
        "reason": request.reason,
        "strength": "session",
        "aims": aims_extension(origin, request.key, request.at, system=request.system.id),
    }
    digests = {f"data/{name}": sha256(payload[name]).hexdigest() for name in (ASKED, LISTED)}
    return Statement(REQUEST, digests, predicate)


def checked_span(first: date, last: date) -> None:
    """Raises ConfigurationError unless the first day is not after the last, and both lie in years that clocks know."""
    if not (date(1970, 1, 2) <= first <= last <= date(2999, 12, 31)):
        raise ConfigurationError(
            Fault(Place(column="--from, --to"), "two days, the first not after the last", f"{first} and {last}",
                  "Give both as YYYY-MM-DD; both days are included.")
        )  # fmt: skip
