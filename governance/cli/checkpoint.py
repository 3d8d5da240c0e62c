"""`aims checkpoint`: sign the head of the log now."""

from datetime import datetime

import typer

from governance.adapters.workplace import Workplace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims checkpoint > kept-outside.txt`")(checkpoint)


def checkpoint() -> None:
    """Deliver the outbox, seal strays, sign the log's head, print its three lines: keep them outside the archive."""
    from governance.adapters.anchoring import anchor_checkpoint
    from governance.adapters.outbox import deliver_waiting, sweep_announced
    from governance.evidence import three_lines

    here = Workplace.here()
    keep = here.retain_until(None)
    deliver_waiting(here, keep)
    for foreign in sweep_announced(here, keep):
        typer.echo(f"no bundle: {foreign}", err=True)
    note = _sign(here, keep) if len(here.log) else None
    faults = anchor_checkpoint(here, note, keep)[1] if note else []
    for fault in faults:
        typer.echo(f"NOT ANCHORED: {fault}", err=True)
    typer.echo(three_lines(note) if note else "the log is empty", nl=not note)
    raise typer.Exit(1 if faults else 0)


def _sign(here: "Workplace", keep: datetime | None) -> bytes:
    from governance.evidence import checkpoint_over

    last = len(here.log) - 1
    return checkpoint_over(here.archive, here.keys.log, here.settings.origin, last, log=here.log, retain_until=keep)
