"""Child processes of `aims up`: started in order, watched, and all stopped however the parent ends."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType

from governance.errors import ConfigurationError, Fault, Place

PATIENCE = 20.0  # seconds between a polite and a firm stop


class Processes:
    """A group of child processes, each with a log file of its own; use as a context manager."""

    def __init__(self, logs: Path, environment: Mapping[str, str] | None = None) -> None:
        self._logs = logs
        self._environment = {**os.environ, **(environment or {})}
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._files = ExitStack()

    def start(self, name: str, command: Sequence[str]) -> int:
        """Start a child in a session of its own; its process id. What it prints goes to <logs>/<name>.log."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._files.enter_context((self._logs / f"{name}.log").open("ab"))
        child = subprocess.Popen(
            command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        self._running.append((name, child))
        return child.pid

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a command to its end. Raises ConfigurationError naming the log when it fails."""
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{name}.log"
        with path.open("ab") as log:
            done = subprocess.run(
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise _failed(name, done.returncode, path)

    def wait_for(self, name: str, url: str, seconds: float = 90) -> None:
        """Wait until a loopback address answers 200. Raises ConfigurationError when the child ends or stays silent."""
        child = dict(self._running)[name]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if child.poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a loopback address of ours
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise _failed(name, child.poll(), self._logs / f"{name}.log")

    def first_to_end(self) -> str:
        """Block until any child ends, and say which."""
        while True:
            for name, child in self._running:
                if child.poll() is not None:
                    return name
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop all, the last started first: politely, then firmly."""
        while self._running:
            _, child = self._running.pop()
            _end(child)
        self._files.close()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child and everything in its session."""
    for sign, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, sign)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def _failed(name: str, code: int | None, log: Path) -> ConfigurationError:
    found = f"exit code {code}" if code is not None else "no answer in time"
    return ConfigurationError(Fault(Place(file=str(log)), f"{name} to run", found, "Read the end of that log."))


def python(*arguments: str) -> list[str]:
    """A command line for this environment's Python."""
    return [sys.executable, *arguments]
