"""`aims erase`: destroy the key of a case's personal text."""

import typer

from governance.adapters.workplace import Workplace
from governance.cli.act import Code, strength_of
from governance.cli.cases import KeyFile


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims erase APP-bank-calls-20261124-9f3a1c --by eve-marsh --reason 'asked for it'`")(
        erase
    )


def erase(
    case_id: str = typer.Argument(metavar="CASE", help="The case's id, as `aims cases` shows it."),
    *,
    by: str = typer.Option(..., help="Who you are: an id of people.yaml."),
    reason: str = typer.Option(..., help="Why, and on which ground, without personal data."),
    ground: str = typer.Option("", help="asked_for, no_longer_needed, unlawful, ordered or other."),
    code: Code = "",
    sign: KeyFile = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Erase the personal text of a case for ever. The archive keeps who did it, when and why, and stays whole."""
    here = Workplace.here()
    fields = {"ground": ground} if ground else {}
    with strength_of(here, case_id, by, code) as strength:
        done = here.casework.erase(case_id, by=by, why=reason, fields=fields, strength=strength, key_file=sign)
    case, _ = here.casework.case(case_id)
    if as_json:
        typer.echo(case.model_dump_json())
        return
    told = case.erased
    typer.echo(
        f"{case.id}: personal text erased on {told.at:%Y-%m-%d} by {told.by}" if told else f"{case.id}: not erased"
    )
    typer.echo(f"Proof in {done.receipt.key}" if done else "It had been erased before; no key of it is here any more.")
    typer.echo("Copies of the folder of keys (backups) still open it: let them expire.")
