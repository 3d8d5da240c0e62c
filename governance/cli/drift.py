"""`aims drift`: drift of one window, counted in the engine where its rows lie."""

from datetime import UTC, datetime

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims drift bank-calls 2008-08 --dry-run`")(drift)


def drift(
    system: str = typer.Argument(help="The system's id, as its file in deployments/systems is named."),
    window: str = typer.Argument(help="A window that has ended, such as 2026-11-24."),
    as_json: bool = typer.Option(False, "--json", help="Print the results as one JSON line."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only print; write nothing into the archive."),
) -> None:
    """Judge drift in Postgres, Spark, or parquet through DuckDB, by counts; no row of the window comes here.

    The statuses are those of the run. Results and SQL are signed into the archive. Exit code 1: findings.
    """
    from checks import there
    from governance.adapters.counted import archive_drift, drift_json, reference_here, sql_files
    from governance.adapters.engine import Engine
    from governance.adapters.history import history_of
    from governance.adapters.workplace import Workplace
    from governance.errors import ConfigurationError, Fault, Place
    from governance.verdict import Status, Verdict

    here, now = Workplace.here(), datetime.now(UTC)
    entry = here.registry.system(system)
    period = next((one for one in entry.window.due(now) if one.name == window), None)
    if period is None:
        fault = Fault(Place(system=system), "a window that has ended", window, "Name it as `aims cases` and pages do.")
        raise ConfigurationError(fault)
    reference = reference_here(entry, period, here.home, here.working, now)
    engine = Engine(entry.predictions, entry.columns.time, (period.start, period.end), here.home)
    history = history_of(entry, period, here.archive, log=here.log)
    results, state = there.examine(entry, engine, reference, period=period, history=history)
    verdict = Verdict(
        system=entry.id,
        window=period.name,
        start=period.start,
        end=period.end,
        revision=0,
        data={"reference.parquet": reference.sha256},
        rows=max(one.n for one in results),
        results=results,
        model=f"{entry.model.name} {entry.model.version}",
        state=state,
    )
    if as_json:
        typer.echo(drift_json(verdict, sql_files(engine.asked)).decode())
    else:
        for one in results:
            typer.echo(f"{one.status:12} {one.sentence}")
    if not dry_run:
        typer.echo(f"archived as {archive_drift(here, entry, verdict, engine.asked, now).key}", err=as_json)
    raise typer.Exit(1 if verdict.of(Status.ALARM, Status.ERROR) else 0)
