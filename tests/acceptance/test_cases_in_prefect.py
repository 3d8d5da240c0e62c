"""Cases in Prefect, on a real server: told, asked, answered, reminded, escalated, mended, tested again, closed."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest

from governance.evidence import read_bundle, verify_archive
from tests.case_world import BOSS, DEPUTY, OWNER, REVIEWER, World, call, deploy_cases

pytestmark = pytest.mark.servers


def noon(day: date, after: int = 0) -> str:
    """Noon in UTC, some days after a day."""
    return datetime.combine(day + timedelta(days=after), time(12), UTC).isoformat()


@pytest.mark.long
def test_the_story_of_a_finding_from_the_alarm_to_the_proof(world: World) -> None:
    """Finding, task, reminder, acknowledgement, overdue, escalation, fix, failed retest, reopened, fix, proof."""
    fix = {"root_cause": "a new form", "mend": "asked again"}
    world.monitor("loans", "2026-01")
    case = world.only_case()
    world.work()
    assert world.case_runs()[0]["name"] == f"{case.id} · loans · {OWNER} · due {case.due}"
    assert {f"owner:{OWNER}", "system:loans", "kind:remediation", "state:open"} <= set(world.case_runs()[0]["tags"])
    assert "50.0 % of the rows have no value" in world.form(case.id)

    world.follow_up(noon(case.due, -1))
    world.follow_up(noon(case.due, -1))
    assert [one["subject"] for one in world.messages(OWNER)] == [
        "1 case waits for you",
        "Reminder: 1 case waits for you",
    ]

    assert world.answer(case.id, "acknowledge", OWNER)["status"] == "ACCEPT"
    world.work()
    assert world.only_case().state == "acknowledged"
    assert world.case_runs()[0]["state"]["name"] == "Suspended"

    world.follow_up(noon(case.due, 1))
    assert world.case_runs()[0]["name"].startswith("OVERDUE 1 d · ")
    assert world.messages(OWNER)[-1]["subject"] == "OVERDUE: 1 case waits for you, 1 overdue"
    assert world.messages(BOSS)[-1]["subject"].startswith("ESCALATION: ")

    world.answer(case.id, "fix", OWNER, effective_from="2026-02-01", **fix)
    world.work()
    world.monitor("loans", "2026-02")
    assert world.only_case().state == "reopened"
    world.work()
    assert "reopen" in world.form(case.id)

    world.answer(case.id, "acknowledge", OWNER)
    world.work()
    world.answer(case.id, "fix", OWNER, effective_from="2026-03-01", **fix)
    world.work()
    world.monitor("loans", "2026-03")
    verbs = [act.verb for act in world.here.index.acts(case.id)]
    assert verbs == ["open", "acknowledge", "fix", "reopen", "acknowledge", "fix", "retest"]
    assert [one["state"]["name"] for one in world.case_runs()] == ["Closed"]
    assert verify_archive(world.here.archive).ok


def test_a_refused_answer_asks_again_and_says_why(world: World) -> None:
    """Nothing is kept of it but the reason, and the next answer is taken."""
    world.monitor("loans", "2026-01")
    world.work()
    case = world.only_case()
    world.answer(case.id, "accept", REVIEWER, until="2020-01-01", measures="read by a person")
    world.work()
    refused = world.form(case.id)
    world.answer(case.id, "acknowledge", OWNER)
    world.work()

    assert "Not taken" in refused
    assert "a date from" in refused
    assert [act.verb for act in world.here.index.acts(case.id)] == ["open", "acknowledge"]


@pytest.mark.long
def test_a_crash_after_the_answer_loses_nothing(world: World) -> None:
    """The run died with the answer in hand; the follow-up tries it again, and the act is there once."""
    world.monitor("loans", "2026-01")
    world.work()
    case = world.only_case()
    world.answer(case.id, "acknowledge", OWNER)
    [told] = world.work(die_at=3)
    run = world.case_runs()[0]["id"]
    call(world.api, "POST", f"flow_runs/{run}/set_state", state={"type": "CRASHED"}, force=True)
    world.follow_up(noon(date(2026, 11, 25)))
    world.work()

    assert told["code"] == -9
    assert [act.verb for act in world.here.index.acts(case.id)] == ["open", "acknowledge"]
    assert [(one["id"], one["state"]["name"]) for one in world.case_runs()] == [(run, "Suspended")]
    assert world.answer(case.id, "comment", OWNER)["status"] == "ACCEPT"


@pytest.mark.long
def test_a_run_whose_process_died_unseen_is_scheduled_again(world: World) -> None:
    """Worker and process were killed together, so it claims to be running."""
    world.monitor("loans", "2026-01")
    run = world.case_runs()[0]["id"]
    call(world.api, "POST", f"flow_runs/{run}/set_state", state={"type": "RUNNING"}, force=True)
    now = datetime.now(UTC)
    world.follow_up((now + timedelta(minutes=5)).isoformat())
    before = world.case_runs()[0]["state"]["name"]
    world.follow_up((now + timedelta(minutes=15)).isoformat())

    assert (before, world.case_runs()[0]["state"]["name"]) == ("Running", "Scheduled")


@pytest.mark.long
def test_a_run_that_is_cancelled_deleted_or_loses_its_deployment_has_a_successor(world: World) -> None:
    """The archive's case is open, so something in the UI stands for it, whatever somebody clicks."""
    world.monitor("loans", "2026-01")
    world.work()
    seen = [world.case_runs()[0]["id"]]
    call(world.api, "POST", f"flow_runs/{seen[0]}/set_state", state={"type": "CANCELLED"}, force=True)
    world.follow_up(noon(date(2026, 11, 25)))
    world.work()
    seen.append(world.living_run()["id"])
    call(world.api, "DELETE", f"flow_runs/{seen[1]}")
    world.follow_up(noon(date(2026, 11, 25)))
    world.work()
    seen.append(world.living_run()["id"])
    deployment = call(world.api, "GET", "deployments/name/remediate/case")["id"]
    call(world.api, "DELETE", f"deployments/{deployment}")
    deploy_cases(world.api)
    world.follow_up(noon(date(2026, 11, 25)))
    world.work()
    seen.append(world.living_run()["id"])

    assert len(set(seen)) == 4
    assert world.answer(world.only_case().id, "acknowledge", OWNER)["status"] == "ACCEPT"
    world.work()
    assert world.only_case().state == "acknowledged"


@pytest.mark.long
def test_a_case_acted_on_elsewhere_is_asked_about_anew(world: World) -> None:
    """The act form or the command line moved it; the suspended run shows the new state."""
    world.monitor("loans", "2026-01")
    world.work()
    case = world.only_case()
    step = {"case": case.id, "verb": "acknowledge", "by": OWNER, "why": "seen on my phone"}
    world.flow("flows.act:act_on_case", step=step)
    world.work()

    assert "seen on my phone" in world.form(case.id)
    assert "**fix**" in world.form(case.id)


@pytest.mark.long
def test_a_one_time_code_makes_the_act_one_of_strength_code(world: World) -> None:
    """Asked for in the form, sent to the person alone, typed into the form."""
    world.monitor("loans", "2026-01")
    world.work()
    case = world.only_case()
    world.answer(case.id, "send_me_a_code", OWNER)
    world.work()
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", world.messages(OWNER)[-1]["body"])
    assert code
    world.answer(case.id, "acknowledge", OWNER, code=code[0])
    world.work()

    assert world.here.index.acts(case.id)[-1].strength == "code"
    assert code[0] not in "".join(path.read_text() for path in (world.here.settings.state / "codes").iterdir())


@pytest.mark.long
@pytest.mark.parametrize(
    "world",
    [{"systems": ["loans", "cards", "homes"], "columns": 200, "broken": ["2026-01"], "until": "2026-02-01"}],
    indirect=True,
)
def test_a_storm_is_one_case_a_cause_and_one_message_a_person(world: World) -> None:
    """200 columns break in three systems at once: three cases and one message."""
    world.flow("flows.sweep:sweep", systems=["loans", "cards", "homes"])

    world.here.index.sync(world.here.archive)
    assert [(one.subject, one.cause) for one in world.here.index.cases()] == [
        (name, "contract") for name in ("cards", "homes", "loans")
    ]
    assert [one["subject"] for one in world.messages(OWNER)] == ["3 cases wait for you"]


@pytest.mark.long
def test_an_owner_whose_receiver_was_down_is_told_when_it_is_up(world: World) -> None:
    """The deputy stands in meanwhile; the follow-up tells the owner."""
    mailbox = world.here.home.parent / f"{OWNER}.jsonl"
    mailbox.mkdir()
    world.monitor("loans", "2026-01")
    meanwhile = world.messages(DEPUTY)
    mailbox.rmdir()
    world.follow_up(noon(date(2026, 11, 25)))
    world.follow_up(noon(date(2026, 11, 25)))

    assert [one["to"] for one in meanwhile] == [DEPUTY]
    assert [one["subject"] for one in world.messages(OWNER)] == ["1 case waits for you"]


@pytest.mark.long
def test_the_boards_stand_under_stable_keys(world: World) -> None:
    """Compliance staff read five tables."""
    world.monitor("loans", "2026-01")
    world.follow_up(noon(world.only_case().due, 2))

    found = call(world.api, "POST", "artifacts/latest/filter", artifacts={"key": {"like_": "board-%"}})
    boards = {one["key"]: json.loads(one["data"]) for one in found}
    assert set(boards) == {f"board-{name}" for name in ("open", "overdue", "unacknowledged", "by-owner", "by-system")}
    assert boards["board-overdue"][0]["late"] == "OVERDUE 2 d"
    assert boards["board-by-owner"] == [
        {"owner": OWNER, "open": 1, "overdue": 1, "unacknowledged": 1, "first due": boards["board-open"][0]["due"]}
    ]


@pytest.mark.long
def test_cases_and_their_runs_stand_again_when_database_and_prefect_are_lost(world: World) -> None:
    """The archive alone restores the index to the byte, and the follow-up its suspended runs."""
    world.monitor("loans", "2026-01")
    world.work()
    before = world.here.index.dump()
    for run in world.case_runs():
        call(world.api, "DELETE", f"flow_runs/{run['id']}")
    (world.here.settings.state / "cases.db").unlink()
    world.follow_up(noon(date(2026, 11, 25)))
    world.work()

    assert world.here.index.dump() == before
    assert [one["state"]["name"] for one in world.case_runs()] == ["Suspended"]


@pytest.mark.parametrize("world", [{"until": "2026-02-01"}], indirect=True)
@pytest.mark.long
def test_a_gap_is_one_case_and_closes_when_it_is_gone(world: World) -> None:
    """Windows nobody judged: one case however often it is looked at; judged, it closes. The hour leaves a heartbeat."""
    world.flow("flows.gaps:find_gaps")
    world.flow("flows.gaps:find_gaps")
    opened = {case.id: case.state for case in world.cases()}
    world.monitor("loans")
    world.flow("flows.gaps:find_gaps")
    closed = {case.id: case.state for case in world.cases() if case.kind == "gap"}

    late = next(name for name in opened if name.startswith("GAP-loans-late-runs-"))
    beats = [key for key in world.here.archive.list("bundle/") if "/heartbeat." in key]
    assert opened[late] == "open"
    assert closed == opened | {late: "closed"}
    assert len(beats) in (1, 2)  # the hour may turn meanwhile
    assert (
        b"MISSING bundle/2026/02/01/00/loans.2026-01.r0.tar"
        in read_bundle(world.here.archive.get(beats[0]), beats[0]).members["runs.txt"]
    )
    assert verify_archive(world.here.archive).ok
