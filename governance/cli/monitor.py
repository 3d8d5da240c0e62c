"""`aims monitor`: judge one window, or all that are due, by the same flow that the schedule runs."""

import asyncio
import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import typer

from governance.adapters.embedded import QUIET
from governance.adapters.workplace import Workplace

EXIT_CODES = {"Idle": 0, "Passed": 0, "Findings": 1, "Unreadable": 3, "Not stored": 4}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims monitor bank-calls --window 2008-08`")(monitor)


def monitor(
    system: str = typer.Argument(help="The system's id, as its file in deployments/systems is named."),
    window: str = typer.Option("", help="A window by name (2008-08, 2011Q2, 2026-11-24); default: all that are due."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Pull, judge, sign, archive, open cases, tell the owner. Exit code 1: findings; 3: unreadable; 4: not stored."""
    quieten(Path(os.environ.get("AIMS_STATE") or ".state"))
    here = Workplace.here()  # a wrong word is refused before Prefect is imported
    here.windows_to_judge(here.registry.system(system), window or None, datetime.now(UTC))
    from flows.monitor import monitor as flow

    state = asyncio.run(flow(system, window or None, return_state=True))
    if as_json:
        typer.echo(json.dumps({"system": system, "state": state.name, "message": state.message}))
    else:
        typer.echo(f"{system}: {state.name}. {state.message}")
    raise typer.Exit(EXIT_CODES.get(state.name or "", 4))


def quieten(state: Path) -> None:
    """Prefect without analytics and chatter, with its state beside ours unless the environment says otherwise."""
    os.environ.setdefault("PREFECT_HOME", str(state.resolve() / "prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
