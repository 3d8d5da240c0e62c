"""Labels of runs and the question that is put to people."""

from datetime import timedelta

from governance.cases.label import actors, choices, is_unacknowledged, question, run_name, run_tags
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, SYSTEM, act, kind, opened, tell

GAP = kind("gap")
OPENING = opened(GAP, SYSTEM)


def test_a_run_is_named_by_case_system_owner_and_date_and_says_when_it_is_late() -> None:
    """A list of runs can be read by itself."""
    case = tell(GAP, OPENING)
    name = f"{case.id} · early-help · {ADA} · due {case.due}"

    assert run_name(case, GAP, case.opened_at) == name
    assert run_name(case, GAP, case.opened_at + timedelta(days=16)).endswith(name)
    assert run_name(case, GAP, case.opened_at + timedelta(days=16)).startswith("OVERDUE ")


def test_the_tags_name_everybody_who_may_act() -> None:
    """The gate lets those resume whose id a run bears."""
    tags = run_tags(tell(GAP, OPENING), GAP, OPENING.at)

    assert {f"owner:{ADA}", f"deputy:{BEN}", f"reviewer:{EVE}", f"escalation:{FEMI}"} <= set(tags)
    assert {"system:early-help", "kind:gap", "state:open"} <= set(tags)
    assert actors(tell(GAP, OPENING)) == [ADA, BEN, EVE, FEMI]


def test_the_question_changes_with_state_person_and_refusal_but_not_with_a_further_window() -> None:
    """An answer that was given while the system added a window still holds."""
    rem = kind("remediation")
    first = opened(rem, SYSTEM)
    case = tell(rem, first)
    update = act(case, "update", SYSTEM)
    seen = act(case, "comment", ADA)

    assert question(case, [first], 0) == question(case, [first, update], 0) == "open-0-0"
    assert question(case, [first, seen], 0) == "open-2-0"
    assert question(case, [first], 1) == "open-0-1"
    waiting = case.model_copy(update={"state": "in_review"})
    assert question(waiting, [first], 0) == "inreview-0-0"  # Prefect's keys: small letters, digits, hyphens


def test_people_are_offered_what_people_may_do_from_here() -> None:
    """What moves the case stands first; acts of the system are not offered."""
    assert choices(tell(GAP, OPENING), GAP) == ["acknowledge", "accept", "close", "assign", "comment"]


def test_a_case_is_unacknowledged_until_somebody_moves_it() -> None:
    """The state in which it was opened says that nobody has taken it on."""
    assert is_unacknowledged(tell(GAP, OPENING), GAP)
    assert not is_unacknowledged(tell(GAP, OPENING, ("acknowledge", ADA, {})), GAP)
