"""`aims keys`: make the signing keys once, and show the public halves."""

import json
from pathlib import Path

import typer

from governance.adapters.keys import create_keys, load_keys
from governance.evidence.root import trusted_keys
from governance.evidence.signer import Keys

FOLDER = typer.Argument(help="The folder of the keys (mode 0700).", envvar="AIMS_KEYS")


def register(app: typer.Typer) -> None:
    """Add the commands `init` and `show` under `aims keys`."""
    keys = typer.Typer(help="The keys that sign statements (P-256) and the log (Ed25519).", no_args_is_help=True)
    keys.command(epilog="Example: `AIMS_KEY_PASSPHRASE=… aims keys init /etc/aims/keys --name acme-2026`")(init)
    keys.command(epilog="Example: `aims keys show /etc/aims/keys`")(show)
    app.add_typer(keys, name="keys")


def init(
    folder: Path = FOLDER,
    name: str = typer.Option("", help="What the root file calls them; the folder's name by default."),
    demo: bool = typer.Option(False, help="Mark them DEMO: they prove nothing about who signed."),
) -> None:
    """Make both keys; keys that are there stay. AIMS_KEY_PASSPHRASE encrypts them."""
    _print(create_keys(folder, name=name, demo=demo), as_json=False)


def show(
    folder: Path = FOLDER,
    name: str = typer.Option("", help="What the root file calls them."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Show the ids and the public halves."""
    _print(load_keys(folder, name=name), as_json=as_json)


def _print(keys: Keys, *, as_json: bool) -> None:
    shown = {"statement": trusted_keys(keys)[0], "log": trusted_keys(keys)[1]}
    if as_json:
        typer.echo(
            json.dumps(
                {use: {"keyid": key.keyid, "algorithm": key.algorithm, "pem": key.pem} for use, key in shown.items()}
            )
        )
        return
    for use, key in shown.items():
        typer.echo(f"{keys.name}  {use:9}  {key.algorithm:19}  {key.keyid}\n{key.pem}", nl=False)
