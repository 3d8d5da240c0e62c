"""Each further kind, told from its opening to its end, and the refusals that give it its worth."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml

from governance.cases.case import Case
from governance.cases.kind_parts import Strength
from governance.cases.reminder import lapsed
from governance.cases.rules import apply
from governance.errors import ActRefused
from tests.builders import people
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, KINDS, NOON, SYSTEM, act, kind, opened, tell

MORNING = "2026-11-24T09:30+01:00"
Step = tuple[str, str, dict[str, str]]


def begin(name: str, by: str, *steps: Step, severity: str = "", **fields: str) -> Case:
    """A case of a kind after its opening by somebody and these steps."""
    of = kind(name)
    more: dict[str, Any] = {"severity": severity} if severity else {}
    return tell(of, opened(of, by, fields=fields, **more), *steps)


def refused(case: Case, verb: str, by: str, **fields: str) -> str:
    """What the refusal of a step says."""
    with pytest.raises(ActRefused) as caught:
        apply(kind(case.kind), case, act(case, verb, by, **fields), people())
    return str(caught.value)


CHANGE = {"version": "3.3", "change": "new training data", "way_back": "serve 3.2"}
TEST: Step = ("test", ADA, {"bias_test": "within limits", "quality_test": "0.83", "data": "2025, cleaned"})
APPROVE: Step = ("approve", EVE, {"conditions": "none"})
RELEASE: Step = ("release", ADA, {"released_at": MORNING})


def test_a_model_change_is_tested_approved_released_and_confirmed() -> None:
    """The whole way of a version into use."""
    case = begin("model_change", BEN, TEST, APPROVE, RELEASE, ("confirm", EVE, {"window": "2026-W49"}), **CHANGE)

    assert case.state == "confirmed"


def test_a_model_change_cannot_be_released_before_its_approval() -> None:
    """No version reaches people unseen."""
    case = begin("model_change", ADA, TEST, **CHANGE)

    assert "the state approved for `release`, found the state tested" in refused(
        case, "release", ADA, released_at=MORNING
    )


def test_whoever_proposed_a_change_cannot_approve_it() -> None:
    """Not even when they are the reviewer."""
    case = begin("model_change", EVE, TEST, **CHANGE)

    assert "not the author" in refused(case, "approve", EVE, conditions="none")


def test_a_released_version_can_be_rolled_back() -> None:
    """There is a way back."""
    case = begin("model_change", ADA, TEST, APPROVE, RELEASE, ("roll_back", BEN, {"stopped_at": MORNING}), **CHANGE)

    assert case.state == "rolled_back"


APPEAL = {"received_at": MORNING, "file": "F-7c31", "channel": "web", "wish": "human_review"}
TAKE: Step = ("take", EVE, {"frozen": "9f" * 32})
DECIDE: Step = ("decide", EVE, {"outcome": "changed", "grounds": "the form was read wrongly"})


def test_an_appeal_is_looked_at_by_a_person_and_answered() -> None:
    """It may arrive without a name, and ends when the person affected was told."""
    steps: tuple[Step, ...] = (TAKE, ("supply", ADA, {"explanation": "age weighed most"}), DECIDE)
    case = begin("appeal", "anonymous", *steps, ("answer", EVE, {"told_on": "2026-11-30"}), **APPEAL)

    assert (case.state, case.opened_by) == ("answered", "anonymous")


def test_the_owner_cannot_decide_an_appeal_against_their_system() -> None:
    """Somebody else decides."""
    case = begin("appeal", SYSTEM, TAKE, **APPEAL)

    assert "`decide` by reviewer" in refused(case, "decide", ADA, outcome="stands", grounds="x")


def test_an_appeal_is_due_thirty_days_after_it_arrived_not_after_it_was_entered() -> None:
    """The clock starts where the person affected sees it start."""
    case = begin("appeal", SYSTEM, **{**APPEAL, "received_at": "2026-11-10T09:00+01:00"})

    assert case.due == date(2026, 12, 10)


def test_only_what_the_kind_allows_is_done_without_a_name() -> None:
    """A decision has a name."""
    case = begin("appeal", "anonymous", **APPEAL)

    assert "a name for `take`" in refused(case, "take", "anonymous", frozen="9f" * 32)


HALT = {"ordered_at": MORNING, "manner": "stop"}
STOPPED: Step = ("show_stopped", ADA, {"stopped_at": MORNING, "proof": "no request answered for an hour"})
ASK: Step = ("ask_resume", ADA, {"root_cause": "wrong codes", "mend": "mapped"})


def test_a_halted_system_is_shown_to_stand_still_and_resumes_by_a_second_person() -> None:
    """Anyone may press the button; only somebody else than the owner lets it run again."""
    case = begin("halt", FEMI, STOPPED, ASK, ("resume", EVE, {"resumed_at": MORNING}), **HALT)

    assert case.state == "resumed"


def test_an_order_to_halt_is_not_yet_a_halt() -> None:
    """A switch that only says that it worked is found out."""
    case = begin("halt", BEN, **HALT)

    assert "the state stopped for `ask_resume`" in refused(case, "ask_resume", ADA, root_cause="x", mend="y")
    assert case.due == date(2026, 11, 25)


def test_the_owner_cannot_resume_their_own_system() -> None:
    """Not even when they did not press the button."""
    case = begin("halt", BEN, STOPPED, ASK, **HALT)

    assert "`resume` by reviewer" in refused(case, "resume", ADA, resumed_at=MORNING)


INCIDENT = {"aware_at": MORNING, "happened": "offers went to the wrong group", "harm": "rights"}
FREEZE: Step = ("freeze", ADA, {"evidence": "bundles of week 47", "containment": "halted"})
TOLD: Step = (
    "notify_authority",
    ADA,
    {"authority": "market surveillance", "told_at": MORNING, "report": "first", "next_report": "2027-01-15"},
)
MEND: Step = ("mend", ADA, {"root_cause": "codes", "mend": "mapped"})
CONCLUDE: Step = ("conclude", ADA, {"lesson": "codes are checked", "report": "R-2"})


def classified(severity: str) -> Step:
    """The owner's decision on the severity."""
    return "classify", ADA, {"severity": severity, "grounds": "as seen"}


def test_an_incident_is_frozen_classified_reported_mended_and_closed() -> None:
    """From awareness to the lesson."""
    steps = (FREEZE, classified("general"), TOLD, MEND, CONCLUDE)
    case = begin("incident", "anonymous", *steps, ("close", EVE, {}), **INCIDENT)

    assert case.state == "closed"


def test_the_clocks_of_article_73_are_those_of_the_catalogue() -> None:
    """Law is data, and stands once: the kind and the catalogue cannot drift apart."""
    controls = yaml.safe_load((KINDS.parent / "controls.yaml").read_text("utf-8"))
    article = controls["eu_ai_act"]["articles"]["73"]
    names = {"general": "general", "widespread_or_critical_infrastructure": "widespread", "death": "death"}
    clock = kind("incident").clock

    found = {law: [rule.days for rule in clock.due[ours]] for law, ours in names.items()}

    assert found == {law: [days, days] for law, days in article["deadline_days"].items()}
    assert {str(clock.due[ours][1].since) for ours in names.values()} == {article["applies_from"]}


@pytest.mark.parametrize(("severity", "due"), [("general", 9), ("widespread", 26), ("death", 4), ("minor", 24)])
def test_an_incidents_clock_runs_from_awareness_and_follows_its_severity(severity: str, due: int) -> None:
    """15, 2, 10 days from awareness, and our own 30; a new severity counts from the same moment."""
    case = begin("incident", BEN, FREEZE, classified(severity), **INCIDENT)

    assert case.due == date(2026, 11 if severity == "widespread" else 12, due)


def test_nothing_is_mended_before_the_authority_was_told_or_need_not_be() -> None:
    """AI Act Art. 73(6)."""
    case = begin("incident", BEN, FREEZE, classified("general"), **INCIDENT)

    assert "the state notified or internal for `mend`" in refused(case, "mend", ADA, root_cause="x", mend="y")


def test_that_no_authority_need_be_told_is_not_for_the_owner_to_say() -> None:
    """Nor for whoever decided on the severity."""
    by_eve: Step = ("classify", EVE, {"severity": "minor", "grounds": "nobody was harmed"})
    case = begin("incident", BEN, FREEZE, by_eve, **INCIDENT)

    assert "whoever did `classify`" in refused(case, "need_not_notify", EVE, basis="minor")
    assert "by reviewer" in refused(case, "need_not_notify", ADA, basis="minor")


def test_awareness_is_not_in_the_future_and_not_without_its_zone() -> None:
    """A clock cannot be set forward."""
    with pytest.raises(ActRefused, match="a clock that starts before the opening"):
        begin("incident", BEN, **{**INCIDENT, "aware_at": "2026-11-25T09:30+01:00"})
    with pytest.raises(ActRefused, match="a time with its zone"):
        begin("incident", BEN, **{**INCIDENT, "aware_at": "2026-11-24T09:30"})


DRILL = {"subject": "halt", "goal": "nothing served after 60 seconds"}
CARRIED: Step = ("carry_out", ADA, {"began_at": MORNING, "ended_at": MORNING, "seconds": "41.5", "seen": "all stopped"})


def test_a_drill_is_measured_and_judged_by_another_person() -> None:
    """A failed one is repeated until it holds."""
    failed: Step = ("judge_failed", EVE, {"lacking": "the fallback did not start"})
    again: Step = ("repeat", ADA, {"mend": "fallback started by hand", "until": "2026-12-20"})
    case = begin("drill", EVE, CARRIED, failed, again, CARRIED, ("judge_passed", EVE, {}), **DRILL)

    assert (case.state, case.due) == ("passed", date(2026, 12, 20))


def test_a_drill_without_a_measured_time_is_refused() -> None:
    """A number is a number."""
    case = begin("drill", EVE, **DRILL)

    assert "a number in `seconds`" in refused(case, "carry_out", ADA, **{**CARRIED[2], "seconds": "fast"})


JUDGE: Step = ("judge", ADA, {"risks": "r", "treatment": "t", "level": "medium"})


def test_a_risk_review_ends_with_an_acceptance_until_a_date() -> None:
    """The next review is fixed."""
    accept: Step = ("accept", FEMI, {"next_review": "2027-05-01"})
    case = begin("risk_review", SYSTEM, JUDGE, ("send_back", EVE, {}), JUDGE, accept, occasion="schedule")

    assert (case.state, case.fields["next_review"]) == ("accepted", "2027-05-01")


def test_who_judged_a_risk_cannot_accept_it() -> None:
    """An owner of the risk is not its judge."""
    case = begin("risk_review", SYSTEM, JUDGE, occasion="schedule")

    assert "`accept` by reviewer" in refused(case, "accept", ADA, next_review="2027-05-01")


def test_a_change_of_law_is_judged_decided_and_carried_out() -> None:
    """Nothing changes by itself."""
    case = begin(
        "legal_review",
        SYSTEM,
        ("judge", ADA, {"touches": "Art. 73 clocks", "proposal": "change"}),
        ("adopt", EVE, {"change": "controls.yaml", "until": "2027-01-31"}),
        ("carry_out", BEN, {"changed": "controls.yaml 0.2"}),
        source="OJ",
        item="an amendment",
        published="2026-11-20",
    )

    assert (case.state, case.due, case.subject) == ("carried_out", date(2027, 1, 31), "")


def test_a_privacy_review_is_agreed_to_by_a_second_person() -> None:
    """The ground and the protection are named."""
    form = {"data": "age", "special": "no", "ground": "6(1)(e)", "measures": "none leaves", "dpia": "not_needed"}
    agree: Step = ("agree", EVE, {"next_review": "2027-11-01"})
    case = begin("privacy_review", SYSTEM, ("describe", ADA, form), agree, occasion="start")

    assert case.state == "agreed"


IMPACT = {"use": "u", "period": "p", "people": "g", "harms": "h", "oversight": "o", "measures": "m"}


def test_an_impact_assessment_answers_every_point_of_article_27() -> None:
    """All six points are required; the authority comes last."""
    force: Step = ("put_in_force", ADA, {"authority": "told on 1 December", "next_review": "2027-11-01"})
    case = begin("impact_assessment", SYSTEM, ("write", ADA, IMPACT), ("approve", EVE, {}), force, occasion="first_use")
    begun = begin("impact_assessment", SYSTEM, occasion="first_use")

    assert case.state == "in_force"
    for missing in IMPACT:
        assert f"`{missing}`" in refused(begun, "write", ADA, **{k: v for k, v in IMPACT.items() if k != missing})


def test_a_challenge_ends_when_the_challengers_find_nothing_more() -> None:
    """What was found is mended and tried again."""
    found: Step = ("report", EVE, {"findings": "prompt with odd units"})
    mended: Step = ("mend", ADA, {"mend": "units checked"})
    held: Step = ("nothing_found", EVE, {"tried": "the same and ten more"})
    case = begin("challenge", EVE, found, mended, held, challengers="an outside team", scope="inputs")

    assert case.state == "held"


def test_an_internal_audit_is_closed_by_its_auditor() -> None:
    """The auditor sees the corrections; the owner cannot close it."""
    report: Step = ("report", EVE, {"evidence": "100 bundles", "findings": "8.2 late", "told": "leaders"})
    correct: Step = ("correct", ADA, {"corrections": "RSK-1"})
    case = begin("internal_audit", ADA, report, correct, scope="6, 8", criteria="ISO/IEC 42001")

    assert "`close` by reviewer" in refused(case, "close", ADA)
    assert apply(kind("internal_audit"), case, act(case, "close", EVE), people()).state == "closed"


def test_an_auditor_does_not_audit_what_they_planned() -> None:
    """Impartial: the programme is somebody else's."""
    of = kind("internal_audit")

    with pytest.raises(ActRefused, match="`plan` by"):
        tell(of, opened(of, EVE, fields={"scope": "6", "criteria": "ISO/IEC 42001"}))


def test_a_policy_is_put_in_force_by_leaders_and_made_known() -> None:
    """Who drafts it does not approve it."""
    draft: Step = ("draft", ADA, {"document": "AI policy 2", "changes": "appeals", "fits": "privacy policy 4"})
    known: Step = ("make_known", BEN, {"audience": "all staff, by mail", "next_review": "2027-11-01"})
    case = begin("policy_review", SYSTEM, draft, ("approve", FEMI, {"from_day": "2027-01-01"}), known, occasion="law")

    assert case.state == "in_force"


def test_a_supplier_is_approved_once_the_conditions_are_met() -> None:
    """The owner meets them, a second person decides."""
    judge: Step = ("judge", ADA, {"duties": "d", "proof": "p", "gaps": "no model card"})
    conditions: Step = ("set_conditions", EVE, {"conditions": "a model card", "until": "2027-02-01"})
    approve: Step = ("approve", EVE, {"next_review": "2027-11-01"})
    steps = (judge, conditions, ("meet", ADA, {"proof": "card of 5 January"}), approve)
    case = begin("supplier_review", ADA, *steps, supplier="a vendor", supplies="model")

    assert (case.state, case.due) == ("approved", date(2027, 2, 1))


DRAWN: Step = ("draw_up", ADA, {"document": "SoA 3", "applied": "36", "excluded": "A.10.3: no supplier"})


def test_the_statement_of_applicability_is_signed_by_a_leaders_own_key() -> None:
    """A word in a session is not enough for it."""
    of = kind("soa")
    case = begin("soa", SYSTEM, DRAWN, ("review", EVE, {}), occasion="first")
    signed = act(case, "sign", FEMI, next_review="2027-11-01").model_copy(update={"strength": Strength.SSH})

    assert "known at least by ssh, found session" in refused(case, "sign", FEMI, next_review="2027-11-01")
    assert apply(of, case, signed, people()).state == "signed"


def test_a_concern_can_be_raised_without_a_name_and_is_answered_by_another_person() -> None:
    """Acknowledged in seven days, answered by a date, with what protects whoever raised it."""
    take: Step = ("acknowledge", EVE, {"answer_by": "2027-01-20"})
    answer: Step = ("answer", EVE, {"outcome": "the form was changed", "protection": "no name is known"})
    raised = begin("concern", "anonymous")

    assert raised.due == date(2026, 12, 1)
    assert begin("concern", "anonymous", take, answer).state == "answered"
    assert "`acknowledge` by reviewer" in refused(raised, "acknowledge", ADA, answer_by="2027-01-20")


def test_a_training_is_proven_lapses_and_is_renewed() -> None:
    """The proof ends on its date without anyone's doing."""
    of = kind("training")
    done: Step = ("finish", ADA, {"done_on": "2026-11-25", "proof": "test passed"})
    case = begin(
        "training", EVE, done, ("confirm", EVE, {"until": "2027-11-25"}), role="owner", subject="how to halt it"
    )

    ended = lapsed(case, of, datetime(2027, 11, 26, 12, tzinfo=UTC))

    assert case.state == "current"
    assert ended
    expired = apply(of, case, ended, people())
    assert apply(of, expired, act(expired, *done[:2], **done[2]), people()).state == "done"


def test_nobody_confirms_their_own_training() -> None:
    """The proof is looked at by another person."""
    done: Step = ("finish", ADA, {"done_on": "2026-11-25", "proof": "test passed"})
    case = begin("training", EVE, done, role="owner", subject="how to halt it")

    assert "`confirm` by reviewer" in refused(case, "confirm", ADA, until="2027-11-25")
    assert case.opened_at == NOON
