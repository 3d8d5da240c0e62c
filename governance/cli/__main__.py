"""`python -m governance.cli`: the same as `aims`."""

from governance.cli.main import run

run()
