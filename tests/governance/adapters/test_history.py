"""The history a window is judged with: read back from the archive, and from nowhere else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.history import history_of, restarted
from governance.compliance.proof import run_key, run_members, run_statement
from governance.evidence import Archive, Keys, Log, build_bundle, initialise_archive, store_bundle
from governance.window import Period
from tests.builders import system, verdict
from tests.evidence_builders import ORIGIN
from tests.governance.cases.stories import kind, opened, tell

WEEKS = system().window.due(datetime(2026, 11, 24, tzinfo=UTC))[-4:]

Store = Callable[..., str]


@pytest.fixture
def store(directory_archive: Archive, signing_keys: Keys) -> Store:
    """Archive the run of a week with a state."""
    initialise_archive(directory_archive, signing_keys, ORIGIN)

    def archived(period: Period, *, sealed: bool = True, revision: int = 0, **state: Any) -> str:
        judged = verdict(
            window=period.name, start=period.start, end=period.end, state={"drift": state}, revision=revision
        )
        members = run_members(judged, "id: early-help\n", {})
        said = run_statement(judged, members, origin=ORIGIN, created=datetime.now(UTC))
        body = build_bundle(bundle_id=judged.bundle_id, members=members, statement=said, signer=signing_keys.statement)
        if not sealed:
            directory_archive.put_new(run_key(judged), body)
            return run_key(judged)
        return store_bundle(directory_archive, run_key(judged), body, log_signer=signing_keys.log, origin=ORIGIN).key

    return archived


def before(archive: Archive, period: Period) -> dict[str, Any] | None:
    """The history of a week, read by someone who knew nothing."""
    return history_of(system(), period, archive, log=Log())


def test_a_window_meets_the_state_of_the_newest_window_before_it(store: Store, directory_archive: Archive) -> None:
    """Neither an older one nor a later one counts."""
    for place in (0, 1, 3):
        store(WEEKS[place], mark=place)

    assert before(directory_archive, WEEKS[2]) == {"drift": {"mark": 1}}


def test_a_window_judged_again_meets_the_same_history(store: Store, directory_archive: Archive) -> None:
    """Its own bundle, and a second judgement of the window before, change nothing."""
    store(WEEKS[1], mark=1)
    first = before(directory_archive, WEEKS[2])
    store(WEEKS[2], mark=2)
    store(WEEKS[1], revision=1, mark=9)

    assert before(directory_archive, WEEKS[2]) == first == {"drift": {"mark": 1}}


def test_the_first_window_has_no_history(store: Store, directory_archive: Archive) -> None:
    """Nothing is invented."""
    store(WEEKS[1], mark=1)

    assert before(directory_archive, WEEKS[1]) is None


def test_a_bundle_that_the_log_does_not_name_is_no_history(store: Store, directory_archive: Archive) -> None:
    """Someone who can write to the bucket cannot reset or raise an alarm."""
    store(WEEKS[0], mark=0)
    store(WEEKS[1], sealed=False, mark=1)

    assert before(directory_archive, WEEKS[2]) == {"drift": {"mark": 0}}


def test_a_bundle_altered_after_it_was_logged_is_no_history(
    store: Store, directory_archive: DirectoryArchive, tmp_path: Path
) -> None:
    """The older, whole one is used."""
    store(WEEKS[0], mark=0)
    path = tmp_path / "archive" / store(WEEKS[1], mark=1)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"mark":1', b'"mark":7'))

    assert before(directory_archive, WEEKS[2]) == {"drift": {"mark": 0}}


def closed(cause: str, at: datetime, state: str = "closed") -> Any:
    """A case of the system that was last changed then."""
    return tell(kind(), opened(kind(), "system")).model_copy(update={"cause": cause, "changed_at": at, "state": state})


@pytest.mark.parametrize(
    ("case", "restarts"),
    [
        (closed("drift", WEEKS[1].end + timedelta(hours=1)), True),
        (closed("drift", WEEKS[2].end), True),
        (closed("drift", WEEKS[2].end + timedelta(seconds=1)), False),
        (closed("drift", WEEKS[1].end), False),
        (closed("drift", WEEKS[1].end + timedelta(hours=1), "fixing"), False),
        (closed("fairness:sex", WEEKS[1].end + timedelta(hours=1)), False),
    ],
    ids=["between", "at the end", "after this window", "already counted", "open", "another cause"],
)
def test_only_a_drift_case_closed_since_the_last_window_restarts_the_detectors(case: Any, restarts: bool) -> None:
    """A repeated run gives the same bytes, whatever was closed in the meantime."""
    counted = {"drift": {"end": f"{WEEKS[1].end:%Y-%m-%dT%H:%M:%SZ}"}}

    assert restarted(counted, [case], WEEKS[2])["drift"].get("restart", False) is restarts


def test_a_closed_fairness_case_restarts_the_parts_that_counted_before_it() -> None:
    """Evidence on errors of a later window is kept."""
    counted = {"fairness": {"selection": {"end": "2026-11-09T00:00:00Z"}, "errors": {"end": "2026-12-01T00:00:00Z"}}}

    found = restarted(counted, [closed("fairness:sex", WEEKS[1].end + timedelta(hours=1))], WEEKS[2])

    assert found["fairness"]["selection"]["restart"] is True
    assert "restart" not in found["fairness"]["errors"]
