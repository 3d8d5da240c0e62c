"""Stories of a remediation: who may do what, in which state, and what a refusal says."""

import pytest

from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind_parts import Strength
from governance.cases.rules import apply, fold
from governance.errors import ActRefused
from tests.builders import people
from tests.governance.cases.stories import ACCEPT, ADA, BEN, EVE, FEMI, FIX, SYSTEM, act, kind, opened, tell

KIND = kind()
OPEN = opened(KIND, SYSTEM)


def refused(case: Case | None, step: Act) -> str:
    """What the refusal of a step says."""
    with pytest.raises(ActRefused) as caught:
        apply(KIND, case, step, people())
    return str(caught.value)


def test_a_finding_is_acknowledged_fixed_retested_and_closed() -> None:
    """The whole way from the alarm to the proof."""
    case = tell(KIND, OPEN, ("acknowledge", ADA, {}), ("fix", ADA, FIX), ("retest", SYSTEM, {}))

    assert (case.state, case.seq) == ("closed", 4)


def test_a_finding_that_comes_back_after_the_fix_is_reopened() -> None:
    """A fresh window with the same cause sends the case back."""
    case = tell(KIND, OPEN, ("acknowledge", ADA, {}), ("fix", ADA, FIX), ("reopen", SYSTEM, {}))

    assert case.state == "reopened"


def test_the_deputy_may_act_for_the_owner() -> None:
    """An owner on leave stops nothing."""
    assert tell(KIND, OPEN, ("acknowledge", BEN, {})).state == "acknowledged"


def test_an_accepted_risk_is_due_again_at_its_date() -> None:
    """Acceptance sets the due date to the day until which it holds."""
    case = tell(KIND, OPEN, ("accept", EVE, ACCEPT))

    assert (case.state, str(case.due)) == ("accepted", "2026-12-31")


def test_the_owner_cannot_accept_their_own_risk() -> None:
    """A refusal names those who may."""
    case = tell(KIND, OPEN)

    said = refused(case, act(case, "accept", ADA, **ACCEPT))

    assert "expected `accept` by reviewer (eve-marsh); escalation (femi-adeyemi), found ada-okafor" in said


def test_who_acknowledged_cannot_accept_even_when_escalated_to() -> None:
    """Separation of duties goes by what somebody did, not only by their role."""
    case = tell(KIND, OPEN, ("assign", ADA, {"to": FEMI}), ("acknowledge", FEMI, {}))

    said = refused(case, act(case, "accept", FEMI, **ACCEPT))

    assert "Separation of duties" in said


def test_a_fix_needs_an_acknowledged_case() -> None:
    """A refusal names the state that is needed, the present one, and what is possible now."""
    case = tell(KIND, OPEN)

    said = refused(case, act(case, "fix", ADA, **FIX))

    assert "expected the state acknowledged for `fix`, found the state open. Possible now: update, acknowledge" in said


def test_a_missing_field_is_named_with_its_label() -> None:
    """The form says what is lacking and how to give it."""
    case = tell(KIND, OPEN, ("acknowledge", ADA, {}))

    said = refused(case, act(case, "fix", ADA, root_cause="x", mend="y"))

    assert "the field `effective_from` (First day whose predictions come from the mended system), found nothing" in said
    assert "--field effective_from=" in said


@pytest.mark.parametrize("value", ["tomorrow", "2026-02-30", "", "20261130"])
def test_a_date_that_is_none_is_refused_without_being_repeated(value: str) -> None:
    """What somebody typed by mistake may be personal, so the message does not hold it."""
    case = tell(KIND, OPEN, ("acknowledge", ADA, {}))

    said = refused(case, act(case, "fix", ADA, **{**FIX, "effective_from": value}))

    assert "a date such as 2026-11-24" in said
    assert not value or value not in said


def test_a_risk_is_not_accepted_for_longer_than_a_year() -> None:
    """An acceptance ends, within the days that the kind allows."""
    case = tell(KIND, OPEN)

    said = refused(case, act(case, "accept", EVE, **{**ACCEPT, "until": "2028-01-01"}))

    assert "a date from 2026-11-24 to 2027-11-24" in said


def test_an_unknown_field_is_refused() -> None:
    """A misspelt field is not silently dropped."""
    case = tell(KIND, OPEN)

    assert "`untill`" in refused(case, act(case, "accept", EVE, untill="2026-12-31", measures="m"))


def test_an_unknown_act_is_answered_with_those_that_are_possible() -> None:
    """The message lists the acts of the present state."""
    case = tell(KIND, OPEN)

    assert "(update, acknowledge, accept, assign, comment), found `close_it`" in refused(
        case, act(case, "close_it", ADA)
    )


def test_a_person_must_give_a_reason() -> None:
    """No act without a why."""
    case = tell(KIND, OPEN)

    assert "expected a reason" in refused(case, act(case, "acknowledge", ADA).model_copy(update={"why": ""}))


def test_a_stranger_cannot_act() -> None:
    """Even where anyone may, they must be known."""
    case = tell(KIND, OPEN)

    assert "a person of people.yaml, found `mallory`" in refused(case, act(case, "comment", "mallory"))


def test_nobody_acts_as_the_system() -> None:
    """The system's name in a session is refused."""
    case = tell(KIND, OPEN)
    posing = act(case, "update", SYSTEM).model_copy(update={"strength": Strength.SESSION})

    assert "the strength `system`" in refused(case, posing)


def test_a_person_cannot_do_what_only_the_system_may() -> None:
    """A retest is proven by a window, not said by an owner."""
    case = tell(KIND, OPEN, ("acknowledge", ADA, {}), ("fix", ADA, FIX))

    assert "`retest` by system" in refused(case, act(case, "retest", ADA))


def test_an_act_on_a_case_that_moved_meanwhile_is_refused() -> None:
    """Nobody decides on what they have not seen."""
    before = tell(KIND, OPEN)
    after = tell(KIND, OPEN, ("acknowledge", ADA, {}))

    assert "Somebody acted meanwhile" in refused(after, act(before, "accept", EVE, **ACCEPT))


def test_an_opener_cannot_choose_the_due_date() -> None:
    """The date is the clock's."""
    assert OPEN.opening
    later = OPEN.opening.model_copy(update={"due": OPEN.opening.due.replace(year=2030)})

    assert "2026-12-01 as due date, by the clock of remediation" in refused(
        None, OPEN.model_copy(update={"opening": later})
    )


def test_the_reviewer_cannot_become_the_owner() -> None:
    """Four eyes stay four when a case is handed over."""
    case = tell(KIND, OPEN)

    assert "two people" in refused(case, act(case, "assign", ADA, to=EVE))


def test_a_case_is_the_same_in_whatever_order_its_acts_are_read() -> None:
    """The fold does not depend on the order of reading."""
    acts = [OPEN]
    for verb, by, form in (("acknowledge", ADA, {}), ("fix", ADA, FIX), ("comment", EVE, {}), ("retest", SYSTEM, {})):
        acts.append(act(fold(KIND, acts), verb, by, **form))

    assert fold(KIND, acts) == fold(KIND, reversed(acts)) == fold(KIND, acts[2:] + acts[:2])


def test_an_act_that_the_kind_forbids_changes_nothing_and_is_shown() -> None:
    """What other software wrote into the log is neither obeyed nor hidden."""
    case = tell(KIND, OPEN)
    forged = act(case, "close", ADA, proof="trust me")

    told = fold(KIND, [OPEN, forged])

    assert (told.state, told.seq) == ("open", 2)
    assert told.void[0].by == ADA
    assert "expected the state acknowledged or fixed" in told.void[0].reason


def test_acts_after_a_missing_one_wait_for_it() -> None:
    """A hole in the numbers is not jumped over."""
    first = act(tell(KIND, OPEN), "acknowledge", ADA)
    second = act(tell(KIND, OPEN, ("acknowledge", ADA, {})), "fix", ADA, **FIX)

    assert fold(KIND, [OPEN, second]).state == "open"
    assert fold(KIND, [OPEN, second, first]).state == "fixed"


def test_acts_without_an_opening_make_no_case() -> None:
    """There is nothing to fold without act 1."""
    later = act(tell(KIND, OPEN), "acknowledge", ADA)

    with pytest.raises(ActRefused):
        fold(KIND, [later])
