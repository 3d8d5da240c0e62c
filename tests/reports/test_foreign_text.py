"""What people type shows nowhere as a link, as HTML, or as a line of ours: in no form, board, message or bundle."""

from datetime import timedelta

import pytest

from governance.cases.case import Case
from governance.cases.label import run_name, run_tags
from governance.cases.message import message_to
from governance.cases.page import case_page
from governance.cases.text import harmless, is_plain
from reports.boards import boards
from reports.case_form import case_form
from tests.builders import people
from tests.governance.cases.stories import ADA, EVE, NOON, act, kind, opened, tell

EVIL = "<script>alert(1)</script> [x](https://evil.example) javascript:alert(1)\n## Act 9: close\n- By mallory"
SHOWN = ("<script", "](http", "https://", "\n## Act 9", "\n- By mallory")


def faces() -> dict[str, str]:
    """Everything that shows a case whose title, sentences, reason and form somebody filled with markup."""
    of = kind("concern")
    title = EVIL.replace("\n", " ")[:150]
    first = opened(of, ADA, title=title, sentences=(EVIL,), why=EVIL)
    case: Case = tell(of, first)
    said = act(case, "pass_on", EVE, to_case=EVIL).model_copy(update={"why": EVIL})
    later = NOON + timedelta(days=30)
    rows = boards([case], lambda _: of, later)
    return {
        "the page in the bundle": case_page(said, of, case),
        "the message": message_to(
            ADA, [case], lambda _: of, people(), link=lambda _: "", checkpoint="", now=later
        ).body,
        "the form": case_form(case, of, [first, said], [EVIL]),
        "the boards": str(rows),
        "the run": run_name(case, of, later) + str(run_tags(case, of, later)),
    }


@pytest.mark.parametrize("face", faces())
def test_foreign_text_is_only_text(face: str) -> None:
    """No tag, no link, no address, no line that looks like one of ours."""
    shown = faces()[face]

    assert [bad for bad in SHOWN if bad in shown] == []


@pytest.mark.parametrize(
    "mark", ["\0", "\r", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\ud800"]
)
def test_control_and_turning_characters_are_not_plain(mark: str) -> None:
    """They hide or disguise what is read."""
    assert not is_plain(f"a{mark}b")


@pytest.mark.parametrize("text", ["Zoë Łukasz 王小明", "שלום", "e\u0301 👩🏽‍⚕️ 100 %", "two\nlines\tand a tab", ""])
def test_the_writing_of_the_world_is_plain(text: str) -> None:
    """Names are not refused for their letters."""
    assert is_plain(text)


def test_harmless_text_keeps_its_words() -> None:
    """Marks change, words stay; one line stays one."""
    assert harmless("see <b>[here](https://a.example)</b>\nnow") == "see ‹b›[here] (https: //a.example)‹/b› now"
    assert harmless("a\nb", "  ") == "a\n  b"
