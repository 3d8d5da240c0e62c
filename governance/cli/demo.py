"""`aims demo`: the main job once, on the embedded default: three systems, several windows, one of them unreadable."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import typer

from governance.adapters.embedded import begin_archive, embedded_store, environment
from governance.cli.monitor import quieten

RUNS = (
    ("employment-ma", "2016"),
    ("bank-calls", "2008-08"),
    ("bank-calls", "2008-11"),
    ("bank-calls", "2010-12"),
    ("bike-demand", "2011Q2"),
    ("bike-demand", "2012Q3"),
)
PAGES = "http://127.0.0.1:4200/pages"  # where `make up` serves them
TO_ACKNOWLEDGE = "employment-ma"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims demo --state .state`")(demo)


def demo(
    state: Path = typer.Option(Path(".state"), help="The folder that holds everything; deleting it starts anew."),
) -> None:
    """Judge, open cases, notify, acknowledge, sign, archive, verify twice; then say where to look. Needs no network."""
    state = state.resolve()
    quieten(state)
    with step("embedded S3 store with Object Lock, demo keys"), embedded_store(state) as store:
        os.environ.update(environment(state, store, PAGES))
        from governance.adapters.workplace import Workplace

        here = Workplace.here()
        begin_archive(here)
        with step("loading Prefect, Evidently and Great Expectations"):
            _warm()
        verdicts = [_judge(*run) for run in RUNS]
        acknowledged = _acknowledge()
        from governance.cli.demo_proof import prove_and_tell

        ok, page = prove_and_tell(here, verdicts, acknowledged, step)
    typer.echo(f"\nWhat happened, on one page:  {page}")
    typer.echo(f"What was sent to owners:     {here.settings.state / 'notifications.jsonl'}")
    typer.echo("The same in Prefect's UI:    make up")
    raise typer.Exit(0 if ok else 1)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is being done, and how long it took when it is done."""
    started = time.monotonic()
    typer.echo(f"· {name} …")
    yield
    typer.echo(f"  {time.monotonic() - started:5.1f} s")


def _warm() -> None:
    """Import what costs seconds while Prefect's own server starts in another process."""
    from tasks.warm import start_server

    server = Thread(target=start_server)
    server.start()
    import great_expectations

    import flows.monitor
    import reports.evidently_page

    reports.evidently_page.evidently_assets()
    server.join()
    assert flows.monitor.monitor and great_expectations  # noqa: PT018, S101 - the imports are what is wanted


def _judge(system: str, window: str) -> tuple[str, str, str]:
    """Run the monitor flow for one window; its system, window and the state it ended in."""
    from flows.monitor import monitor

    started = time.monotonic()
    state = asyncio.run(monitor(system, window, return_state=True))
    spent = time.monotonic() - started
    typer.echo(f"· {system:14} {window:8} {state.name or '':11} {spent:5.1f} s  {state.message or ''}")
    return system, window, state.name or ""


def _acknowledge() -> str:
    """One owner takes one case on, unless that was done in an earlier run; one sentence about it."""
    from governance.adapters.workplace import Workplace

    here = Workplace.here()
    here.index.sync(here.archive, log=here.log)
    for case in here.index.open_cases(TO_ACKNOWLEDGE):
        if case.state == "open":
            why = "I have seen the gap and am looking into how disability enters the model."
            done = here.casework.act(case.id, "acknowledge", by=case.owner, why=why)
            told = f"{done.act.by} acknowledged {case.id}; known by {done.act.strength}"
            typer.echo(f"· {told}")
            return told
    return ""


def fresh_folder(path: Path) -> Path:
    """An empty folder, whatever an earlier run left there."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
