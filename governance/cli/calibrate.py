"""`aims calibrate`: how the monitor itself does on a system's own reference, signed into the archive."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from checks.calibrate import Calibration


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims calibrate bank-calls`")(calibrate)


def calibrate(
    system: str = typer.Argument(help="The system's id, as its file in deployments/systems is named."),
    windows: int = typer.Option(0, min=0, help="Quiet windows to judge; 0: a year of them, 50 to 365."),
    rows: int = typer.Option(0, min=0, help="Rows of a window where the reference has under twenty blocks of time."),
    seed: int = typer.Option(1, help="Of all chance: the same seed gives the same result."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only print; write nothing into the archive."),
) -> None:
    """Count false alarms in quiet windows and find the smallest changes that are seen; takes some minutes."""
    from tempfile import TemporaryDirectory

    from checks.calibrate import Calibration
    from checks.calibrate import calibrate as run
    from governance.adapters.calibrations import archive_calibration, reference_of
    from governance.adapters.workplace import Workplace

    here = Workplace.here()
    entry, now = here.registry.system(system), datetime.now(UTC)
    with TemporaryDirectory(prefix="aims-calibrate-") as scratch:
        reference = reference_of(entry, here.home, Path(scratch) / "working", now)
        for told in run(entry, reference, Path(scratch), seed=seed, windows=windows, rows=rows):
            if isinstance(told, Calibration):
                _tell(told)
                if not dry_run:
                    receipt = archive_calibration(here, entry, told.to_json(), keeps=told.keeps(entry), now=now)
                    typer.echo(f"archived as {receipt.key}")
            elif sys.stderr.isatty():
                typer.echo(f"\r{told}   ", nl=False, err=True)


def _tell(found: "Calibration") -> None:
    """The sentences, and the power by size."""
    for sentence in found.sentences:
        typer.echo(sentence)
    typer.echo("size   feature moved   selection gap   (windows of 10 that alarm)")
    for one in found.power:
        drift, fair = ("-" if value is None else str(value) for value in (one.drift, one.fairness))
        typer.echo(f"{one.size:<6g} {drift:<15} {fair}")
