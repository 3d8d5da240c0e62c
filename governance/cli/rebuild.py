"""`aims rebuild`: make every cache anew from the archive."""

import json
from dataclasses import asdict

import typer

from governance.adapters.workplace import Workplace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims rebuild`")(rebuild)


def rebuild(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
    """Read all cases from the archive again. Exit code 1: the index before said something else than the archive."""
    from governance.adapters.rebuild import rebuild as make_anew

    done = make_anew(Workplace.here())
    if as_json:
        typer.echo(json.dumps(asdict(done)))
    else:
        words = {None: "there was no index before", True: "the index before was the same", False: "the index DIFFERED"}
        typer.echo(f"{done.acts} acts, {done.cases} cases, {done.runs} finished runs read; {words[done.same]}.")
    raise typer.Exit(1 if done.same is False else 0)
