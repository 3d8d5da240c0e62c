"""Which bundles answer a request for evidence: found by their keys and by the index of cases, read from the archive."""

from collections.abc import Iterator

from governance.adapters.workplace import Workplace
from governance.cases.act import Act
from governance.cases.page import KNOWN_BY
from governance.compliance.evidence_request import ACCESS, BEAT, RUN, Piece, Request
from governance.errors import Fault, Place
from governance.evidence import Bundle, Entry
from governance.evidence.answer import REQUEST
from governance.evidence.heartbeat import HEARTBEAT
from governance.evidence.malformed import Malformed
from governance.evidence.sealing import read_logged
from governance.verdict import Status, Verdict

STATUS_WORDS = {
    Status.PASS: "inside limits",
    Status.INSUFFICIENT: "cannot tell yet",
    Status.ALARM: "outside limits",
    Status.ERROR: "could not be judged",
}


def collect(here: Workplace, request: Request) -> Iterator[Piece]:
    """Every bundle of the log that answers the request.

    Raises:
        EvidenceError: a record is not what the log says, or the archive did not answer.
    """
    for index, entry in enumerate(here.log.entries):
        if request.may_hold(entry.key):
            yield from _by_key(here, request, index, entry)
    yield from _acts(here, request)


def _by_key(here: Workplace, request: Request, index: int, entry: Entry) -> Iterator[Piece]:
    """A run, a heartbeat that names one of the system's, an earlier request."""
    bundle = read_logged(here.archive, entry)
    kind = bundle.statement["predicateType"]
    if kind == HEARTBEAT:
        mine = [key for key in bundle.predicate.get("expected", []) if f"/{request.system.id}." in str(key)]
        gone = [key for key in bundle.predicate.get("missing", []) if f"/{request.system.id}." in str(key)]
        if mine:
            words = f"{len(mine)} of this system's runs were due, {len(gone)} missing"
            yield Piece(index, entry, BEAT, f"heartbeat of {bundle.predicate['period']['end']}", words)
    elif kind == REQUEST:
        yield Piece(index, entry, ACCESS, "an earlier request for evidence", f"asked by {bundle.predicate['by']}")
    else:
        yield from _run(request, index, entry, bundle)


def _run(request: Request, index: int, entry: Entry, bundle: Bundle) -> Iterator[Piece]:
    if "verdict.json" not in bundle.members:
        if request.asked.wants(entry.key):
            yield Piece(index, entry, RUN, bundle.bundle_id, "a record of monitoring without a verdict")
        return
    try:
        verdict = Verdict.from_json(bundle.members["verdict.json"])
    except ValueError:
        raise Malformed(Fault(Place(file=entry.key), "a verdict", "another file", "Run `aims verify`.")) from None
    if request.touches(verdict.start, verdict.end) or request.asked.wants(entry.key):
        counts = [
            (status, len(verdict.of(status)))
            for status in (Status.ERROR, Status.ALARM, Status.INSUFFICIENT, Status.PASS)
        ]
        words = ", ".join(f"{count} {STATUS_WORDS[status]}" for status, count in counts if count)
        again = f", judged again ({verdict.revision})" if verdict.revision else ""
        about = f"window {verdict.window}{again}"
        yield Piece(index, entry, RUN, about, words or "no results", verdict.status.value)


def _acts(here: Workplace, request: Request) -> Iterator[Piece]:
    """Every act of each case that belongs to the span: of the system; with a control, of the organisation too."""
    here.casework.sync()
    for case in here.index.cases():
        is_mine = case.subject == request.system.id or (request.control is not None and not case.subject)
        acts = here.index.acts(case.id)
        if not is_mine or not request.wants(case.kind) or not any(_belongs(request, act) for act in acts):
            continue
        for act, key in zip(acts, here.index.keys(case.id), strict=True):
            index = here.log.index(key)
            words = f"{act.verb} by {act.by}, {KNOWN_BY[act.strength]}"
            yield Piece(index, here.log.entries[index], case.kind, f"{case.title} ({case.id}, act {act.seq})", words)


def _belongs(request: Request, act: Act) -> bool:
    """Whether an act was done in the span, or is about a window that touches it."""
    seen = act.sighting
    return request.start <= act.at < request.end or (seen is not None and request.touches(seen.start, seen.end))
