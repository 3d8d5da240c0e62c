"""`aims act`: take one step on a case."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from governance.adapters.workplace import Workplace
from governance.cases.kind_parts import Strength
from governance.cases.page import KNOWN_BY
from governance.cli.cases import FieldFiles, Fields, KeyFile, fields_of
from governance.errors import ConfigurationError, Fault, Place

Code = Annotated[str, typer.Option(help="A code that was sent to you (`aims code`): it shows that it is you.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    example = "aims act REM-bank-calls-drift.euribor3m-2008-10 acknowledge --by ada-okafor --why 'I look into it'"
    app.command(epilog=f"Example: `{example} --sign ~/.ssh/id_ed25519 --keep ~/my-acts`")(act)


def act(
    case_id: str = typer.Argument(metavar="ID", help="The case's id, as `aims cases` shows it."),
    verb: str = typer.Argument(help="What you do; `aims case ID` lists what is possible now."),
    *,
    by: str = typer.Option(..., help="Who you are: an id of people.yaml."),
    why: str = typer.Option(..., help="Why, in plain words, without personal data."),
    field: Fields = None,
    field_file: FieldFiles = None,
    code: Code = "",
    sign: KeyFile = None,
    keep: Annotated[Path | None, typer.Option(help="Folder for your own copy of the signed act.")] = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Do an act, archive its proof, and say how the case stands. Refused acts leave no trace and exit with code 2.

    A signed act holds the log as you saw it. Your own copy (--keep) shows, alone, if the log is cut or rewritten later:
    `aims verify ARCHIVE --checkpoint COPY`.
    """
    if keep and not sign:
        expected = "--sign with --keep"
        raise ConfigurationError(
            Fault(Place(column="--keep"), expected, "no key", "Sign: an unsigned copy is no proof.")
        )
    here = Workplace.here()
    fields = fields_of(field or (), field_file or ())
    with strength_of(here, case_id, by, code) as strength:
        recorded = here.casework.act(case_id, verb, by=by, why=why, fields=fields, strength=strength, key_file=sign)
    case, done = recorded.case, recorded.act
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / recorded.receipt.key.rpartition("/")[2]).write_bytes(here.archive.get(recorded.receipt.key))
    if as_json:
        typer.echo(case.model_dump_json())
        return
    typer.echo(f"{done.verb} by {done.by}, {KNOWN_BY[done.strength]}")
    typer.echo(f"{case.id} is {case.state}; due {case.due}; proof in {recorded.receipt.key}")


def strength_of(here: Workplace, case_id: str, by: str, code: str) -> AbstractContextManager[Strength]:
    """The strength that a typed code gives; it is given back when the act in the context is refused."""
    from governance.adapters.codes import redeemed

    return redeemed(here, case_id, by, code)
