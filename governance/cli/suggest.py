"""`aims suggest`: a data contract measured from the reference, for people to review."""

from datetime import UTC, datetime
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims suggest bank-calls -o contract.yaml`")(suggest)


def suggest(
    system: str = typer.Argument(help="The system's id, as its file in deployments/systems is named."),
    output: Path | None = typer.Option(None, "--output", "-o", help="Write to this file; default: print."),
) -> None:
    """Print ranges, lists of values and least rows for the system's file, which you paste after review."""
    from tempfile import TemporaryDirectory

    from checks.suggest import suggest as contract_of
    from governance.adapters.calibrations import reference_of
    from governance.adapters.registry_files import load_registry
    from governance.adapters.settings import Settings

    home = Settings.from_environment().home
    entry = load_registry(home).system(system)
    with TemporaryDirectory(prefix="aims-suggest-") as scratch:
        text = contract_of(entry, reference_of(entry, home, Path(scratch), datetime.now(UTC)))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        typer.echo(f"written to {output}: review it, then paste it into systems/{system}.yaml")
