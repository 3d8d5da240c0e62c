"""`aims up`: Prefect server, worker, deployments, the gate and the embedded store on one machine, until Ctrl-C."""

import os
import secrets
import signal
import socket
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
    port: int = typer.Option(4200, help="Port of the gate on 127.0.0.1: the one address for people."),
) -> None:
    """Start everything, deploy every system of the registry, and keep it running. Run it in the project's folder."""
    signal.signal(signal.SIGTERM, _interrupt)
    state, address = state.resolve(), f"http://{HOST}:{port}"
    with embedded_store(state) as store:
        os.environ.update(environment(state, store, f"{address}/pages"))
        clients = client_environment(free_port(), secrets.token_urlsafe(24))
        os.environ.update(clients | server_environment(clients, address))
        begin_archive(Workplace.here())
        sign_ins = prepare_gate(state, clients)
        with Processes(state / "logs") as processes:
            start_all(processes, clients, port)
            typer.echo(f"Sign in       {address}\n{sign_ins}\nLogs          {state / 'logs'}\nStop with Ctrl-C.")
            try:
                typer.echo(f"{processes.first_to_end()} has ended; stopping. Read its log.", err=True)
                raise typer.Exit(2)
            except KeyboardInterrupt:
                typer.echo("Stopping.")


def client_environment(port: int, secret: str) -> dict[str, str]:
    """What reaches Prefect's server behind the gate: its port and its authentication string."""
    return {"PREFECT_API_URL": f"http://{HOST}:{port}/api", "PREFECT_API_AUTH_STRING": f"aims:{secret}"}


def server_environment(clients: dict[str, str], address: str) -> dict[str, str]:
    """The settings of Prefect's server and of the gate before it: loopback, authentication, own pages only."""
    upstream = clients["PREFECT_API_URL"].removesuffix("/api")
    return {
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": upstream.rpartition(":")[2],
        "PREFECT_SERVER_API_AUTH_STRING": clients["PREFECT_API_AUTH_STRING"],
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": address,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_UI_URL": address,
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "AIMS_GATE_ADDRESS": address,
        "AIMS_GATE_UPSTREAM": upstream,
    }


def prepare_gate(state: Path, clients: dict[str, str]) -> str:
    """Users for a first try unless AIMS_GATE_USERS names others; what to tell about them.

    `gate/prefect.env` lets the command line of Prefect and `aims deploy` past the gate, for whoever may read it.
    """
    from governance.adapters.gate.demo_users import demo_users, write_private

    folder = state / "gate"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / "prefect.env", "".join(f"export {name}='{value}'\n" for name, value in clients.items()))
    if os.environ.get("AIMS_GATE_USERS"):
        return "Users         as AIMS_GATE_USERS says"
    users, new = demo_users(folder, Workplace.here().registry.people)
    os.environ["AIMS_GATE_USERS"] = str(users)
    shown = [f"  {user:14}{password}" for user, password in sorted(new.items())]
    return "\n".join((f"DEMO users    passwords in {folder / 'DEMO-passwords.txt'}", *shown))


def start_all(processes: Processes, clients: dict[str, str], port: int) -> None:
    """Server, pool, deployments, worker, gate; each waits for what it needs."""
    prefect = python("-m", "prefect", "--no-prompt")
    processes.start("server", [*prefect, "server", "start"])
    processes.wait_for("server", f"{clients['PREFECT_API_URL']}/health")
    processes.run("work-pool", [*prefect, "work-pool", "create", "aims", "--type", "process", "--overwrite"])
    # A worker with a limit of its own dies when somebody resumes a run whose process is about to end.
    processes.run("work-pool", [*prefect, "work-pool", "set-concurrency-limit", "aims", "2"])
    processes.run("deploy", [*prefect, "deploy", "--all"])
    processes.run("deploy", python("-m", "governance.cli", "deploy"))
    processes.start("worker", [*prefect, "worker", "start", "--pool", "aims"])
    processes.start("gate", python("-m", "governance.cli", "gate", "run", "--port", str(port)))
    processes.wait_for("gate", f"http://{HOST}:{port}/login")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
