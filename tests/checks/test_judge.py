"""The whole judgement: unreadable windows, same bytes, odd frames."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from checks.judge import judge
from governance.errors import Fault, Place
from governance.registry.system import System
from governance.verdict import Status
from governance.window import Input, Table, Window

FAULT = Fault(Place("p.csv", 4, "income"), "a number", "text", "Ask the sender to mend line 4.")


def test_an_unreadable_window_is_one_error_a_fault_and_nothing_else(
    make_system: Callable, make_window: Callable
) -> None:
    """Its sentences are the faults'."""
    verdict = judge(make_system(), make_window(None, faults=(FAULT, FAULT)))

    assert [(one.check, one.status, one.cause) for one in verdict.results] == [
        ("contract", Status.ERROR, "contract")
    ] * 2
    assert verdict.results[0].sentence == str(FAULT)
    assert verdict.status is Status.ERROR


def test_without_a_fault_an_unreadable_window_is_still_an_error(make_system: Callable, make_window: Callable) -> None:
    """Silence is never a pass."""
    assert judge(make_system(), make_window(None)).status is Status.ERROR


def test_without_a_reference_drift_is_an_error_and_the_rest_is_judged(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """Group names that the registry declares may still be compared."""
    system = make_system(checks={"contract": {"columns": {"sex": {"values": ["f", "m"]}}}})

    verdict = judge(system, make_window(make_loans(2000), None, faults=(FAULT,)))

    statuses = {check: {one.status for one in verdict.results if one.check == check} for check in ("drift", "fairness")}
    assert statuses["drift"] == {Status.ERROR}
    assert Status.PASS in statuses["fairness"]


def test_what_the_contract_refuses_stops_there(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """A missing column: no check beyond the contract speaks."""
    verdict = judge(make_system(), make_window(make_loans(100).drop("score"), make_loans(100)))

    assert {one.check for one in verdict.results} == {"contract"}


def test_every_check_speaks_and_two_runs_give_the_same_bytes(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """Also when the second finds the sorted reference kept."""
    window = make_window(make_loans(3000, seed=4), make_loans(3000))

    first, second = judge(make_system(), window), judge(make_system(), window)

    assert {one.check for one in first.results} == {"contract", "labels", "drift", "performance", "fairness"}
    assert first.to_json() == second.to_json()
    assert len({one.name for one in first.results}) == len(first.results)


def test_the_verdict_names_what_was_read(make_system: Callable, make_loans: Callable, make_window: Callable) -> None:
    """Each input by address and digest; the same address with two contents keeps both."""
    window = make_window(make_loans(100), make_loans(100))
    current = replace(window.current, inputs=(Input("s3://b/rows", "1" * 64, 9),))
    reference = replace(window.reference, inputs=(Input("s3://b/rows", "2" * 64, 9),))

    verdict = judge(make_system(), replace(window, current=current, reference=reference), revision=2)

    assert verdict.data == {
        "window.parquet": current.sha256,
        "window/s3://b/rows": "1" * 64,
        "reference.parquet": reference.sha256,
        "reference/s3://b/rows": "2" * 64,
    }
    assert (verdict.bundle_id, verdict.model, verdict.rows) == ("loans.2026-03.r2", "loan-model 7", 100)


NUMBERS = st.one_of(
    st.none(),
    st.sampled_from([0.0, -0.0, 1.0, 1e308, -1e308, 5e-324, float("inf"), float("-inf"), float("nan")]),
    st.floats(width=32),
)
WORDS = st.one_of(st.none(), st.sampled_from(["0", "1", "", "north", "ü\u0000", "(other)", "'; drop"]))


@st.composite
def frames(draw: st.DrawFn, task: str, start: Any) -> pl.DataFrame:
    """Well-typed rows of any content: all null, constant, one row, one class, unseen, not finite."""
    rows = draw(st.integers(1, 30)) * draw(st.sampled_from([1, 40]))
    value = NUMBERS if task == "regression" else WORDS
    data: dict[str, pl.Series] = {}
    for name, kind in {
        "offered": value,
        "repaid": value,
        "score": NUMBERS,
        "income": NUMBERS,
        "age": NUMBERS,
        "region": WORDS,
        "sex": WORDS,
    }.items():
        few = draw(st.lists(kind, min_size=1, max_size=8))
        dtype = pl.String if kind is WORDS else pl.Float64
        data[name] = pl.Series(name, [few[place % len(few)] for place in range(rows)], dtype=dtype)
    moments = [start + timedelta(seconds=place) for place in range(rows)]
    return pl.DataFrame({"id": [str(place) for place in range(rows)], "at": moments, **data})


@pytest.mark.parametrize(
    "task", ["binary", *(pytest.param(one, marks=pytest.mark.long) for one in ("multiclass", "regression"))]
)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
@given(data=st.data())
def test_odd_but_well_typed_rows_never_raise(make_system: Callable, task: str, data: st.DataObject) -> None:
    """Each ends in a verdict that is canonical JSON."""
    from datetime import UTC, datetime

    from governance.window import Length, period_of

    period = period_of(datetime(2026, 3, 10, tzinfo=UTC), Length.MONTH, "UTC")
    columns = {"numeric": ["income", "age"], "protected": ["sex", "age"], "groups": {"age": [25, 60]}}
    limits = {name: {"min": 0.5} for name in ("accuracy", "precision", "recall", "roc_auc", "mae", "rmse", "bias")}
    fair = {"difference": dict.fromkeys(("selection_rate", "tpr", "ppv", "mean_error", "mean_absolute_error"), 0.1)}
    system: System = make_system(columns, task=task, checks={"performance": {"metrics": limits}, "fairness": fair})
    with TemporaryDirectory() as folder:
        tables = []
        for name in ("current", "reference"):
            frame = data.draw(frames(task, period.start), name)
            path = Path(folder) / f"{name}.parquet"
            frame.write_parquet(path)
            tables.append(Table(path, name, frame.height))

        verdict = judge(system, Window("loans", period, period.end, *tables))

        assert verdict.to_json()
