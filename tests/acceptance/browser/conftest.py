"""Browser checks run where Chromium is installed; elsewhere they are deselected, and the summary says why."""

from pathlib import Path
from shutil import which

import pytest

HERE = Path(__file__).parent
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
_left_out: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a browser when there is none."""
    if CHROMIUM:
        return
    ours = [item for item in items if HERE in item.path.parents]
    _left_out[:] = [item.nodeid for item in ours]
    items[:] = [item for item in items if item not in ours]
    config.hook.pytest_deselected(items=ours)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if _left_out:
        terminalreporter.write_line(f"{len(_left_out)} browser checks left out: no Chromium is installed")


@pytest.fixture
def chromium() -> str:
    """The path of the browser."""
    assert CHROMIUM is not None
    return CHROMIUM
