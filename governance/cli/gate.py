"""`aims gate`: sign-in, roles and browser rules in front of Prefect and the pages."""

import json

import typer


def register(app: typer.Typer) -> None:
    """Add the commands `hash` and `run` under `aims gate`."""
    gate = typer.Typer(help="The door for people: sign-in and roles in front of Prefect.", no_args_is_help=True)
    gate.command("hash", epilog="Example: `aims gate hash --id ada-okafor --role owner`")(hash_)
    example = (
        "AIMS_GATE_USERS=/etc/aims/users.json AIMS_GATE_ADDRESS=https://aims.example.org aims gate run --port 4200"
    )
    gate.command(epilog=f"Example: `{example}`")(run)
    app.add_typer(gate, name="gate")


def hash_(
    user: str = typer.Option("", "--id", help="Print a whole entry for AIMS_GATE_USERS for this id."),
    role: str = typer.Option("viewer", help="The entry's role: viewer, owner or operator."),
) -> None:
    """Ask for a password without showing it, and print its scrypt hash."""
    from governance.adapters.gate.passwords import LONGEST, hash_password
    from governance.errors import ConfigurationError, Fault, Place
    from governance.registry.access import Role

    if role not in set(Role):
        raise ConfigurationError(Fault(Place(), "viewer, owner or operator", "another role", "Correct --role."))
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if not 8 <= len(password) <= LONGEST:
        expected = f"a password of 8 to {LONGEST} characters"
        raise ConfigurationError(Fault(Place(), expected, "a shorter or longer one", "Take a longer one."))
    hashed = hash_password(password)
    typer.echo(json.dumps({user: {"role": role, "hash": hashed}}) if user else hashed)


def run(
    host: str = typer.Option("127.0.0.1", help="Where to listen; put TLS in front of anything but loopback."),
    port: int = typer.Option(4200, help="The port."),
) -> None:
    """Run the gate until Ctrl-C.

    The environment says who may sign in (AIMS_GATE_USERS), the address in people's browsers (AIMS_GATE_ADDRESS),
    Prefect's server (AIMS_GATE_UPSTREAM) and its authentication string (PREFECT_API_AUTH_STRING).
    """
    from governance.adapters.gate.serve import serve
    from governance.adapters.gate.settings import GateSettings

    serve(GateSettings.from_environment(), host, port)
