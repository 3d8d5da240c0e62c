"""The last page of the demo."""

from dataclasses import replace

from reports.demo_page import render_demo
from tests import builders_reports
from tests.builders_reports import Reader, summary


def test_the_page_tells_the_whole_story() -> None:
    """Windows, the unreadable file, cases, acknowledgement, verification and what to do next."""
    text = Reader(builders_reports.demo()).text
    wanted = ("1 AI system was monitored over 2 windows", "predictions.csv:418", "rem-4f2a", "Ada Okafor acknowledged")

    assert [said for said in (*wanted, "VERIFIED 14", "make up") if said not in text] == []


def test_each_window_links_to_its_page() -> None:
    """The links lead to pages beside it."""
    links = [link["href"] for link in Reader(builders_reports.demo()).of("a")]

    assert links == ["#main", *["early-help/2026-W47/page.html"] * 2]


def test_what_did_not_happen_is_said() -> None:
    """No cases and no verification are told, not left out."""
    text = Reader(render_demo(replace(summary(), cases=(), verification=()))).text

    assert "No case was opened." in text
    assert "The archive was not verified in this run." in text
