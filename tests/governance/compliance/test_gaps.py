"""Gaps: what should be there and is not, each one case."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from governance.cases.case import Case
from governance.cases.rules import apply
from governance.compliance.beat import beat_of
from governance.compliance.gap_cases import plan_gaps, roles_for
from governance.compliance.gaps import (
    Gap,
    due_runs,
    late_runs,
    registry_digest,
    stale_records,
    unacknowledged,
    undelivered,
    unreachable,
)
from governance.registry.registry import Registry
from governance.registry.system import AiAct, Roles, System, WindowPlan
from governance.window import Length
from tests.builders import people, system
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, act, kind, opened, tell

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SYSTEM = system(window=WindowPlan(length=Length.WEEK, zone="UTC", since=date(2026, 11, 2)))
REGISTRY = Registry({SYSTEM.id: SYSTEM}, people(), {SYSTEM.id: "id: early-help\n"})
KEYS = [run.key for run in due_runs(SYSTEM, NOW)]
GAP = Gap("early-help", "late-runs", "medium", "Windows that were not judged", ("One.",))


def test_every_window_that_ended_is_due_with_a_deadline_after_its_schedule() -> None:
    """Three weeks have ended; the run of a week is late two hours after Monday at six."""
    runs = due_runs(SYSTEM, NOW)

    assert [run.window for run in runs] == ["2026-W45", "2026-W46", "2026-W47"]
    assert runs[-1].deadline == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert runs[-1].key == "bundle/2026/11/23/00/early-help.2026-W47.r0.tar"


def test_a_run_is_late_only_after_its_deadline() -> None:
    """A minute before, nothing is missing."""
    before = datetime(2026, 11, 23, 7, 59, tzinfo=UTC)

    assert late_runs(SYSTEM, set(KEYS[:2]), before, 1) == []
    assert late_runs(SYSTEM, set(KEYS[:2]), before + timedelta(minutes=2), 1)[0].severity == "medium"


def test_a_run_that_is_late_beyond_the_age_of_a_result_is_grave() -> None:
    """Nobody knows any more how the system does."""
    [gap] = late_runs(SYSTEM, set(KEYS[:2]), NOW, 1)

    assert gap.severity == "high"
    assert "2026-W47" in gap.sentences[0]


def test_nothing_is_missing_when_every_run_stands() -> None:
    """No gap, no case."""
    assert late_runs(SYSTEM, set(KEYS), NOW, 1) == []


def several(*systems: System, **changes: Any) -> Registry:
    """A registry of some systems."""
    return Registry({one.id: one for one in systems}, people().model_copy(update=changes), {})


def test_people_without_an_address_are_a_gap_unless_a_default_was_set() -> None:
    """One for each person; the file of the state folder is read by nobody."""
    found = unreachable(REGISTRY, {}, has_default=False)

    assert [gap.cause for gap in found] == [f"unreachable-{person}" for person in (ADA, BEN, EVE, FEMI)]
    assert [gap.severity for gap in found] == ["high", "medium", "medium", "medium"]
    assert found[0].sentences == (f"No address is known for {ADA}.", "They are owner of early-help.")
    assert unreachable(REGISTRY, {}, has_default=True) == []


def test_a_person_of_many_systems_is_one_gap_that_names_them_by_role() -> None:
    """The gravest role first, a system once, a long list cut and counted."""
    roles = SYSTEM.people.model_copy(update={"owner": EVE, "reviewer": FEMI, "escalation": (ADA, FEMI)})
    many = [system(id=f"s-{number:02d}") for number in range(15)]
    other = [system(id=name, people=roles) for name in ("loans", "triage")]

    [gap] = unreachable(several(*other, *many), {ADA: NOW}, has_default=True)

    assert gap.sentences[1].startswith("They are owner of s-00, s-01,")
    assert gap.sentences[1].endswith("s-11 and 3 more.")
    assert gap.sentences[2:] == ("They are escalation of loans, triage.",)
    assert (gap.subject, gap.severity, len(gap.among)) == ("", "high", 17)


def test_an_address_that_fails_is_a_gap_of_the_person() -> None:
    """Since when, and that it is the owner's."""
    [gap] = unreachable(REGISTRY, {ADA: NOW}, has_default=True)

    assert "since 2026-11-24 12:00 UTC" in gap.sentences[0]
    assert gap.severity == "high"


def test_cases_past_their_date_that_nobody_took_on_are_one_gap_a_system() -> None:
    """A gap's own case is none, or gaps would breed."""
    rem, gap = kind("remediation"), kind("gap")
    cases = [tell(rem, opened(rem, "system")), tell(gap, opened(gap, "system"))]
    late = NOW + timedelta(days=60)

    found = unacknowledged(cases, lambda case: kind(case.kind), late)

    assert [(one.subject, one.cause) for one in found] == [("early-help", "unacknowledged")]
    assert cases[0].id in found[0].sentences[0]
    assert unacknowledged(cases, lambda case: kind(case.kind), NOW) == []


def test_a_message_is_undelivered_after_two_hours() -> None:
    """Retries have their time first."""
    rem = kind("remediation")
    case = tell(rem, opened(rem, "system"))

    assert undelivered({ADA: [(case, NOW)]}, NOW + timedelta(hours=2)) == []
    assert undelivered({ADA: [(case, NOW)]}, NOW + timedelta(hours=3))[0].cause == "undelivered"


def test_records_at_planned_intervals_go_stale_and_those_on_occasion_do_not() -> None:
    """No incident is no gap; no policy review is one."""
    [gap] = stale_records({"drill": NOW - timedelta(days=200)}, {"drill": 180, "incident": 1, "soa": 365}, NOW)

    assert gap.subject == ""
    assert [sentence.split()[2] for sentence in gap.sentences] == ["drill", "no"]
    assert stale_records({"drill": NOW}, {"drill": 180}, NOW) == []


def planned(found: list[Gap], cases: list[Case]) -> list[Case]:
    """The cases after what these gaps ask for."""
    known = {case.id: case for case in cases}
    for step in plan_gaps(found, cases, REGISTRY, kind("gap"), NOW):
        known[step.case] = apply(kind("gap"), known.get(step.case), step, people())
    return list(known.values())


def test_a_gap_is_opened_once_closed_when_gone_and_reopened_when_it_returns() -> None:
    """However often the flow runs."""
    opened_ = planned([GAP], [])
    again = plan_gaps([GAP], opened_, REGISTRY, kind("gap"), NOW)
    closed = planned([], opened_)
    back = planned([GAP], closed)

    assert [(case.id, case.state) for case in opened_] == [("GAP-early-help-late-runs-20261124", "open")]
    assert again == []
    assert [case.state for case in closed] == ["closed"]
    assert [case.state for case in back] == ["open"]


def test_a_gap_of_the_organisation_goes_to_those_who_answer_for_the_greatest_risk() -> None:
    """Somebody is always named."""
    [case] = planned([Gap("", "stale-records", "medium", "Records that are missing", ("One.",))], [])

    assert (case.owner, case.subject) == (ADA, "")


def test_a_person_who_cannot_be_told_is_put_before_the_people_of_their_own_systems() -> None:
    """Those of the riskiest of them, unless the organisation names its own; other systems' people are left alone."""
    theirs = Roles(owner=BEN, deputy=ADA, reviewer=EVE, escalation=(EVE,))
    limited = AiAct(risk_class="limited", role="deployer", reason="Article 50, people talk to it")
    registry = several(SYSTEM, system(id="chat", people=theirs, ai_act=limited))
    gap = Gap("", "unreachable-ben-lind", "high", "A person who cannot be told", ("One.",), ("chat",))

    assert roles_for(registry, gap) == theirs
    assert roles_for(several(*registry.systems.values(), organisation=SYSTEM.people), gap) == SYSTEM.people


STEPS: dict[str, list[tuple[str, str, dict[str, str]]]] = {
    "open": [],
    "acknowledged": [("acknowledge", ADA, {})],
    "accepted": [("accept", EVE, {"until": "2026-12-24", "measures": "a letter by post"})],
}


@pytest.mark.parametrize("state", STEPS)
def test_a_case_of_a_system_by_the_old_rule_closes_and_says_where_it_stands_now(state: str) -> None:
    """One for each person is opened at the same time."""
    old = planned([Gap(SYSTEM.id, "unreachable", "high", "People who cannot be told", ("One.",))], [])[0]
    for verb, by, form in STEPS[state]:
        old = apply(kind("gap"), old, act(old, verb, by, at=NOW, **form), people())
    assert old.state == state
    found = unreachable(REGISTRY, {BEN: NOW}, has_default=True)

    acts = plan_gaps(found, [old], REGISTRY, kind("gap"), NOW)
    after = planned(found, [old])

    assert acts[0].why == "It is a case for each person now: unreachable-ben-lind."
    assert {case.cause: case.state for case in after} == {"unreachable": "closed", "unreachable-ben-lind": "open"}
    assert plan_gaps(found, after, REGISTRY, kind("gap"), NOW) == []


def test_a_case_of_a_system_by_the_old_rule_closes_when_its_people_can_be_told() -> None:
    """As before."""
    old = planned([Gap(SYSTEM.id, "unreachable", "high", "People who cannot be told", ("One.",))], [])

    [done] = plan_gaps([], old, REGISTRY, kind("gap"), NOW)

    assert (done.verb, done.why) == ("close", "It is gone.")


def test_the_heartbeat_names_what_became_late_in_its_hour_and_what_is_missing_still() -> None:
    """W47 became late at eight; W46 was late before and is missing; W45 stands and is old."""
    beat = beat_of(REGISTRY, {KEYS[0], KEYS[2]}, datetime(2026, 11, 23, 9, 30, tzinfo=UTC))

    assert (beat.id, beat.expected, beat.seen) == ("heartbeat.20261123T08", tuple(KEYS[1:]), (KEYS[2],))
    assert beat.members["runs.txt"].decode().splitlines() == [f"MISSING {KEYS[1]}", f"seen {KEYS[2]}"]


def test_the_heartbeat_states_the_digest_of_the_registry_in_force() -> None:
    """Another registry, another digest."""
    statement = beat_of(REGISTRY, set(), NOW).statement(REGISTRY, origin="example.org/aims", created=NOW)
    other = Registry(REGISTRY.systems, REGISTRY.people, {SYSTEM.id: "id: other\n"})

    assert statement.subject == {"registry": registry_digest(REGISTRY)}
    assert registry_digest(other) != registry_digest(REGISTRY)
    assert statement.predicate["missing"] == KEYS
