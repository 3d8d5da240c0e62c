"""`aims calibrate`: quiet windows are quiet, changes have the size they claim, and what is told was counted."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from checks import quiet_windows
from checks.calibrate import Calibration, Power, calibrate
from governance.registry.system import System
from governance.window import Table
from tests.checks.conftest import PERIOD, loans

Builder = Callable[..., System]


@pytest.fixture
def reference(tmp_path: Path) -> Table:
    """3,000 loans in which women are refused far more often."""
    rows = loans(3000)
    unfair = (rows["sex"] == "f").to_numpy() & (np.random.default_rng(0).random(3000) < 0.7)
    rows = rows.with_columns(pl.when(pl.Series(unfair)).then(pl.lit("0")).otherwise("offered").alias("offered"))
    path = tmp_path / "given.parquet"
    rows.write_parquet(path)
    return Table(path, "0" * 64, 3000)


def rate(rows: pl.DataFrame, sex: str) -> float:
    """The selection rate of a group."""
    return float((rows.filter(pl.col("sex") == sex)["offered"] == "1").mean())  # type: ignore[arg-type]


def drawn(system: System, reference: Table, folder: Path, size: float, rows: int = 3000) -> pl.DataFrame:
    """One window with a change of a size."""
    rng = np.random.default_rng(3)
    world = quiet_windows.quiet(system, reference, folder / "r.parquet", rng, rows=rows)
    table = quiet_windows.draw(system, world, PERIOD, folder / "w.parquet", rng, size=size)
    return pl.read_parquet(table.path)


def test_a_quiet_window_treats_groups_alike_though_the_reference_does_not(
    make_system: Builder, reference: Table, tmp_path: Path
) -> None:
    """Decisions change places among the rows, with score and label; features stay."""
    window, given = drawn(make_system(), reference, tmp_path, 0.0), pl.read_parquet(reference.path)

    assert abs(rate(given, "f") - rate(given, "m")) > 0.15
    assert abs(rate(window, "f") - rate(window, "m")) < 0.05
    assert abs(window["income"].mean() - given["income"].mean()) < 0.1 * given["income"].std()  # type: ignore[operator]


def test_a_window_has_ids_and_times_of_its_own(make_system: Builder, reference: Table, tmp_path: Path) -> None:
    """Rows that were drawn twice are no duplicates, and all lie in the window."""
    window = drawn(make_system(), reference, tmp_path, 0.0)

    assert window["id"].n_unique() == window.height
    assert window["at"].min() == PERIOD.start
    assert window["at"].max() < PERIOD.end  # type: ignore[operator]


@pytest.mark.parametrize("size", [0.1, 0.5])
def test_a_change_has_the_size_it_claims(make_system: Builder, reference: Table, tmp_path: Path, size: float) -> None:
    """A feature's mean moves by the size in standard deviations, over values that were there before."""
    quiet, moved = (drawn(make_system(), reference, tmp_path, one) for one in (0.0, size))

    shift = (moved["income"].mean() - quiet["income"].mean()) / quiet["income"].std()  # type: ignore[operator]
    assert shift == pytest.approx(size, abs=0.06)
    assert set(moved["income"]) <= set(pl.read_parquet(reference.path)["income"])


def test_a_gap_lowers_the_selection_rate_of_one_group(make_system: Builder, reference: Table, tmp_path: Path) -> None:
    """The second largest group loses the size; the largest loses nothing."""
    quiet, moved = (drawn(make_system(), reference, tmp_path, one) for one in (0.0, 0.2))
    largest, second = quiet["sex"].value_counts(sort=True)["sex"]

    assert rate(quiet, second) - rate(moved, second) == pytest.approx(0.2, abs=0.04)
    assert rate(quiet, largest) == rate(moved, largest)


def test_tilting_beyond_the_values_gives_their_greatest() -> None:
    """A mean that no weights can reach is approached, and raises nothing."""
    weights = quiet_windows.tilted(np.array([-1.0, 0.0, 1.0]), 5.0)

    assert weights @ np.array([-1.0, 0.0, 1.0]) == pytest.approx(1.0)
    assert weights.sum() == pytest.approx(1.0)


def test_a_reference_with_many_blocks_gives_whole_blocks(make_system: Builder, tmp_path: Path) -> None:
    """Thirty days that differ stay whole: a window is a day, however it is drawn."""
    days = [
        loans(40, seed=day, at=[PERIOD.start.replace(day=day + 1)] * 40, income=[float(day)] * 40) for day in range(30)
    ]
    path = tmp_path / "given.parquet"
    pl.concat(days).write_parquet(path)
    system = make_system(window={"length": "P1D", "zone": "UTC", "since": "2026-01-01"})

    rng = np.random.default_rng(1)
    world = quiet_windows.quiet(system, Table(path, "0" * 64, 1200), tmp_path / "r.parquet", rng)
    windows = [
        pl.read_parquet(quiet_windows.draw(system, world, PERIOD, tmp_path / "w.parquet", rng).path) for _ in range(20)
    ]

    assert world.rows == 0
    assert world.reference.rows == 1200
    assert all(window.height == 40 and window["income"].n_unique() == 1 for window in windows)
    assert len({window["income"][0] for window in windows}) > 5


def found(power: tuple[Power, ...]) -> Calibration:
    """A calibration with this power."""
    return Calibration("loans", "loan-model 7", "0" * 64, 1, 365, 500, True, {"drift": 1}, 1.0, 4.7, power)


def test_the_smallest_size_is_the_one_from_which_on_all_are_seen() -> None:
    """A lucky small size does not count when a greater one was missed."""
    power = (Power(0.1, 9, 1), Power(0.2, 7, 2), Power(0.5, 8, 3), Power(1.0, 10, 7))

    assert found(power).smallest_shift == 0.5
    assert found(power).smallest_gap is None
    assert "was not seen in 8 of 10 windows" in found(power).sentences[2]


@pytest.mark.long
def test_quiet_windows_are_quiet_and_great_changes_are_seen(
    make_system: Builder, reference: Table, tmp_path: Path
) -> None:
    """What is told was counted, window by window."""
    *steps, result = calibrate(make_system(), reference, tmp_path, windows=3, rows=400, sizes=(1.0,))

    told = json.loads(result.to_json())
    assert (told["windows"], told["rows"], told["alarms"]) == (3, 400, {})
    assert told["power"] == [{"size": 1.0, "drift": 10, "fairness": 10}]
    assert len(steps) == 3 + 1


def test_what_is_told_was_counted(make_system: Builder, reference: Table, tmp_path: Path) -> None:
    """Two quiet windows, none of which rings."""
    *steps, result = calibrate(make_system(), reference, tmp_path, windows=2, rows=400, sizes=())

    told = json.loads(result.to_json())
    assert (told["windows"], told["rows"], told["alarms"], told["power"]) == (2, 400, {}, [])
    assert steps == ["quiet window 1 of 2", "quiet window 2 of 2"]


@pytest.mark.long
def test_calibrating_twice_gives_the_same_bytes(make_system: Builder, reference: Table, tmp_path: Path) -> None:
    """The seed is all chance there is."""
    results = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        results.append(list(calibrate(make_system(), reference, tmp_path / name, windows=4, rows=400))[-1])

    assert results[0].to_json() == results[1].to_json()
