"""The typed form of a case, and what an answer in it says."""

import pytest
from pydantic import ValidationError

from governance.cases.case import Case
from reports.case_form import SEND_CODE, case_form
from tasks.case_form import fields_in, form_model
from tests.builders import people
from tests.governance.cases.stories import ADA, EVE, act, kind, opened, tell

REM = kind("remediation")
CASE = tell(REM, opened(REM, "system"), ("acknowledge", ADA, {}))
FORM = form_model(CASE, REM, people(), "what is wrong")
SAID = {"act": "comment", "by": ADA, "why": "because it is so"}


def test_the_form_offers_the_acts_possible_now_and_a_code() -> None:
    """A select, not a guess."""
    offered = FORM.model_json_schema()["properties"]["act"]["enum"]

    assert set(offered) == {"fix", "accept", "close", "assign", "comment", SEND_CODE}


@pytest.mark.parametrize("missing", ["act", "by", "why"])
def test_an_empty_form_is_not_accepted(missing: str) -> None:
    """Who, what and why have no default."""
    with pytest.raises(ValidationError):
        FORM(**{name: value for name, value in SAID.items() if name != missing})


@pytest.mark.parametrize("wrong", [{"act": "open"}, {"by": "mallory"}, {"to": "mallory"}, {"other": "1"}])
def test_what_is_not_offered_is_not_accepted(wrong: dict[str, str]) -> None:
    """An act of the system, a stranger, an unknown field."""
    with pytest.raises(ValidationError):
        FORM(**SAID | wrong)


def test_fields_of_other_acts_and_empty_ones_are_left_out() -> None:
    """What was typed for a fix is no part of an acceptance."""
    answer = {"act": "accept", "until": "2026-12-31", "measures": "read by a person", "mend": "x", "proof": ""}

    assert fields_in(answer, REM) == {"until": "2026-12-31", "measures": "read by a person"}


def with_text(text: str) -> Case:
    """The case with a foreign title and sentence."""
    return CASE.model_copy(update={"title": text, "sentences": (text,)})


def test_foreign_text_brings_no_link_into_the_form() -> None:
    """Prefect would make it live."""
    bad = "see [x](javascript:alert) and https://evil.example/a | <b>"
    remark = act(CASE, "comment", EVE).model_copy(update={"why": bad})
    text = case_form(with_text(bad), REM, [remark], refused=[bad])

    assert "javascript:" not in text
    assert "evil.example" not in text
    assert "<b>" not in text


def test_the_form_says_what_is_wrong_what_to_do_and_why_an_answer_was_refused() -> None:
    """In plain words, with the evidence."""
    case = CASE.model_copy(update={"basis": "bundle/2026/11/23/00/early-help.2026-W47.r0.tar"})
    text = case_form(case, REM, [act(CASE, "comment", EVE)], refused=["expected a date, found another value"])

    assert "**Not taken:** expected a date" in text
    assert "early-help.2026-W47.r0.tar" in text
    assert "| **fix**: I have mended it\\." in text or "| **fix**: I have mended it." in text
    assert "`root_cause`" in text
