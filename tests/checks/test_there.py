"""Rules of judging drift where the rows lie: the bounds hold, and the status is the exact one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import distances, drift, grid, there
from governance.adapters.engine import Engine
from governance.registry.system import Source
from governance.verdict import Result, Status
from tests.checks.conftest import PERIOD


def samples(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sorted samples of one of several shapes: even, tied, heavy-tailed, moved, wider, of whole numbers."""
    rng = np.random.default_rng(seed)
    shapes: list[Callable[[int], np.ndarray]] = [
        lambda n: rng.normal(rng.choice([0, 0.1, 3]), rng.choice([1, 2]), n),
        lambda n: rng.integers(0, rng.choice([9, 400]), n).astype(float),
        lambda n: rng.standard_cauchy(n) * 10.0 ** rng.integers(-3, 6),
        lambda n: np.round(rng.exponential(1, n), 1),
        lambda n: np.where(rng.random(n) < 0.9, 0.0, rng.normal(5, 1, n)),
    ]
    return np.sort(rng.choice(shapes)(rows)), np.sort(rng.choice(shapes)(max(12, rows * 2 // 3)))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), rows=st.integers(1001, 4000))
def test_the_bounds_hold_the_exact_distance(seed: int, rows: int) -> None:
    """Whatever lies within the cells, with cuts on and off their edges; in parts or at once."""
    first, second = samples(seed, rows)
    plan = grid.plan_of(first, tuple(np.unique(first[:: rows // 7])[:-1].tolist()))
    if plan is None:
        return
    half = len(second) // 2
    parts = [*grid.groups_of(plan, second[:half]), *grid.groups_of(plan, second[half:])]

    ours, theirs = grid.gathered(plan, grid.groups_of(plan, first)), grid.gathered(plan, parts)
    low, high = grid.wasserstein(ours, theirs)

    assert low <= distances.wasserstein(first, second) <= high
    assert np.cumsum(theirs.ranked)[:-1].tolist() == np.searchsorted(second, plan.cuts, "right").tolist()
    assert theirs.n == len(second)


Judged = Callable[..., tuple[dict[str, Result], dict[str, Result], list[str]]]


@pytest.fixture
def judged(make_system: Callable, make_table: Callable, tmp_path: Path) -> Judged:
    """Results by subject: of the rows here, of the rows there; and what the engine was asked."""

    def judge(reference: pl.DataFrame, now: pl.DataFrame, **policy: object) -> tuple[dict, dict, list[str]]:
        system = make_system(checks={"drift": policy})
        before, here = make_table(reference), make_table(now)
        source = Source(address=str(here.path))
        engine = Engine(source, system.columns.time, (PERIOD.start, PERIOD.end), tmp_path)
        exact, _ = drift.examine(system, here.path, before, {})
        there_, _ = there.examine(system, engine, before)
        return *({one.subject: one for one in found} for found in (exact, there_)), list(engine.asked)

    return judge


@pytest.mark.long
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), limit=st.sampled_from([0.02, 0.1, 0.5]), rows=st.sampled_from([900, 3000]))
def test_the_status_is_that_of_the_exact_distance(
    judged: Judged, make_loans: Callable, seed: int, limit: float, rows: int
) -> None:
    """For every column of random frames, with nulls and infinite numbers; values lie within the bounds told."""
    first, second = samples(seed, rows)
    rng = np.random.default_rng(seed)
    odd = np.where(rng.random(len(second)) < 0.05, rng.choice([np.nan, np.inf, -np.inf], len(second)), second)
    now = make_loans(len(second), seed=3, income=rng.permutation(odd))

    exact, told, _ = judged(make_loans(rows, income=first), now, limit=limit)

    assert {name: one.status for name, one in told.items()} == {name: one.status for name, one in exact.items()}
    for name, one in told.items():
        assert one.n == exact[name].n
        if one.method == there.METHOD:
            assert one.low <= exact[name].low + 1e-12
            assert exact[name].high <= one.high + 1e-12
        else:
            assert one == exact[name]


def test_the_values_are_asked_for_only_where_the_bounds_do_not_tell(judged: Judged, make_loans: Callable) -> None:
    """A column that clearly moved or clearly did not is counted; one on the very limit is asked for by value."""
    before, now = make_loans(5000), make_loans(4000, seed=2)
    exact, told, asked = judged(before, now)
    on_the_limit = (exact["income"].high or 0) - 1e-9

    again, precise, then = judged(before, now, columns={"income": on_the_limit})

    assert asked == ["income.grid", "region.counts", "score.grid", "offered.counts"]
    assert told["income"].status is Status.PASS
    assert "known to within" in told["income"].sentence
    assert "income.ordered" in then
    assert precise["income"] == again["income"]


def test_only_rows_of_the_window_are_counted(make_loans: Callable, make_table: Callable, tmp_path: Path) -> None:
    """The engine leaves out what lies before or after."""
    table = make_table(make_loans(100))
    engine = Engine(
        Source(address=str(table.path)),
        "at",
        (PERIOD.start, PERIOD.start + (PERIOD.end - PERIOD.start) / 2**15),
        tmp_path,
    )

    assert sum(engine.counts("region").values()) == 82
