"""`aims`: one command a noun. A command imports what it needs when it runs, so `--help` stays fast."""

import sys
from importlib import import_module

import typer

from governance.errors import AimsError

COMMANDS = (
    "demo",
    "monitor",
    "check",
    "suggest",
    "calibrate",
    "drift",
    "cases",
    "act",
    "verify",
    "evidence",
    "keys",
    "deploy",
    "up",
    "doctor",
    "checkpoint",
    "gate",
    "code",
    "erase",
    "rebuild",
)

app = typer.Typer(
    help="Prove, window by window, that AI systems are fair, stable and under human control.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

for _name in COMMANDS:
    import_module(f"governance.cli.{_name}").register(app)


def run() -> None:
    """The console script: our errors become plain lines and an exit code (DESIGN section 8), never a traceback."""
    try:
        app()
    except AimsError as error:
        for fault in error.faults:
            print(f"error: {fault}", file=sys.stderr)
        sys.exit(error.exit_code)
