"""`aims evidence`: hand an auditor what they ask for, in one folder that verifies without us; the request is logged."""

import json
from datetime import datetime
from pathlib import Path

import typer

from governance.adapters.workplace import Workplace

DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    example = "aims evidence --system bank-calls --from 2010-01-01 --to 2010-06-30 --by eve-marsh"
    app.command(epilog=f'Example: `{example} --reason "Yearly audit, letter of 3 March" -o ./for-the-auditor`')(
        evidence
    )


def evidence(
    *,
    system: str = typer.Option(..., help="An id of the registry."),
    first: datetime = typer.Option(..., "--from", formats=DAY, help="The first day, in the system's zone."),
    last: datetime = typer.Option(..., "--to", formats=DAY, help="The last day; it is included."),
    control: str = typer.Option("", help="Only what evidences this clause or control of ISO/IEC 42001 (9.1, A.6.2.6)."),
    by: str = typer.Option(..., help="Who hands it out: an id of people.yaml."),
    reason: str = typer.Option(..., help="Who asked, and why, in plain words without personal data: it is logged."),
    output: Path = typer.Option(..., "--output", "-o", help="A new or empty folder."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Write bundles, proofs, checkpoints, root files, keys, scripts and a first page. Exit 1: windows are missing."""
    from governance.adapters.evidence_answer import hand_out, make_request
    from reports.evidence_page import render_evidence

    here = Workplace.here()
    request = make_request(
        here, system=system, first=first.date(), last=last.date(), by=by, reason=reason, control_id=control
    )
    done = hand_out(here, request, output, render_evidence)
    if as_json:
        missing = [{"what": one.what, "why": one.words} for one in done.missing]
        given = [piece.entry.key for piece in done.pieces]
        typer.echo(json.dumps({"request": request.key, "bundles": given, "missing": missing, "folder": str(output)}))
    else:
        typer.echo(f"{len(done.pieces)} bundles in {output}; the request is entry {done.own.index}, {request.key}")
        for one in done.missing:
            typer.echo(f"missing: {one.what}: {one.words}")
        typer.echo(f"open {output}/index.html; check: cd {output} && sh verify-all.sh . {done.root_digest}")
    raise typer.Exit(1 if done.missing else 0)
