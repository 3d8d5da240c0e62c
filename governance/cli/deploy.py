"""`aims deploy`: make the Prefect server's deployments equal the registry."""

import asyncio
import json
from dataclasses import asdict

import typer

from governance.adapters.workplace import Workplace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims deploy --pool aims`")(deploy)


def deploy(
    pool: str = typer.Option("aims", help="The work pool that runs them."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Apply what changed, remove what was retired, touch nothing else. Run it in the project's folder."""
    from tasks.automations import sync_automations
    from tasks.deploy import sync_deployments

    done = asdict(asyncio.run(sync_deployments(Workplace.here().registry, pool=pool)))
    done["automations"] = asyncio.run(sync_automations())
    if as_json:
        typer.echo(json.dumps(done))
        return
    for word, names in done.items():
        typer.echo(f"{word:11} {', '.join(names) or 'none'}")
