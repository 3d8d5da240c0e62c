"""`aims up`: Prefect server, worker, deployments, pages and the embedded store on one machine, until Ctrl-C."""

import os
import signal
from pathlib import Path
from types import FrameType

import typer

from governance.adapters.embedded import begin_archive, embedded_store, environment
from governance.adapters.processes import Processes, python
from governance.adapters.workplace import Workplace

HOST = "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims up --state .state --port 4200`")(up)


def up(
    state: Path = typer.Option(Path(".state"), help="The folder that holds everything."),
    port: int = typer.Option(4200, help="Port of Prefect's server and UI on 127.0.0.1."),
    pages: int = typer.Option(4201, help="Port of the pages on 127.0.0.1."),
) -> None:
    """Start everything, deploy every system of the registry, and keep it running. Run it in the project's folder."""
    signal.signal(signal.SIGTERM, _interrupt)
    state = state.resolve()
    with embedded_store(state) as store:
        os.environ.update(environment(state, store, f"http://{HOST}:{pages}"))
        os.environ.update(server_environment(port))
        begin_archive(Workplace.here())
        with Processes(state / "logs") as processes:
            start_all(processes, port, pages, Workplace.here().reports)
            typer.echo(
                f"Prefect UI   http://{HOST}:{port}\nPages        http://{HOST}:{pages}\nLogs         {state / 'logs'}"
            )
            typer.echo("Stop with Ctrl-C.")
            try:
                typer.echo(f"{processes.first_to_end()} has ended; stopping. Read its log.", err=True)
                raise typer.Exit(2)
            except KeyboardInterrupt:
                typer.echo("Stopping.")


def server_environment(port: int) -> dict[str, str]:
    """Prefect's settings for a server on loopback that answers to its own pages only, and for its clients."""
    return {
        "PREFECT_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://{HOST}:{port}",
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    }


def start_all(processes: Processes, port: int, pages: int, reports: Path) -> None:
    """Server, pool, deployments, worker, pages; each waits for what it needs."""
    prefect = python("-m", "prefect", "--no-prompt")
    processes.start("server", [*prefect, "server", "start"])
    processes.wait_for("server", f"http://{HOST}:{port}/api/health")
    processes.run("work-pool", [*prefect, "work-pool", "create", "aims", "--type", "process", "--overwrite"])
    processes.run("deploy", [*prefect, "deploy", "--all"])
    processes.run("deploy", python("-m", "governance.cli", "deploy"))
    processes.start("worker", [*prefect, "worker", "start", "--pool", "aims", "--limit", "2"])
    processes.start("pages", python("-m", "http.server", str(pages), "--bind", HOST, "--directory", str(reports)))
    processes.wait_for("pages", f"http://{HOST}:{pages}/")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
