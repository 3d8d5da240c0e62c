"""`aims check`: judge files alone, without archive and without Prefect; many windows in time order are a back-test."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from governance.errors import Fault
    from governance.registry.system import System
    from governance.verdict import Verdict

GOOD, FINDINGS, UNREADABLE = 0, 1, 3
EXAMPLE = "Example: `aims check bank-calls --current deployments/data/bank-calls/calls-2008-08.csv.gz`"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLE)(check)


def check(
    system: str = typer.Argument(help="The system's id, as its file in deployments/systems is named."),
    current: list[Path] = typer.Option(..., "--current", help="Predictions: a folder or a file; may be repeated."),
    reference: Path | None = typer.Option(None, "--reference", help="A reference instead of the registry's."),
    labels: Path | None = typer.Option(None, "--labels", help="Labels instead of the registry's."),
    as_json: bool = typer.Option(False, "--json", help="Print the verdict of each window as one JSON line."),
) -> None:
    """Judge files: every due window with rows, in time order. Exit code 1: findings; 2: a wrong call; 3: unreadable."""
    from tempfile import TemporaryDirectory

    from governance.adapters.given_files import with_files
    from governance.adapters.registry_files import load_registry
    from governance.adapters.settings import Settings

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    home = Settings.from_environment().home
    with TemporaryDirectory(prefix="aims-check-") as scratch:
        one = with_files(load_registry(home).system(system), current, reference, labels, Path(scratch))
        code = GOOD
        for verdict in judged(one, home, Path(scratch)):
            code = max(code, code_of(verdict))
            typer.echo(verdict.to_json().decode() if as_json else line_of(verdict))
    raise typer.Exit(code)


def judged(system: "System", home: Path, scratch: Path) -> Iterator["Verdict"]:
    """The verdicts on every due window that has rows, each after the one before.

    Raises:
        UnreadableInput: not even the times could be read.
        ConfigurationError: the rows lie in no window that is due.
    """
    from datetime import UTC, datetime

    from checks.judge import judge
    from governance.adapters.given_files import due_windows_with_rows
    from governance.adapters.pull import pull_window
    from governance.adapters.working import drop

    now, history = datetime.now(UTC), None
    times, into = scratch / "times", scratch / "working"
    times.mkdir()
    periods, faults = due_windows_with_rows(system, home, times, now)
    if not periods:
        raise _no_window(system, faults)
    for number, period in enumerate(periods, 1):
        if sys.stderr.isatty():
            typer.echo(f"\r{number} of {len(periods)}: {period.name} ", nl=False, err=True)
        window = pull_window(system, period, home=home, into=into, as_of=now)
        verdict = judge(system, window, history)
        history = verdict.state
        drop(into, window)
        yield verdict


def _no_window(system: "System", faults: list["Fault"]) -> Exception:
    from governance.errors import ConfigurationError, Fault, Place, UnreadableInput

    if faults:
        return UnreadableInput(*faults)
    span = f"rows in a window that has ended, from {system.window.since} on"
    if system.window.until:
        span += f" and before {system.window.until}"
    mend = "Give files with rows of these windows, or change `window` in the system's file."
    return ConfigurationError(Fault(Place(system=system.id), span, "none", mend))


def code_of(verdict: "Verdict") -> int:
    """The exit code that one verdict asks for."""
    from governance.verdict import Status

    if all(result.status is Status.ERROR for result in verdict.results):
        return UNREADABLE
    return FINDINGS if verdict.of(Status.ALARM, Status.ERROR) else GOOD


def line_of(verdict: "Verdict") -> str:
    """A window for people: its name, rows, how many results of each status, and the sentences of what rings."""
    from governance.verdict import Status

    counts = ", ".join(f"{len(verdict.of(status))} {status}" for status in Status if verdict.of(status))
    findings = [f"    {one.status}: {one.sentence}" for one in verdict.of(Status.ALARM, Status.ERROR)]
    return "\n".join([f"{verdict.window}  {verdict.status}  {verdict.rows:,} rows: {counts}", *findings])
