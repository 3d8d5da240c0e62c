"""No value of a row leaves a verdict."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from checks.judge import judge

PLANTED = {
    "id": "PLANTED-id",
    "region": "PLANTED-region",
    "sex": "PLANTED-sex",
    "offered": "PLANTED-offer",
    "repaid": "PLANTED-label",
    "income": 31337.4242,
    "score": 0.31337424242,
    "at": datetime(2026, 3, 17, 3, 14, 15, 926535, tzinfo=UTC),
}
TRACES = ("PLANTED", "31337", "313374", "926535", "03:14:15", "1773717255")


def plant(frame: pl.DataFrame, column: str, rows: int = 1) -> pl.DataFrame:
    """Put the unique value into the first rows of a column."""
    values = [PLANTED[column]] * rows + frame[column].to_list()[rows:]
    return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))


@pytest.mark.parametrize(
    "place", ["current", *(pytest.param(place, marks=pytest.mark.long) for place in ("reference", "both"))]
)
@pytest.mark.parametrize("column", list(PLANTED))
def test_a_planted_value_is_nowhere_in_the_verdict(
    make_system: Callable, make_loans: Callable, make_window: Callable, column: str, place: str
) -> None:
    """Whatever the column, and also where it breaks the contract."""
    rules = {"region": {"values": ["north"]}, "income": {"max": 100}, "score": {"min": 5}, "sex": {"values": ["f"]}}
    system = make_system(checks={"contract": {"columns": rules}})
    frames = [make_loans(1500), make_loans(1500, seed=1)]
    planted = [
        plant(frame, column) if place in (side, "both") else frame
        for side, frame in zip(("reference", "current"), frames, strict=True)
    ]

    told = judge(system, make_window(planted[1], planted[0])).to_json().decode()

    assert [trace for trace in TRACES if trace in told] == []


@pytest.mark.parametrize("rows", [1, 9])
def test_a_planted_value_among_few_distinct_numbers_is_pooled(
    make_system: Callable, make_loans: Callable, make_window: Callable, rows: int
) -> None:
    """A number with up to five values is told by its values, so rare ones are pooled as names are."""
    frame = plant(make_loans(1500, income=[1.0, 2.0, 3.0] * 500), "income", rows)

    told = judge(make_system(), make_window(frame, frame)).to_json().decode()

    assert "31337" not in told
    assert "(other)" in told


@pytest.mark.parametrize("column", ["income", "region", "offered", "at"])
def test_a_column_of_the_wrong_type_is_told_without_its_values(
    make_system: Callable, make_loans: Callable, make_window: Callable, column: str
) -> None:
    """The schema's error names kinds."""
    values: list = ["PLANTED"] * 50 if column in ("income", "at") else [31337] * 50
    frame = make_loans(50).with_columns(pl.Series(column, values))

    told = judge(make_system(), make_window(frame, make_loans(50))).to_json().decode()

    assert [trace for trace in TRACES if trace in told] == []


def test_a_window_of_one_row_tells_nothing_of_it(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """No distance, no rate, no error: each would be that row."""
    verdict = judge(make_system(), make_window(make_loans(1), make_loans(2000)))

    assert {one.value for one in verdict.results if one.check in ("drift", "performance", "fairness")} == {None}
    assert (verdict.rates, verdict.distributions) == ((), ())
