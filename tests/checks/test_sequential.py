"""The state that goes from window to window: counted once, handed on, begun anew only for a reason."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from checks import drift
from checks.sequential import handed_on
from governance.registry.system import System
from governance.verdict import Result, Status
from governance.window import Length, Period, Table, periods

DAYS = list(periods(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), Length.DAY, "UTC"))
PAST = list(periods(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC), Length.DAY, "UTC"))


def rows(rng: np.random.Generator, day: Period, count: int, shift: float = 0.0) -> pl.DataFrame:
    """A day's rows; `shift` moves the incomes."""
    return pl.DataFrame(
        {
            "at": [day.start] * count,
            "income": rng.normal(shift, 1, count),
            "region": rng.choice(["a", "b"], count),
            "score": rng.random(count),
            "offered": rng.choice(["0", "1"], count),
        },
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """59 days of 1,000 rows."""
    path, rng = tmp_path_factory.mktemp("reference") / "r.parquet", np.random.default_rng(1)
    pl.concat(rows(rng, day, 1000) for day in PAST).write_parquet(path)
    return Table(path, "of the sequential test", 59_000)


@pytest.fixture
def system(make_system: Callable[..., System]) -> System:
    """Judged each day."""
    return make_system(window={"length": "P1D", "zone": "UTC", "since": "2026-01-01"})


Judge = Callable[..., tuple[tuple[Result, ...], dict[str, Any]]]


@pytest.fixture
def judge(system: System, reference: Table, tmp_path: Path) -> Judge:
    """Judge a day after a history; every day's rows are its own, always the same."""

    def judged(day: int, history: dict[str, Any] | None = None, *, shift: float = 0.0, of: System | None = None) -> Any:
        rows(np.random.default_rng([7, day]), DAYS[day], 500, shift).write_parquet(tmp_path / "w.parquet")
        found, _, state = drift.examine_after(
            of or system, tmp_path / "w.parquet", reference, {}, period=DAYS[day], history=history
        )
        return found, state

    return judged


def after(judge: Judge, days: range, shift: float = 0.0) -> dict[str, Any]:
    """The state after these days."""
    state: dict[str, Any] = {}
    for day in days:
        state = judge(day, state, shift=shift)[1]
    return state


def income(results: tuple[Result, ...]) -> Status:
    """The status of the incomes."""
    return next(one.status for one in results if one.subject == "income")


def test_a_small_lasting_shift_is_found_by_many_windows_and_by_no_single_one(judge: Judge) -> None:
    """0.1 standard deviations: no day of 500 rows alarms by itself, the days together do."""
    alone = [income(judge(day, None, shift=0.1)[0]) for day in range(20)]
    together = income(judge(20, after(judge, range(20), 0.1), shift=0.1)[0])

    assert Status.ALARM not in alone
    assert together is Status.ALARM


def test_the_sentence_says_that_the_windows_speak_together(judge: Judge) -> None:
    """An owner reads why a window inside the limit rings."""
    results, _ = judge(8, after(judge, range(8), 0.15), shift=0.15)

    (told,) = [one.sentence for one in results if one.subject == "income"]
    assert "The evidence that was counted up to this window shows a shift beyond what chance explains" in told
    assert "what the reference's 59 days differ by" in told


def test_a_window_judged_again_is_not_counted_twice(judge: Judge) -> None:
    """With its own state as history, a window gives the same results and the same state."""
    first, state = judge(1, after(judge, range(1)))
    again, same = judge(1, state)

    assert again == first
    assert same == state


def test_a_window_that_was_skipped_leaves_the_count_as_it_is(judge: Judge) -> None:
    """Day 2 goes on from day 0 where day 1 could not be read."""
    before = after(judge, range(1))
    _, state = judge(2, handed_on(before))

    assert state["drift"]["after"] == before["drift"]["window"]


def test_an_earlier_window_starts_afresh(judge: Judge) -> None:
    """A later window's evidence is no history."""
    assert judge(0, after(judge, range(1, 3)))[1]["drift"]["after"] == ""


def test_another_policy_starts_afresh(judge: Judge, make_system: Callable[..., System]) -> None:
    """What was counted against another null says nothing about this one."""
    other = make_system(
        window={"length": "P1D", "zone": "UTC", "since": "2026-01-01"}, checks={"drift": {"smallest_shift": 0.02}}
    )

    assert judge(1, after(judge, range(1)), of=other)[1]["drift"]["after"] == ""


def test_closing_the_case_restarts_the_detectors_that_rang(judge: Judge) -> None:
    """The others keep what they counted."""
    state = after(judge, range(9), 0.15)
    restarted = {"drift": {**state["drift"], "restart": True}}

    kept = judge(9, state)[1]["drift"]["columns"]
    anew = judge(9, restarted)[1]["drift"]["columns"]

    assert "income" in state["drift"]["rang"]
    assert max(anew["income"]) < max(kept["income"]) / 1000
    assert anew["region"] == kept["region"]


def test_a_state_holds_no_value_and_no_category(judge: Judge) -> None:
    """Column names, window names and numbers of evidence only."""
    state = after(judge, range(1))["drift"]

    assert state.keys() == {"after", "basis", "columns", "end", "rang", "window"}
    assert all(isinstance(one, float) for column in state["columns"].values() for one in column)


@pytest.mark.parametrize("history", [{"drift": 3}, {"drift": {"window": "x"}}, {"drift": {}}, {"other": {}}])
def test_a_history_that_is_none_starts_afresh(judge: Judge, history: dict[str, Any]) -> None:
    """A damaged state raises nothing."""
    assert judge(0, history)[1]["drift"]["after"] == ""
