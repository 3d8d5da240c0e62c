"""Pages of runs go when they are old, but for the newest and those that somebody is asked to read."""

import os
from pathlib import Path
from threading import Thread
from time import time

import pytest

from governance.adapters import working
from governance.adapters.pages import sweep_pages, write_pages
from governance.adapters.settings import Settings
from governance.errors import ConfigurationError

DAY = 86_400


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """A working folder."""
    (tmp_path / "working").mkdir()
    return tmp_path / "working"


def page(folder: Path, window: str, into: Path, days: float) -> Path:
    """A window's page that is so many days old."""
    write_pages(folder / window, {"page.html": b"<p>", "evidently.json": b"{}"}, into)
    os.utime(folder / window, (time() - days * DAY, time() - days * DAY))
    return folder / window


def test_pages_go_when_their_days_are_over(tmp_path: Path, into: Path) -> None:
    """What a case leads to stays, and what is no window's folder."""
    loans = tmp_path / "reports/loans"
    for window, days in (("2026-01", 93), ("2026-02", 93), ("2026-03", 91), ("2026-04", 1)):
        page(loans, window, into, days)
    (loans / "note.txt").write_text("a person's own")

    sweep_pages(loans, into, days=92, kept={"2026-02"})

    assert sorted(path.name for path in loans.iterdir()) == ["2026-02", "2026-03", "2026-04", "note.txt"]
    assert not list(into.glob(".pull-*"))


def test_the_newest_page_of_a_system_stays(tmp_path: Path, into: Path) -> None:
    """However old: a yearly system has one."""
    loans = tmp_path / "reports/loans"
    page(loans, "2024", into, 800)
    page(loans, "2025", into, 400)

    sweep_pages(loans, into, days=92, kept=set())

    assert [path.name for path in loans.iterdir()] == ["2025"]


def test_a_page_that_another_run_writes_is_not_swept(tmp_path: Path, into: Path) -> None:
    """A window that is judged again after a year: whoever sweeps waits, and sees that it is new."""
    loans = tmp_path / "reports/loans"
    old = page(loans, "2025-01", into, 400)
    page(loans, "2026-01", into, 1)
    sweeping = Thread(target=sweep_pages, args=(loans, into), kwargs={"days": 92, "kept": set()})

    with working.locked(into):
        sweeping.start()
        sweeping.join(0.3)
        assert sweeping.is_alive()
        os.utime(old)
    sweeping.join(20)

    assert not sweeping.is_alive()
    assert (old / "page.html").exists()


def test_a_system_without_pages_has_nothing_to_sweep(tmp_path: Path, into: Path) -> None:
    """Nothing is raised, nothing is made."""
    sweep_pages(tmp_path / "reports/loans", into, days=92, kept=set())

    assert not (tmp_path / "reports").exists()


def test_a_page_is_written_anew_and_what_pages_share_is_not(tmp_path: Path, into: Path) -> None:
    """No part of one is left."""
    write_pages(tmp_path / "there", {"page.html": b"old", "a.js": b"old"}, into)
    write_pages(tmp_path / "there", {"page.html": b"new", "a.js": b"new"}, into)

    assert {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()} == {
        "page.html": b"new",
        "a.js": b"old",
    }


@pytest.mark.parametrize("days", ["0", "-1", "ninety", "1.5", "999999"])
def test_days_that_are_none_are_refused(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable's name and without its text."""
    monkeypatch.setenv("AIMS_KEEP_PAGES", days)

    with pytest.raises(ConfigurationError, match="AIMS_KEEP_PAGES: expected a whole number of days"):
        Settings.from_environment()
