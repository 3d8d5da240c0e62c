"""A check that cannot judge, window after window, becomes a gap that says what it would take."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.verdicts import newest_verdicts
from governance.compliance.gap_cases import plan_gaps
from governance.compliance.lasting import lasting_insufficient
from governance.compliance.proof import run_key, run_members, run_statement
from governance.evidence import Log, build_bundle, store_bundle
from governance.registry.registry import Registry
from governance.registry.system import Checks, Labels, System
from governance.verdict import Status, Verdict
from tests.builders import END, START, people, result, system, verdict
from tests.governance.cases.stories import kind
from tests.prefect_server import begin

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
THREE = system(checks=Checks(insufficient_windows=3))
WEEK = timedelta(days=7)


def window(back: int, drift: Status, fairness: Status, **more: int) -> Verdict:
    """The verdict on a week so many weeks before the newest, with a result of two checks."""
    name = f"{(START - back * WEEK):%G-W%V}"
    found = (
        result("drift", "age", "distance", drift, "One."),
        result("fairness", "sex", "tpr", fairness, "Two.", group="women", needed=more.get("needed")),
    )
    return verdict(window=name, start=START - back * WEEK, end=END - back * WEEK, results=found, rates=())


def gaps(*statuses: tuple[Status, Status], of: System = THREE, now: datetime = NOW) -> list[str]:
    """The causes of the gaps that these windows (the newest first; drift, fairness) show."""
    return [one.cause for one in lasting_insufficient(of, [window(i, *pair) for i, pair in enumerate(statuses)], now)]


NO, OK = Status.INSUFFICIENT, Status.PASS


def test_as_many_windows_in_a_row_as_the_policy_says_are_a_gap_of_the_check() -> None:
    """Two are none; three are one, for the check that could not judge."""
    assert gaps((OK, NO), (OK, NO)) == []
    assert gaps((OK, NO), (OK, NO), (OK, NO)) == ["insufficient-fairness"]
    assert gaps((NO, NO), (NO, NO), (NO, NO)) == ["insufficient-drift", "insufficient-fairness"]


@pytest.mark.parametrize("answer", [Status.PASS, Status.ALARM, Status.ERROR])
def test_an_answer_ends_the_row(answer: Status) -> None:
    """Whatever it is: silence is over."""
    assert gaps((OK, answer), (OK, NO), (OK, NO), (OK, NO)) == []
    assert gaps((OK, NO), (OK, answer), (OK, NO), (OK, NO)) == []


def test_no_policy_is_no_gap_and_the_default_is_six() -> None:
    """0 asks for none."""
    assert gaps(*[(NO, NO)] * 9, of=system(checks=Checks(insufficient_windows=0))) == []
    assert gaps(*[(OK, NO)] * 5, of=system()) == []
    assert gaps(*[(OK, NO)] * 6, of=system()) == ["insufficient-fairness"]


def test_a_window_whose_labels_are_not_mature_does_not_count_for_what_needs_labels() -> None:
    """The answer is still to come; drift needs no labels."""
    waiting = system(checks=Checks(insufficient_windows=3), labels=Labels(delay_days=10))

    assert gaps((NO, NO), (NO, NO), (NO, NO), of=waiting) == ["insufficient-drift"]
    assert gaps((OK, NO), (OK, NO), (OK, NO), (OK, NO), (OK, NO), of=waiting) == ["insufficient-fairness"]


def test_the_gap_says_what_since_when_and_how_many_rows_it_needs() -> None:
    """In plain words, as a case of the owner."""
    found = lasting_insufficient(THREE, [window(i, OK, NO, needed=412 - i) for i in range(3)], NOW)
    [act] = plan_gaps(found, [], Registry({THREE.id: THREE}, people()), kind("gap"), NOW)

    assert act.opening
    assert act.opening.title == "Fairness could not be judged for 3 windows"
    assert act.opening.sentences[0] == (
        "Fairness could not be judged for 3 windows in a row, 2026-W45 to 2026-W47: tpr of women (sex)."
    )
    assert "needed up to 412 rows more" in act.why


def test_no_more_is_read_than_is_needed() -> None:
    """An archive of years costs one object where the newest window has answers to everything."""
    read = []

    def stream() -> Iterator[Verdict]:
        for back in range(100):
            read.append(back)
            yield window(back, OK, OK if back == 0 else NO)

    assert lasting_insufficient(THREE, stream(), NOW) == []
    assert len(read) == 2


def test_the_newest_revision_of_each_window_is_read_from_the_archive(tmp_path: Path) -> None:
    """A window judged again has an answer; what the log does not name is not read."""
    here, log = begin(tmp_path / "state"), Log()
    for one in (window(1, OK, NO), window(0, OK, NO), verdict(revision=1, results=window(0, OK, OK).results)):
        members = run_members(one, "id: early-help\n", {})
        statement = run_statement(one, members, origin=here.settings.origin, created=NOW)
        body = build_bundle(bundle_id=one.bundle_id, members=members, statement=statement, signer=here.keys.statement)
        store_bundle(here.archive, run_key(one), body, log=log)

    found = list(newest_verdicts(THREE, here.archive, log, NOW))

    assert [(one.window, one.revision) for one in found] == [("2026-W47", 1), ("2026-W46", 0)]
