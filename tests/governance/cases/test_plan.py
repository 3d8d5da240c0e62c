"""What a verdict asks for: one case a cause, updated and not doubled, closed only by proof."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.finding import findings
from governance.cases.kind import read_kind
from governance.cases.plan import plan_verdict
from governance.cases.rules import apply
from governance.errors import ConfigurationError
from governance.verdict import Result, Status, Verdict
from tests.builders import people, result, system, unreadable_verdict, verdict
from tests.governance.cases.stories import ACCEPT, ADA, EVE, FIX, KINDS, NOON, act, kind

KIND = kind()
DRIFT, FAIR = "drift:age", "fairness:sex"


def week(number: int, *results: Result, revision: int = 0) -> Verdict:
    """The verdict of week 47 + number; by default that of the builders."""
    shift = timedelta(weeks=number)
    base = verdict(window=f"2026-W{47 + number}", revision=revision)
    return replace(base, start=base.start + shift, end=base.end + shift, results=results or base.results)


def judged(cases: list[Case], of: Verdict, now: datetime = NOON) -> list[Act]:
    """The acts that a verdict asks for, done: `cases` is brought up to date."""
    planned = plan_verdict(of, cases, system=system(), people=people(), now=now, kind=KIND)
    for after in planned.cases:
        cases[:] = [case for case in cases if case.id != after.id] + [after]
    return list(planned.acts)


def do(cases: list[Case], cause: str, *steps: tuple[str, str, dict[str, str]]) -> Case:
    """A person's steps on the case of a cause."""
    case = next(case for case in cases if case.cause == cause)
    for verb, by, form in steps:
        case = apply(KIND, case, act(case, verb, by, **form), people())
    cases[:] = [other for other in cases if other.id != case.id] + [case]
    return case


def test_results_of_one_cause_make_one_finding() -> None:
    """Two alarms with one cause, one alarm with another: two findings."""
    more = result("drift", "region", "x", Status.ALARM, "Regions moved.", cause=DRIFT)
    found = findings(week(0, *verdict().results, more))

    assert [finding.cause for finding in found] == [DRIFT, FAIR]
    assert found[0].sighting.alarms == ("drift:age:Wasserstein distance (normed)", "drift:region:x")
    assert found[0].title == "Drift: age, region"


def test_fairness_and_errors_are_grave_and_drift_is_not() -> None:
    """Severity follows what is at stake."""
    assert [finding.severity for finding in findings(verdict())] == ["medium", "high"]
    assert [finding.severity for finding in findings(unreadable_verdict())] == ["high"]


def test_what_passes_or_cannot_be_told_finds_nothing() -> None:
    """Only alarms and errors are findings."""
    assert findings(week(0, *[one for one in verdict().results if one.status is not Status.ALARM])) == []


def test_a_finding_opens_a_case_named_after_system_cause_and_window() -> None:
    """Ids are the same in every repetition; the case starts with its owner and its date."""
    cases: list[Case] = []
    acts = judged(cases, week(0))

    assert [one.case for one in acts] == [
        "REM-early-help-drift.age-2026-W47",
        "REM-early-help-fairness.sex-2026-W47",
    ]
    assert (cases[0].owner, str(cases[0].due), str(cases[1].due)) == (ADA, "2026-12-08", "2026-12-01")


def test_planning_the_same_verdict_twice_asks_for_nothing_new() -> None:
    """A run that is repeated after a kill doubles nothing."""
    cases: list[Case] = []
    judged(cases, week(0))

    assert judged(cases, week(0)) == []


def test_a_later_window_updates_the_case_and_opens_none() -> None:
    """One cause, one case; each window is recorded once."""
    cases: list[Case] = []
    judged(cases, week(0))
    acts = judged(cases, week(1))

    assert [one.verb for one in acts] == ["update", "update"]
    assert len(cases) == 2
    assert judged(cases, week(1)) == []
    assert cases[0].seen == ("2026-W47.r0", "2026-W48.r0")


def test_a_window_judged_again_is_recorded_again() -> None:
    """Another revision is another sighting."""
    cases: list[Case] = []
    judged(cases, week(0))

    assert [one.verb for one in judged(cases, week(0, revision=1))] == ["update", "update"]


def test_another_systems_case_is_left_alone() -> None:
    """A cause is one system's."""
    cases: list[Case] = []
    judged(cases, week(0))
    foreign = [case.model_copy(update={"subject": "other"}) for case in cases]

    planned = plan_verdict(week(1), foreign, system=system(), people=people(), now=NOON, kind=KIND)

    assert [one.verb for one in planned.acts] == ["open", "open"]


PASSING = tuple(replace(one, status=Status.PASS) if one.status is Status.ALARM else one for one in verdict().results)


def test_a_fresh_window_that_passes_closes_the_case() -> None:
    """The proof is a window that starts on or after the day of the mend (2026-11-30, week 49)."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, DRIFT, ("acknowledge", ADA, {}), ("fix", ADA, FIX))

    assert judged(cases, week(1, *PASSING)) == []
    assert [(one.verb, one.case) for one in judged(cases, week(2, *PASSING))] == [
        ("retest", "REM-early-help-drift.age-2026-W47")
    ]
    assert {case.cause: case.state for case in cases} == {DRIFT: "closed", FAIR: "open"}


@pytest.mark.parametrize("status", [Status.INSUFFICIENT, Status.ERROR, None])
def test_a_window_that_proves_nothing_closes_nothing(status: Status | None) -> None:
    """Too little data, an error or a missing result is no pass."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, DRIFT, ("acknowledge", ADA, {}), ("fix", ADA, FIX))
    unclear = [replace(one, status=status) if one.cause == DRIFT and status else one for one in PASSING]
    unclear = [one for one in unclear if one.cause != DRIFT or status]

    acts = judged(cases, week(2, *unclear))

    assert "retest" not in [one.verb for one in acts]


@pytest.mark.parametrize(("status", "verbs"), [(Status.PASS, ["retest"]), (Status.INSUFFICIENT, []), (None, [])])
def test_an_input_fault_is_over_when_none_of_any_kind_is_found(status: Status | None, verbs: list[str]) -> None:
    """Missing values have no result of that name in a good window; one result says that all kinds were looked for."""
    cases: list[Case] = []
    judged(cases, week(0, result("contract", "age", "missing_values", Status.ALARM, "Half is missing.")))
    do(cases, "contract:age", ("acknowledge", ADA, {}), ("fix", ADA, FIX))
    good = [result("contract", "rows", "row_count", Status.PASS, "Enough rows.")]
    overall = [result("contract", "window", "input_faults", status, "Looked for.")] if status else []

    assert [one.verb for one in judged(cases, week(2, *good, *overall))] == verbs


def test_a_rule_that_is_no_longer_asked_closes_nothing() -> None:
    """Taking the limit out of the contract is no fix, though the window shows no input fault."""
    cases: list[Case] = []
    judged(cases, week(0, result("contract", "age", "null_share", Status.ALARM, "Half is missing.")))
    do(cases, "contract:age", ("acknowledge", ADA, {}), ("fix", ADA, FIX))
    overall = result("contract", "window", "input_faults", Status.PASS, "Looked for.")

    assert [one.verb for one in judged(cases, week(2, overall))] == []


def test_an_error_is_over_when_its_check_judges_again_and_passes() -> None:
    """A file that could not be read has no result of that name in a good window."""
    cases: list[Case] = []
    judged(cases, unreadable_verdict())
    do(cases, "contract:predictions", ("acknowledge", ADA, {}), ("fix", ADA, FIX))
    good = result("contract", "rows", "row_count", Status.PASS, "Enough rows.")

    assert judged(cases, week(2, result("drift", "age", "x", Status.PASS, "As before."))) == []
    assert [one.verb for one in judged(cases, week(2, good))] == ["retest"]


def test_before_the_mend_a_window_only_updates_and_after_it_reopens() -> None:
    """What a window from before the mend shows is no news."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, DRIFT, ("acknowledge", ADA, {}), ("fix", ADA, FIX))

    verbs = [[one.verb for one in judged(cases, week(number)) if "drift" in one.case] for number in (1, 2)]

    assert verbs == [["update"], ["reopen"]]


def test_an_accepted_case_is_updated_and_stays_accepted() -> None:
    """Acceptance holds until its date, but what happens meanwhile is recorded."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, FAIR, ("accept", EVE, ACCEPT))
    judged(cases, week(1))

    assert next(case.state for case in cases if case.cause == FAIR) == "accepted"


def closed_case() -> list[Case]:
    """The drift case of week 47, mended from week 49 on and closed by week 49's pass."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, DRIFT, ("acknowledge", ADA, {}), ("fix", ADA, FIX))
    judged(cases, week(2, *PASSING))
    return [case for case in cases if case.cause == DRIFT]


def test_a_repeated_run_does_not_open_a_closed_case_again() -> None:
    """A window that the closed case has recorded is not news."""
    cases = closed_case()

    assert [one for one in judged(cases, week(0)) if "drift" in one.case] == []


def test_a_window_from_before_the_mend_opens_nothing_after_closing() -> None:
    """A back-fill of an old window finds what has been mended."""
    cases = closed_case()

    assert [one for one in judged(cases, week(-2)) if "drift" in one.case] == []


def test_the_same_cause_after_closing_opens_a_new_case() -> None:
    """A later failure is another case."""
    cases = closed_case()

    acts = [one for one in judged(cases, week(5)) if "drift" in one.case]

    assert [(one.verb, one.case) for one in acts] == [("open", "REM-early-help-drift.age-2026-W52")]


def test_a_retest_window_is_not_what_a_reopened_case_is_measured_by() -> None:
    """After a pass and a relapse the case must prove the alarms gone again, not an empty list."""
    cases = closed_case()
    alarm = [one for one in verdict().results if one.cause == DRIFT]
    judged(cases, week(2, *alarm, revision=1))

    assert cases[0].last
    assert cases[0].last.alarms


def test_a_kind_without_monitoring_opens_nothing_by_itself() -> None:
    """The mistake is told, with its mend."""
    mute = KIND.model_copy(update={"monitor": None})

    with pytest.raises(ConfigurationError):
        plan_verdict(week(0), [], system=system(), people=people(), now=NOON, kind=mute)


def test_causes_that_look_alike_have_different_cases() -> None:
    """What does not fit into an id gets a digest of the whole."""
    both = [
        result("drift", "x", "m", Status.ALARM, "s", cause=cause)
        for cause in ("drift:a b", "drift:a_b", "drift:a.b", "drift:a-b")
    ]
    long = [result("drift", "x", "m", Status.ALARM, "s", cause="drift:" + "a" * 80 + end) for end in "bc"]
    acts = judged([], week(0, *both, *long))

    assert len({one.case.casefold() for one in acts}) == 6
    assert all(len(one.case) <= 146 for one in acts)


def test_windows_and_times_are_utc() -> None:
    """What an act carries is in UTC, to the second."""
    acts = judged([], week(0), now=datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC))

    assert b'"at":"2026-11-24T12:00:00Z"' in acts[0].to_json()


def test_a_fresh_window_that_rings_for_another_result_of_the_cause_reopens_and_does_not_close() -> None:
    """A verdict never asks to close and to reopen one case."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, DRIFT, ("acknowledge", ADA, {}), ("fix", ADA, FIX))
    other = result("drift", "region", "x", Status.ALARM, "Regions moved.", cause=DRIFT)

    acts = judged(cases, week(2, *PASSING, other))

    assert [one.verb for one in acts] == ["reopen"]


def test_a_case_keeps_the_kind_it_was_opened_with() -> None:
    """When the file renames a state, cases that stand in it go on by their old kind."""
    cases: list[Case] = []
    judged(cases, week(0))
    do(cases, DRIFT, ("acknowledge", ADA, {}))
    text = (KINDS / "remediation.yaml").read_text("utf-8")
    renamed = read_kind(text.replace("acknowledged", "noted"), "remediation.yaml")

    planned = plan_verdict(
        week(1), cases, system=system(), people=people(), now=NOON, kind=renamed, kind_of=lambda _: KIND
    )

    assert "acknowledged" not in renamed.states
    assert {case.cause: case.state for case in planned.cases} == {DRIFT: "acknowledged", FAIR: "open"}
    assert [one.verb for one in planned.acts] == ["update", "update"]
