"""Prefect's server on PostgreSQL by one setting: a finding, its task, an answer, as on SQLite.

Prefect wants the extension pg_trgm. The embedded PostgreSQL of the other tests lacks it, so this is the system's own.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.case_world import OWNER, make_home
from tests.gate_server import installation, working
from tests.optional_parts import FULL_POSTGRES
from tests.prefect_server import begin

pytestmark = [pytest.mark.servers, pytest.mark.long]


@pytest.fixture
def full_postgres() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL server with its extensions; it refuses to run as root."""
    programs = Path("/usr/lib/postgresql") / FULL_POSTGRES[-1].parts[4] / "bin"
    folder = Path(tempfile.mkdtemp(prefix="aims-full-", dir="/var/tmp"))
    user = "postgres" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": folder}
    subprocess.run([programs / "initdb", "-D", folder / "data", "-U", "aims", "-A", "trust"], check=True, **quiet)
    serve = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    with subprocess.Popen(serve, **quiet) as server:  # type: ignore[call-overload]
        for _ in range(100):
            if (folder / ".s.PGSQL.5432").exists():
                break
            time.sleep(0.2)
        yield folder
        server.terminate()
    shutil.rmtree(folder)


def test_one_setting_puts_prefects_server_on_postgres(full_postgres: Path, tmp_path: Path) -> None:
    """PREFECT_SERVER_DATABASE_CONNECTION_URL; nothing of SQLite is made.

    The form is answered the moment it is there: a worker that counts its own runs died of that.
    """
    address = f"postgresql+asyncpg://aims@/postgres?host={full_postgres}"
    home = make_home(tmp_path, broken=["2026-01"])
    setting = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": address}
    with installation(tmp_path, home, {OWNER: "owner"}, **setting) as gated, working(gated, tmp_path / "logs"):
        ended = gated.run("monitor/by-hand", system_id="loans", window="2026-01")
        [run] = gated.until(lambda: gated.case_runs("Suspended"), "the case waits", 300)
        said = {"run_input": {"act": "acknowledge", "by": OWNER, "why": "because it is so"}}
        taken = gated.ask(OWNER, "POST", f"/api/flow_runs/{run['id']}/resume", said)[1]
        gated.until(lambda: "state:acknowledged" in gated.case_runs()[0]["tags"], "acknowledged", 300)

    here = begin(gated.state, home)
    here.casework.sync()
    [case] = here.index.cases()
    assert (ended["state_name"], taken["status"], case.state) == ("Findings", "ACCEPT", "acknowledged")
    assert not (tmp_path / "prefect/prefect.db").exists()
    with psycopg.connect(f"postgresql://aims@/postgres?host={full_postgres}") as base:
        found = base.execute("SELECT count(*) FROM flow_run WHERE state_name = 'Findings'").fetchone()
    assert found == (1,)
