"""Copies of rows go when nobody needs them, and no run loses one that it uses."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from time import time

import pytest

from checks.columns import SortedReference
from checks.judge import judge
from governance.adapters import working
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from governance.registry.system import Labels, Source
from governance.window import Window
from tests.row_builders import a_system, home, pull, read, rows

DAYS = 86_400.0
KILLED = """
import os, sys
from pathlib import Path
from governance.adapters import working

left = [int(sys.argv[2])]
rename = Path.rename

def until_killed(path, target):
    left[0] -= 1
    return rename(path, target) if left[0] >= 0 else os._exit(9)

Path.rename = until_killed
working.sweep(Path(sys.argv[1]), ["early-help"])
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder with predictions and reference."""
    return home(tmp_path / "home")


def age(into: Path, days: float) -> None:
    """Make everything in the working folder so many days older."""
    for path in [*into.rglob("*"), into / ".lock"]:
        if path.exists():
            stamp = path.stat().st_mtime - days * DAYS
            os.utime(path, (stamp, stamp))


def copies(into: Path) -> set[str]:
    """Every file, by its path from there."""
    return {path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file()}


def used(window: Window) -> Path:
    """The reference of a window, with sorted columns beside it."""
    assert window.reference is not None
    SortedReference(window.reference).values("age")
    return window.reference.path


def test_a_window_that_was_judged_leaves_nothing_but_its_reference(here: Path) -> None:
    """Its rows, and the note of where they came from, are gone."""
    window = pull(a_system(), here)
    judge(a_system(), window)

    working.drop(here / "work", window)

    assert not list((here / "work/windows").iterdir())
    assert pull(a_system(), here).reference == window.reference


def test_only_its_owner_can_read_the_working_folder(tmp_path: Path) -> None:
    """It holds rows of people."""
    settings = Settings(tmp_path, tmp_path / "state", "", tmp_path / "keys", "", "", "")

    assert Workplace(settings).working.stat().st_mode & 0o077 == 0


def test_two_runs_of_one_window_have_a_copy_each(here: Path) -> None:
    """Whoever is done first takes nothing from the other."""
    one, other = pull(a_system(), here), pull(a_system(), here)

    working.drop(here / "work", one)

    assert other.current is not None
    assert len(read(other)) == other.current.rows


def test_labels_that_cannot_be_read_leave_no_copy(here: Path) -> None:
    """A window that is not judged has nothing to keep."""
    window = pull(a_system(labels=Labels(source=Source(address="none.csv"), delay_days=1)), here)

    assert window.current is None
    assert not list((here / "work/windows").glob("*"))


def test_only_folders_of_its_own_are_dropped(here: Path) -> None:
    """A window that lies elsewhere is somebody else's."""
    window = pull(a_system(), here)
    assert window.current is not None

    working.drop(here / "elsewhere", window)

    assert window.current.path.exists()


def test_what_a_killed_run_left_goes_after_a_day(here: Path) -> None:
    """Copies of windows and scratch; those of a run at work stay."""
    into = here / "work"
    old = pull(a_system(), here)
    (into / ".pull-old").mkdir()
    (into / "windows/early-help.2026-09.parquet").touch()  # as it was named before each pull had a folder
    age(into, 1.1)
    new = pull(a_system(), here)
    (into / ".pull-new").mkdir()
    age(into, 0.1)

    working.sweep(into, ["early-help"])

    assert old.current is not None
    assert new.current is not None
    assert [path.name for path in (into / "windows").iterdir()] == [new.current.path.parent.name]
    assert [path.name for path in into.glob(".pull-*")] == [".pull-new"]


def test_the_last_reference_of_a_system_stays_with_its_sorted_columns(here: Path) -> None:
    """However long ago it was used: a yearly system sorts it once."""
    path = used(pull(a_system(), here))
    age(here / "work", 500)
    before = copies(here / "work/references")

    working.sweep(here / "work", ["early-help"])

    assert copies(here / "work/references") == before
    assert any(name.endswith(".npy") for name in before)
    assert path.exists()


def test_a_reference_that_was_replaced_goes_a_day_after_its_last_use_with_all_that_is_beside_it(here: Path) -> None:
    """Its rows lie in the sorted columns too."""
    into = here / "work"
    old = used(pull(a_system(), here))
    rows(800).write_parquet(here / "reference.parquet")
    new = used(pull(a_system(), here))
    age(into, 0.9)
    working.sweep(into, ["early-help"])
    assert old.exists()
    age(into, 0.2)

    working.sweep(into, ["early-help"])

    assert {path.name.split(".")[1] for path in (into / "references").iterdir()} == {new.name.split(".")[1]}
    assert not list(into.glob(".pull-*"))


def test_a_reference_used_again_is_kept_for_another_day(here: Path) -> None:
    """A system whose reference was set back, and one whose newer reference is not the one in use."""
    into = here / "work"
    old = used(pull(a_system(), here))
    rows(800).write_parquet(here / "reference.parquet")
    used(pull(a_system(), here))
    age(into, 3)
    rows().write_parquet(here / "reference.parquet")
    assert used(pull(a_system(), here)) == old
    os.utime(into / ".lock", (0, 0))

    working.sweep(into, ["early-help"])

    assert {path.name.split(".")[1] for path in (into / "references").iterdir()} == {old.name.split(".")[1]}


def test_a_system_that_left_the_registry_leaves_no_reference(here: Path) -> None:
    """After a day."""
    pull(a_system(), here)
    age(here / "work", 1.1)

    working.sweep(here / "work", ["another"])

    assert not list((here / "work/references").iterdir())


def test_a_sweep_is_made_once_an_hour(here: Path) -> None:
    """A thousand systems need not look a thousand times."""
    into = here / "work"
    pull(a_system(), here)
    age(into, 2)
    working.sweep(into, ["early-help"])
    window = pull(a_system(), here)
    assert window.current is not None
    folder = window.current.path.parent
    os.utime(folder, (0, 0))

    working.sweep(into, ["early-help"])
    assert folder.exists()

    os.utime(into / ".lock", (time() - 3700, time() - 3700))
    working.sweep(into, ["early-help"])
    assert not folder.exists()


@pytest.mark.parametrize("step", range(6))
def test_a_sweep_that_is_killed_leaves_whole_copies_and_the_next_one_takes_the_rest(here: Path, step: int) -> None:
    """Before each of five renames: the reference in use stays whole, and what is not needed goes the next time."""
    into = here / "work"
    used(pull(a_system(), here))
    rows(800).write_parquet(here / "reference.parquet")
    window = pull(a_system(), here)
    last = used(window)
    kept = {name for name in copies(into / "references") if name.startswith(last.name)}
    age(into, 2)

    done = subprocess.run([sys.executable, "-c", KILLED, str(into), str(step)], check=False)

    assert done.returncode == (9 if step < 5 else 0)
    assert kept <= copies(into / "references")
    assert all(path.stat().st_mode & 0o077 == 0 for path in into.iterdir() if path.is_dir() and path.name != "windows")
    age(into, 1.1)
    working.sweep(into, ["early-help"])
    assert pull(a_system(), here).reference == window.reference
    assert {path.name.split(".")[1] for path in (into / "references").iterdir()} == {last.name.split(".")[1]}
    assert not list(into.glob(".pull-*"))


def test_a_reference_that_another_process_takes_into_use_is_not_swept(here: Path) -> None:
    """The sweep waits for whoever looks, and then sees that it was used."""
    into = here / "work"
    path = used(pull(a_system(), here))
    age(into, 2)
    sweeping = Thread(target=working.sweep, args=(into, []))

    with working.locked(into):
        sweeping.start()
        sweeping.join(0.3)
        assert sweeping.is_alive()
        assert working.use(path)
    sweeping.join(20)

    assert not sweeping.is_alive()
    assert path.exists()
