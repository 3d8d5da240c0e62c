"""The data contract on small files."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from checks.contract import Examined, examine
from checks.counted import Counted
from checks.faults_profile import named_columns, numeric_columns
from governance.verdict import Status
from governance.window import Length, period_of

PERIOD = period_of(datetime(2026, 3, 10, tzinfo=UTC), Length.MONTH, "UTC")


@pytest.fixture
def run(make_system: Callable, make_loans: Callable, make_table: Callable) -> Callable[..., Examined]:
    """Examine 100 good rows, changed."""

    def examined(contract: dict | None = None, rows: int = 100, drop: str = "", **changes: object) -> Examined:
        frame = make_loans(rows or 1, **changes).head(rows)
        system = make_system(checks={"contract": contract or {}})
        return examine(system, make_table(frame.drop(drop) if drop else frame).path, PERIOD)

    return examined


def found(examined: Examined, *statuses: Status) -> list[str]:
    """The names of results with a status."""
    return [one.name for one in examined.results if one.status in statuses]


def test_good_rows_keep_every_rule(run: Callable) -> None:
    """All results pass and nothing is refused."""
    examined = run()

    assert {one.status for one in examined.results} == {Status.PASS}
    assert (examined.fit, examined.refused) == (True, {})


@pytest.mark.parametrize(
    ("column", "values", "metric"),
    [
        ("income", [None] * 6 + [1.0] * 94, "null_share"),
        ("income", [float("inf")] * 6 + [1.0] * 94, "non_finite_share"),
        ("income", [float("nan")] * 6 + [1.0] * 94, "non_finite_share"),
        ("region", [None] * 6 + ["north"] * 94, "null_share"),
        ("id", ["same"] * 2 + [f"p{place}" for place in range(98)], "duplicate_share"),
        ("at", [PERIOD.end] + [PERIOD.start] * 99, "outside_window"),
        ("at", [PERIOD.start - timedelta(seconds=1)] + [PERIOD.start] * 99, "outside_window"),
    ],
)
def test_each_breach_is_one_alarm(run: Callable, column: str, values: list, metric: str) -> None:
    """Nothing else rings."""
    examined = run(**{column: pl.Series(values)})

    assert found(examined, Status.ALARM, Status.ERROR) == [f"contract:{column}:{metric}"]


@pytest.mark.parametrize(
    ("rule", "column", "values", "metric"),
    [
        ({"min": 0}, "income", [-1.0] + [1.0] * 99, "below_min"),
        ({"max": 9}, "income", [10.0] + [1.0] * 99, "above_max"),
        ({"values": ["north"]}, "region", ["south"] + ["north"] * 99, "outside_values"),
        ({"values": ["1", "2"]}, "income", [3.0] + [2.0] * 99, "outside_values"),
        ({"max_null_share": 0}, "repaid", [None] + ["1"] * 99, "null_share"),
    ],
)
def test_a_rule_of_the_registry_counts_the_rows_that_break_it(
    run: Callable, rule: dict, column: str, values: list, metric: str
) -> None:
    """One row is enough, and only its number is told."""
    examined = run({"columns": {column: rule}}, **{column: pl.Series(values)})

    (broken,) = [one for one in examined.results if one.status is not Status.PASS]
    assert (broken.name, broken.status) == (f"contract:{column}:{metric}", Status.ALARM)
    assert broken.value == pytest.approx(1 if metric != "null_share" else 0.01)


def test_too_few_rows_alarm(run: Callable) -> None:
    """The least volume of the policy."""
    assert found(run({"min_rows": 101}), Status.ALARM) == ["contract:rows:row_count"]


def test_no_row_is_an_error_and_stops(run: Callable) -> None:
    """An empty window passes nothing."""
    examined = run(rows=0)

    assert found(examined, Status.ERROR) == ["contract:rows:row_count"]
    assert (len(examined.results), examined.fit) == (1, False)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"drop": "income"}, "income"),
        ({"income": ["many"] * 100}, "income"),
        ({"region": [1] * 100}, "region"),
        ({"offered": [1] * 100}, "offered"),
        ({"at": ["2026-03-01"] * 100}, "at"),
    ],
)
def test_a_wrong_schema_is_an_error_and_stops(run: Callable, changes: dict, column: str) -> None:
    """A missing column, text for numbers, numbers for text."""
    examined = run(**changes)

    assert found(examined, Status.ERROR) == [f"contract:{column}:schema"]
    assert not examined.fit


@pytest.mark.parametrize(
    ("column", "rule"), [("region", {"min": 1}), ("income", {"values": ["many"]}), ("gone", {"min": 1})]
)
def test_a_rule_that_cannot_run_is_an_error(run: Callable, column: str, rule: dict) -> None:
    """It never passes silently, and the others still run."""
    examined = run({"columns": {column: rule}})

    assert found(examined, Status.ERROR) == [f"contract:{column}:rule"]
    assert examined.fit


@pytest.mark.parametrize("value", [None, float("inf"), float("nan")])
def test_a_column_without_a_usable_value_is_refused(run: Callable, value: float | None) -> None:
    """Only that column; the others go on."""
    examined = run(income=pl.Series([value] * 100, dtype=pl.Float64))

    assert list(examined.refused) == ["income"]
    assert examined.fit


def test_nan_beyond_the_files_own_minimum_and_maximum_is_counted(run: Callable) -> None:
    """DuckDB prunes by the parquet file's statistics, which leave not-a-number out."""
    examined = run({"columns": {"income": {"max": 5}}}, income=[float("nan")] * 50 + [1.0] * 50)

    values = {one.metric: one.value for one in examined.results if one.subject == "income"}
    assert (values["non_finite_share"], values["above_max"]) == (0.5, 0.0)


def test_results_come_in_the_order_of_the_columns(run: Callable) -> None:
    """Great Expectations answers failed ones first; ours stay in the registry's order."""
    good, broken = run(), run(region=[None] * 50 + ["north"] * 50)

    assert [one.name for one in broken.results] == [one.name for one in good.results]


@pytest.mark.parametrize("ids", ["p", "", "0.5"])
def test_what_others_sort_and_count_is_what_the_engine_counts(
    make_system: Callable, make_loans: Callable, make_table: Callable, ids: str
) -> None:
    """Nulls, numbers that are not finite, bounds and lists, whether the column is compared with a reference or not."""
    rule = {"columns": {"income": {"min": 2, "max": 5}, "region": {"values": ["north", "east"]}}}
    system = make_system(checks={"contract": rule})
    holes = {name: pl.Series([None, *make_loans(99)[name]]) for name in ("at", "region", "sex", "offered", "repaid")}
    income = [None, float("nan"), float("inf"), 2.0, 5.0, *[float(place) for place in range(95)]]
    frame = make_loans(100, **holes, income=income, id=[None, *[f"{ids}{place % 98}" for place in range(99)]])
    path = make_table(frame).path

    shared = examine(system, Counted(path, numeric_columns(system), named_columns(system)), PERIOD)

    assert shared == examine(system, path, PERIOD)
    values = {one.name: one.value for one in shared.results}
    assert values["contract:region:outside_values"] == frame["region"].is_in(["south", "west"]).sum()
    assert {values[f"contract:{column}:null_share"] for column in ("id", "at", "region", "sex", "offered")} == {0.01}
