"""An answer to a request for evidence: a copy of part of an archive, which says what it holds and what was asked.

Who asked, when, why, and the list of what was handed out are themselves a bundle of the log, the *request*. The answer
holds all lines of the log up to the request, so what was left out shows; see docs/formats/log.md, "Answers".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from governance.evidence.address import ANCHORS, BUNDLES
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.bundle import read_bundle
from governance.evidence.canonical import canonical_json, read_json
from governance.evidence.log import Entry, parse_text, print_seal
from governance.evidence.malformed import Malformed, malformed, reason
from governance.evidence.report import Report

REQUEST = "https://aims.example/attestation/evidence-request/v1"
POINTER = "REQUEST"  # the file of an answer that holds the key of its request
ASKED, LISTED = "request.json", "bundles.txt"
FORMAT = "aims-evidence-request/1"
_ANCHOR = re.compile(rf"{ANCHORS}(\d{{3,}})/(\d{{3}})/(\d{{3}})/")
_HOUR = re.compile(r"\d{4}/\d\d/\d\d/\d\d")


@dataclass(frozen=True)
class Asked:
    """Which runs an answer must hold: those of a system whose window ended after one hour and by another.

    `after` and `until` are hours as in keys (`2026/11/24/05`); `runs` False: runs were not asked for.
    """

    system: str
    after: str
    until: str
    runs: bool

    def __str__(self) -> str:
        """In words, so that who reads a verification sees what completeness was judged by."""
        runs = (
            f"with all its runs that ended after {self.after} until {self.until}" if self.runs else "without its runs"
        )
        return f"{self.system}, {runs}"

    def wants(self, key: str) -> bool:
        """Whether a line of the log is such a run."""
        hour, _, name = key.removeprefix(BUNDLES).rpartition("/")
        is_run = key.startswith(BUNDLES) and name.startswith(f"{self.system}.")
        return self.runs and is_run and self.after < hour <= self.until


@dataclass(frozen=True)
class Answer:
    """The key of the request, what it asked for, and the lines that it lists."""

    request: str
    asked: Asked
    listed: tuple[Entry, ...]

    @cached_property
    def keys(self) -> frozenset[str]:
        """The bundles that the copy must hold; besides them it holds the trust files, and anchors as it needs them."""
        return frozenset((self.request, *(entry.key for entry in self.listed)))


def request_members(said: Mapping[str, object], asked: Asked, listed: Iterable[Entry]) -> dict[str, bytes]:
    """The payload of a request: what was said (by whom, why, what is missing), what was asked, what is handed out."""
    terms = {"format": FORMAT, "system": asked.system, "after": asked.after, "until": asked.until, "runs": asked.runs}
    return {ASKED: canonical_json({**said, **terms}), LISTED: print_seal(listed)}


def read_answer(archive: Archive, request: str) -> Answer:
    """The request as the copy holds it. Raises Malformed or MissingObject."""
    bundle = read_bundle(archive.get(request), request)
    if bundle.statement["predicateType"] != REQUEST or not {ASKED, LISTED} <= bundle.members.keys():
        raise malformed(request, "a request for evidence", "another bundle")
    said = read_json(bundle.members[ASKED], f"{request}:{ASKED}")
    system, after, until = (str(said.get(name)) for name in ("system", "after", "until"))
    asked = Asked(system, after, until, said.get("runs") is True)
    if said.get("format") != FORMAT or not (_HOUR.fullmatch(asked.after) and _HOUR.fullmatch(asked.until)):
        raise malformed(request, FORMAT, "another form")
    return Answer(request, asked, tuple(parse_text(bundle.members[LISTED])))


def report_answer(archive: Archive, request: str, entries: Sequence[Entry], report: Report) -> Answer | None:
    """The answer, with what is wrong about it: a list that is not the log's, runs left out. None: it cannot be read."""
    try:
        answer = read_answer(archive, request)
    except (Malformed, MissingObject) as error:
        report.add("BAD REQUEST", request, reason(error))
        return None
    index = next((at for at, entry in enumerate(entries) if entry.key == request), None)
    if index is None:
        report.add("NOT IN LOG", request, "the request of this answer: nobody can hold its list against the log")
        return answer
    report.add("ANSWER", request, f"about {answer.asked}: {len(answer.listed)} bundles", fails=False)
    listed, logged = {*answer.listed}, {*entries[:index]}
    for entry in answer.listed:
        if entry not in logged:
            report.add("NOT IN LOG", entry.key, "the request lists it, no line before the request does")
    for entry in entries[:index]:
        if entry not in listed and answer.asked.wants(entry.key):
            report.add("LEFT OUT", entry.key, "a run of the system in the span, and not handed out")
    return answer


def needed_anchors(entries: Sequence[Entry], indices: Iterable[int]) -> list[str]:
    """For each of these lines the first time stamp over it (all of that size), and the newest of the log."""
    sizes: dict[int, list[str]] = {}
    for entry in entries:
        if match := _ANCHOR.match(entry.key):
            sizes.setdefault(int("".join(match.groups())), []).append(entry.key)
    ordered = sorted(sizes)
    wanted = {next((size for size in ordered if size > index), None) for index in indices} | {*ordered[-1:]}
    return [key for size in ordered if size in wanted for key in sizes[size]]
