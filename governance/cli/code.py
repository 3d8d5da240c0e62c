"""`aims code`: send a one-time code to a person, for one act on one case."""

import typer

from governance.adapters.workplace import Workplace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims code REM-bank-calls-drift-2008-10 --by ada-okafor`")(code)


def code(
    case_id: str = typer.Argument(metavar="CASE", help="The case's id, as `aims cases` shows it."),
    by: str = typer.Option(..., help="Who is to act: an id of people.yaml. The code goes to their address alone."),
) -> None:
    """Send a code that holds 15 minutes and once. Typed into the form, it makes the act one of strength `code`."""
    from governance.adapters.codes import send_code

    here = Workplace.here()
    case, _ = here.casework.case(case_id)
    send_code(here, case, by)
    typer.echo(f"A code for {case.id} was sent to {by}.")
