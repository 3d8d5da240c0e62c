"""The statement of a run says what was tested, against what, and how each test ended."""

from datetime import UTC, datetime

from governance.compliance.proof import run_key, run_members, run_statement
from governance.verdict import Status
from tests.builders import verdict

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)


def said(**changes: object) -> dict[str, object]:
    """The predicate of a run's statement."""
    one = verdict(**changes)
    members = run_members(one, "id: x\n", {})
    return dict(run_statement(one, members, origin="example.org/aims", created=NOW).predicate)


def test_the_statement_lists_every_result_once_by_how_it_ended() -> None:
    """Passed, warned and failed together name all results."""
    one, predicate = verdict(), said()

    listed = [*predicate["passedTests"], *predicate["warnedTests"], *predicate["failedTests"]]
    assert sorted(listed) == sorted({result.name for result in one.results})
    assert predicate["failedTests"] == sorted({result.name for result in one.of(Status.ALARM, Status.ERROR)})


def test_what_was_read_is_named_with_its_digest() -> None:
    """The window's inputs are subjects, the reference's are configuration."""
    digests = {"window.parquet": "1" * 64, "window/a.csv": "2" * 64, "reference.parquet": "3" * 64}
    one = verdict(data=digests)
    statement = run_statement(one, run_members(one, "id: x\n", {}), origin="example.org/aims", created=NOW)

    configuration = {item["name"]: item["digest"]["sha256"] for item in statement.predicate["configuration"]}
    assert statement.subject["window.parquet"] == "1" * 64
    assert statement.subject["window/a.csv"] == "2" * 64
    assert configuration["reference.parquet"] == "3" * 64
    assert "data/system.yaml" in configuration


def test_the_key_of_a_run_depends_on_system_window_and_revision_only() -> None:
    """A repeated run finds its own bundle, whenever it is repeated."""
    assert run_key(verdict()) == run_key(verdict(results=(), rows=1))
    assert run_key(verdict()) != run_key(verdict(revision=1))
