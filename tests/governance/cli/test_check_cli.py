"""`aims check`: files judged without an archive, window after window."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.cli import check
from governance.errors import AimsError
from governance.verdict import Status, Verdict
from tests.builders import unreadable_verdict, verdict

HOME = Path(__file__).parents[3] / "deployments"
CALLS = HOME / "data" / "bank-calls"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped registry."""
    monkeypatch.setenv("AIMS_HOME", str(HOME))


def aims(*arguments: object) -> Result:
    """Run the command line with this command only."""
    app = typer.Typer()
    check.register(app)
    return CliRunner().invoke(app, [str(each) for each in arguments])


def refusal(*arguments: object) -> str:
    """What a call is refused with."""
    done = aims(*arguments)
    assert isinstance(done.exception, AimsError), done.output
    return str(done.exception)


def test_windows_are_judged_in_time_order_each_after_the_one_before() -> None:
    """One JSON line a window, whatever the order of the files; findings exit 1."""
    files = [CALLS / f"calls-{month}.csv.gz" for month in ("2008-11", "2008-08", "2008-10")]
    done = aims("bank-calls", "--json", *(word for file in files for word in ("--current", file)))

    told = [json.loads(line) for line in done.output.splitlines()]
    assert done.exit_code == 1
    assert [one["window"] for one in told] == ["2008-08", "2008-10", "2008-11"]
    assert [one["state"]["drift"]["after"] for one in told] == ["", "2008-08", "2008-10"]
    contact = [one for one in told[0]["results"] if one["check"] == "drift" and one["subject"] == "contact"]
    assert [one["status"] for one in contact] == ["alarm"]
    assert {"check", "subject", "metric", "value", "low", "high", "limit", "n", "status", "sentence"} <= set(contact[0])


def test_without_json_the_sentences_of_what_rings_are_printed() -> None:
    """One line a window, and one a finding."""
    done = aims("bank-calls", "--current", CALLS / "calls-2008-08.csv.gz")

    assert done.output.startswith("2008-08  alarm  5,175 rows: ")
    assert 'alarm: The shares of "contact" differ from the reference' in done.output


def test_a_truncated_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    """Unreadable exits 3, with the place and the mend."""
    broken = tmp_path / "calls-2008-08.csv.gz"
    broken.write_bytes((CALLS / "calls-2008-08.csv.gz").read_bytes()[:2000])

    told = refusal("bank-calls", "--current", broken)

    assert "calls-2008-08.csv.gz" in told


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The wrong path is named."""
    assert "gone.csv" in refusal("bank-calls", "--current", tmp_path / "gone.csv")


def test_rows_outside_every_due_window_are_refused() -> None:
    """The reference's own months are before the first window."""
    told = refusal("bank-calls", "--current", CALLS / "calls-2008-05.csv.gz")

    assert "2008-08-01" in told


@pytest.mark.parametrize(
    ("judged", "code"),
    [
        (verdict(), 1),
        (verdict(results=tuple(one for one in verdict().results if one.status is Status.PASS)), 0),
        (verdict(results=tuple(one for one in verdict().results if one.status is Status.INSUFFICIENT)), 0),
        (unreadable_verdict(), 3),
    ],
    ids=["alarm", "pass", "insufficient", "unreadable"],
)
def test_the_exit_code_tells_findings_from_quiet_and_from_unreadable(judged: Verdict, code: int) -> None:
    """0 nothing to act on, 1 findings, 3 unreadable."""
    assert check.code_of(judged) == code
