"""Cases, evidence and pages for tests of reports, and a reader that sees a page as a parser does."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from html.parser import HTMLParser

from governance.compliance.evidence_request import Control, Dossier, Missing, Piece, Request
from governance.evidence import Entry
from governance.evidence.note import Checkpoint, Note, NoteSignature
from reports.demo_page import render_demo
from reports.evidence_page import render_evidence
from reports.model_card import render_model_card
from reports.page import render_page
from reports.phrases import headline
from reports.records import CaseLine, DemoRun, DemoStep, DemoSummary, EvidenceLine
from tests import builders

VOID = {"meta", "br", "path", "circle", "rect", "link", "img"}


def cases(title: str = "Women are selected less often than men") -> tuple[CaseLine, ...]:
    """A case that the run opened."""
    return (CaseLine("rem-4f2a", title, "Ada Okafor", datetime(2026, 12, 1, tzinfo=UTC), "open", "opened"),)


def evidence(lines: tuple[str, ...] = ("example.org/aims", "1239", "gFHV=")) -> EvidenceLine:
    """A bundle in an archive, with the newest checkpoint."""
    name = "early-help.2026-W47.r0"
    return EvidenceLine(name, f"bundle/2026/11/23/00/{name}.tar", "example.org/aims", lines)


def summary(title: str = "Early help for job seekers") -> DemoSummary:
    """A demo of one good and one unreadable window."""
    good, bad = builders.verdict(), builders.unreadable_verdict()
    runs = tuple(
        DemoRun(title, v.window, v.status, headline(title, v), "early-help/2026-W47/page.html", evidence().key)
        for v in (good, bad)
    )
    steps = (DemoStep("make up", "the Prefect UI"),)
    said = "predictions.csv:418, column age: expected a number, found text. Write ages as numbers."
    return DemoSummary(runs, cases(), ("Ada Okafor acknowledged rem-4f2a.",), said, ("VERIFIED 14",), ("OK",), steps)


def page() -> bytes:
    """The page of a run with findings."""
    return render_page(builders.system(), builders.people(), builders.verdict(), cases(), evidence())


def card() -> bytes:
    """The model card of a run with findings."""
    return render_model_card(builders.system(), builders.people(), builders.verdict(), cases())


def unreadable() -> bytes:
    """The page of a window that could not be read."""
    return render_page(builders.system(), builders.people(), builders.unreadable_verdict(), cases(), evidence())


def demo() -> bytes:
    """The demo's last page."""
    return render_demo(summary())


def dossier(words: str = "Yearly audit") -> Dossier:
    """An answer to a request for evidence: a run, an act, a window that is missing."""
    request = Request(
        builders.system(title=f"abc {words}"), date(2026, 11, 1), date(2026, 11, 30), "eve-marsh", words,
        datetime(2026, 12, 1, tzinfo=UTC), "a1b2", Control("9.1", words, frozenset({"monitor_run"})),
    )  # fmt: skip
    key = evidence().key
    run = Piece(7, Entry("9f" * 32, key), "monitor_run", f"window {words}", words, "alarm")
    act = Piece(8, Entry("0a" * 32, key.replace("early-help", "REM-1")), "remediation", words, f"open {words}")
    own = Piece(9, Entry("0b" * 32, request.key), "access_log", "this request", words)
    head = Checkpoint("example.org/aims", 10, bytes(32)).text()
    note = Note(head, (NoteSignature("example.org/aims", bytes(4), bytes(64)),)).to_bytes().decode()
    return Dossier(request, own, (run, act), (Missing(words, words),), note, "0c" * 32, 1, is_demo=True)


def given() -> bytes:
    """The first page of an answer to a request for evidence."""
    return render_evidence(dossier())


PAGES: dict[str, Callable[[], bytes]] = {
    "page": page,
    "card": card,
    "unreadable": unreadable,
    "demo": demo,
    "evidence": given,
}


class Reader(HTMLParser):
    """Elements with their attributes, in order, and the visible text; unbalanced tags are kept in `faults`."""

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(body.decode())
        self.close()
        self.faults += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes the newest open element."""
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        """Note text outside of styles."""
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of every element with one of these names."""
        return [attrs for tag, attrs in self.elements if tag in tags]

    @property
    def text(self) -> str:
        """All visible text, spaces run together."""
        return " ".join(" ".join(self.texts).split())
