"""The model card."""

import re

from reports.model_card import render_model_card
from tests import builders, builders_reports
from tests.builders_reports import Reader, cases


def test_a_card_tells_purpose_risk_roles_quality_and_appeal() -> None:
    """Everything a person affected may want to know is there."""
    text = Reader(builders_reports.card()).text
    wanted = ("Predicts who will find work soon", "high-risk", "deployer", "Annex III point 5(a)", "Eve Marsh")
    wanted += ("Femi Adeyemi", "81.2 %", "77.2 to 84.7 %", "four-fifths rule", "appeals@example.org", "23 Nov 2026")

    assert [said for said in wanted if said not in text] == []


def test_a_card_never_claims_that_a_law_is_met() -> None:
    """It tells what was measured, and nothing about compliance."""
    assert re.search(r"compl(y|ian)|certif|conform", builders_reports.card().decode(), re.IGNORECASE) is None


def test_a_card_names_its_bundle_and_what_cannot_be_told() -> None:
    """Reader can go from the card to the proof, and sees what is unknown."""
    text = Reader(builders_reports.card()).text

    assert "early-help.2026-W47.r0" in text
    assert "Only 412 of 4,210 outcomes are known yet" in text


def test_forbidden_uses_come_from_the_registry() -> None:
    """What the registry forbids is printed; without an entry the card says that nothing is named."""
    args = (builders.people(), builders.verdict(), cases())
    said = Reader(render_model_card(builders.system(not_for="Never to cut benefits."), *args)).text

    assert "Never to cut benefits." in said
    assert "The registry names no forbidden use." in Reader(render_model_card(builders.system(), *args)).text


def test_a_card_of_an_unreadable_window_claims_no_figure() -> None:
    """Nothing measured, nothing shown."""
    body = render_model_card(builders.system(), builders.people(), builders.unreadable_verdict(), cases())
    text = Reader(body).text

    assert "Performance was not measured" in text
    assert "No comparison of groups could be made" in text
    assert " %" not in text


def test_a_card_says_how_far_a_green_light_can_be_trusted() -> None:
    """The newest calibration's sentences; without one, that it is not known and which command tells."""
    args = (builders.system(), builders.people(), builders.verdict(), cases())
    told = Reader(render_model_card(*args, ("In 365 quiet windows the monitor rang 1 times.",))).text

    assert "In 365 quiet windows the monitor rang 1 times." in told
    assert "aims calibrate early-help" in Reader(render_model_card(*args)).text
