"""What holds for every page: structure, no network, no script, escaping, privacy, equal bytes."""

import os
import re
import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path

import pytest

import reports.templating
from governance.registry.people import People
from reports.artifacts import receipt_markdown, verdict_table
from reports.demo_page import render_demo
from reports.evidence_page import render_evidence
from reports.evidently_page import evidently_report
from reports.model_card import render_model_card
from reports.page import render_page
from tests import builders, builders_reports
from tests.builders_reports import PAGES, Reader, cases, evidence, summary

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>]]><!--javascript:alert(1)\u202e\x00"
PLANTED = "zq7-planted-value"
CSS = Path(reports.templating.__file__).parent / "templates" / "style.css"


@pytest.fixture(params=sorted(PAGES))
def body(request: pytest.FixtureRequest) -> bytes:
    """Each page in turn."""
    return PAGES[request.param]()


def test_a_page_names_no_outside_address(body: bytes) -> None:
    """Nothing on a page can be fetched from anywhere: no http(s) address, no import, no url()."""
    found = re.findall(rb"https?://[^\s\"'<]*|@import|url\(", body)

    assert found == []


def test_a_page_forbids_every_request_and_script(body: bytes) -> None:
    """The Content-Security-Policy lets nothing in but the page's own style and inline images."""
    policy = next(meta["content"] for meta in Reader(body).of("meta") if "content-security-policy" in str(meta).lower())

    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "script-src" not in policy


def test_a_page_is_well_formed_and_has_landmarks(body: bytes) -> None:
    """Every element is closed in order, and header, main and footer stand once each around one h1."""
    page = Reader(body)

    assert page.faults == []
    assert [len(page.of(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert page.of("html") == [{"lang": "en"}]


def test_a_page_can_be_read_by_a_screen_reader(body: bytes) -> None:
    """Header cells have a scope, and every picture has a title and a description or is hidden as decoration."""
    page = Reader(body)
    spoken = [svg for svg in page.of("svg") if svg.get("aria-hidden") != "true"]

    assert all(cell.get("scope") in ("row", "col") for cell in page.of("th"))
    assert all(svg.get("role") == "img" for svg in spoken)
    assert len(page.of("desc")) == len(spoken)


def test_links_inside_a_page_have_a_target(body: bytes) -> None:
    """Every # link leads to one element with that id."""
    page = Reader(body)
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    inside = [str(link["href"])[1:] for link in page.of("a") if str(link["href"]).startswith("#")]

    assert len(ids) == len(set(ids))
    assert set(inside) <= set(ids)


def test_a_status_is_said_in_words_and_signs() -> None:
    """Whoever sees no colour reads the word and the sign."""
    text = Reader(builders_reports.page()).text

    assert all(said in text for said in ("▲ outside limits", "? cannot tell yet", "✓ inside limits"))


def test_equal_inputs_give_equal_bytes_on_any_machine() -> None:
    """Hash seed, time zone and locale of the process change no byte."""
    code = "from tests.builders_reports import PAGES; from hashlib import sha256 as s; "
    code += "print(s(b''.join(PAGES[n]() for n in sorted(PAGES))).hexdigest())"
    places = ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2", "TZ": "UTC", "LC_ALL": "C"})
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **place}, capture_output=True, check=True, cwd=Path.cwd()
        ).stdout
        for place in places
    }

    assert len(digests) == 1


def _hostile_pages(words: str) -> list[bytes]:
    """All pages with foreign text in every place that takes any."""
    system = builders.system(title=f"abc {words}", purpose=f"twenty characters at least {words}", contact=words)
    named = tuple(person.model_copy(update={"name": f"Ada {words}"}) for person in builders.people().people)
    people, base = People(people=named), builders.verdict()
    results = tuple(
        replace(r, subject=words, group=r.group and words, metric=words, sentence=words, method=words, check=r.check)
        for r in base.results
    )
    dists = tuple(
        replace(d, column=words, marks=(words, "b", "c") if d.kind == "categorical" else d.marks)
        for d in base.distributions
    )
    rates = tuple(replace(rate, attribute=words, group=words) for rate in base.rates)
    data = {words: words}
    verdict = replace(base, results=results, distributions=dists, rates=rates, data=data, window=words, model=words)
    proof = replace(evidence((words, words, words)), bundle_id=words, key=f"bundle/{words}", archive=words)
    told = replace(summary(words), unreadable=words, verification=(words,), recipe=(words,), acknowledged=(words,))
    told = replace(told, runs=tuple(replace(run, sentence=words, page=words) for run in told.runs))
    return [
        render_page(system, people, verdict, cases(words), proof),
        render_model_card(system, people, verdict, cases(words)),
        render_demo(told),
        render_evidence(builders_reports.dossier(words)),
    ]


def test_hostile_names_change_no_page_structure() -> None:
    """Markup in foreign text becomes text: the elements are those of a harmless page, attribute for attribute."""
    shape = lambda body: [(tag, sorted(attrs)) for tag, attrs in Reader(body).elements]  # noqa: E731
    hostile, harmless = _hostile_pages(HOSTILE), _hostile_pages("harmless")
    no_link = lambda elements: [one for one in elements if one[0] != "a"]  # noqa: E731

    assert [no_link(shape(body)) for body in hostile] == [no_link(shape(body)) for body in harmless]
    assert all("<script>alert(1)</script>" in Reader(body).text for body in hostile)
    assert all("\u202e" not in body.decode() and "\x00" not in body.decode() for body in hostile)


def test_no_link_runs_a_script_or_leads_away() -> None:
    """A page path that is an address gives no link at all."""
    run = replace(summary().runs[0], page="javascript:alert(1)")
    away = [replace(run, page=path) for path in ("//evil.example/x", "https://evil.example", "\\\\evil\\x")]
    links = Reader(render_demo(replace(summary(), runs=(run, *away)))).of("a")

    assert [link["href"] for link in links] == ["#main"]


def test_no_private_field_reaches_a_page() -> None:
    """Mail, notification addresses, keys, sources and the carried state reach no page, table or artifact."""
    secret = (
        builders.people()
        .people[0]
        .model_copy(
            update={"email": f"{PLANTED}@example.org", "notify": (PLANTED,), "ssh_key": f"ssh-ed25519 {PLANTED}"}
        )
    )
    people = People(people=(secret, *builders.people().people[1:]))
    source = builders.system().predictions.model_copy(update={"address": PLANTED, "query": PLANTED})
    system = builders.system(predictions=source, reference=source)
    verdict = builders.verdict(state={"seen": PLANTED})
    bodies = [
        render_page(system, people, verdict, cases(), evidence()),
        render_model_card(system, people, verdict, cases()),
        receipt_markdown(evidence()).encode(),
        str(verdict_table(verdict)).encode(),
        *astuple(evidently_report(verdict)),
    ]

    assert all(PLANTED.encode() not in body for body in bodies)


def test_a_group_below_ten_rows_shows_no_figure() -> None:
    """The small group is named, said to be below ten rows, and none of its figures is there."""
    texts = [Reader(body).text for body in (builders_reports.page(), builders_reports.card())]

    assert all("fewer than 10 rows" in text for text in texts)
    assert all(figure not in text for text in texts for figure in ("66.7 %", "50.0 points", "90.0"))


def _contrast(one: str, other: str) -> float:
    """Contrast of two #rrggbb colours (WCAG 2.2, 1.4.3)."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast(theme: int) -> None:
    """Every colour of text reaches 4.5 : 1 on every ground it stands on."""
    rule = CSS.read_text().split("@media screen")[theme].split("}")[0]
    colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", rule))
    tones = ("alarm", "error", "insufficient", "pass")
    pairs = [(text, ground) for text in ("ink", "muted", "data", *tones) for ground in ("paper", "card")]
    pairs += [(text, f"{tone}-bg") for tone in tones for text in (tone, "ink")]
    weak = [(pair, ratio) for pair in pairs if (ratio := _contrast(colours[pair[0]], colours[pair[1]])) < 4.5]

    assert weak == []


def test_print_opens_what_is_folded() -> None:
    """On paper nothing can be unfolded, so print style shows it."""
    printed = CSS.read_text().split("@media print")[1]

    assert "details::details-content{display:block;content-visibility:visible" in printed
