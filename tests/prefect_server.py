"""Plugin with a real Prefect server, and a warm process that runs flows against it.

Fixtures: `prefect_server` (session; its API address), `runs` (session; runs the monitor flow), `workplace_folder` (a
state folder with demo keys and a begun archive).
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.embedded import QUIET, begin_archive
from governance.adapters.processes import Processes, python
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace

ROOT = Path(__file__).parents[1]
Run = Callable[..., dict[str, Any]]


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def prefect_environment(folder: Path, port: int) -> dict[str, str]:
    """The variables of a private Prefect server and of its clients."""
    return {
        **QUIET,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }


@pytest.fixture(scope="session")
def prefect_environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the session's Prefect server."""
    return prefect_environment(tmp_path_factory.mktemp("prefect"), free_port())


@pytest.fixture(scope="session")
def prefect_server(prefect_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server with a database of its own; gives its API address."""
    with Processes(tmp_path_factory.mktemp("logs"), prefect_environ) as processes:
        processes.start("server", python("-m", "prefect", "--no-prompt", "server", "start", "--host", "127.0.0.1"))
        processes.wait_for("server", f"{prefect_environ['PREFECT_API_URL']}/health")
        yield prefect_environ["PREFECT_API_URL"]


@pytest.fixture(scope="session")
def runs(prefect_server: str, prefect_environ: dict[str, str]) -> Iterator[Run]:
    """A function that runs the monitor flow in a child of a warm process and says how it ended."""
    environment = {**os.environ, **prefect_environ}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.runs"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as warm:
        assert warm.stdin
        assert warm.stdout
        _until(warm, lambda line: line == "ready")

        def run(state: Path, system: str, window: str | None = None, **more: Any) -> dict[str, Any]:
            request = {
                "state": str(state),
                "home": str(ROOT / "deployments"),
                "system": system,
                "window": window,
                **more,
            }
            print(json.dumps(request), file=warm.stdin, flush=True)
            told: dict[str, Any] = json.loads(_until(warm, lambda line: line.startswith("{")))
            return told

        yield run
        warm.stdin.close()


def _until(warm: subprocess.Popen[str], wanted: Callable[[str], bool]) -> str:
    """The next line of the warm process that is wanted; others are chatter of libraries."""
    assert warm.stdout
    for line in warm.stdout:
        if wanted(line.strip()):
            return line.strip()
    raise AssertionError("the warm process ended")


def begin(state: Path, home: Path = ROOT / "deployments") -> Workplace:
    """A workplace over a state folder, with demo keys and a begun directory archive."""
    settings = Settings(
        home=home,
        state=state,
        archive=(state / "archive").as_uri(),
        keys=state / "keys",
        origin="aims.invalid/local",
        reports=(state / "reports").as_uri(),
        notify_default=(state / "notifications.jsonl").as_uri(),
    )
    here = Workplace(settings)
    begin_archive(here)
    return here


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A fresh workplace with the example registry, demo keys and a begun directory archive."""
    return begin(tmp_path / "state")
