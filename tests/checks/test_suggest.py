"""A contract suggested from the reference: it holds for the reference, catches faults, and shows no row's value."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from checks import contract
from checks.faults_profile import Names, Profile
from checks.suggest import suggest, suggested
from governance.registry.system import ContractPolicy, System
from governance.verdict import Status
from governance.window import Window
from tests import fault_lab as lab
from tests.fault_lab import MAY, PLANT, Damage, calls, cell, cells, csv, numbers

CAUGHT: dict[str, tuple[Damage, str, str]] = {
    "sentinel -999": (lambda rows: csv(cell(rows, 4, "age", "-999")), "age", "below_min"),
    "unit change": (lambda rows: csv(rows.with_columns(numbers("age", lambda x: x * 12))), "age", "above_max"),
    "percent": (lambda rows: csv(rows.with_columns(numbers("score", lambda x: x * 100))), "score", "above_max"),
    "out-of-range score": (lambda rows: csv(cell(rows, 4, "score", "1.7")), "score", "above_max"),
    "unseen category": (lambda rows: csv(cell(rows, 4, "job", PLANT)), "job", "outside_values"),
    "hostile value": (lambda rows: csv(cell(rows, 4, "job", "x" * 2**20)), "job", "outside_values"),
    "boolean spelling": (lambda rows: csv(cell(rows, 4, "prediction", "True")), "prediction", "outside_values"),
    "NaN": (lambda rows: csv(cells(rows, "age", "NaN", 25)), "age", "non_finite_share"),
    "halved rows": (lambda rows: csv(rows.filter(pl.int_range(pl.len()) % 3 == 0)), "rows", "row_count"),
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Window:
    """The bank's reference, pulled beside a window."""
    folder = lab.deliver(tmp_path_factory.mktemp("suggest") / "home", csv(calls()[0]))
    return lab.pulled(folder, lab.bank())


@pytest.fixture(scope="module")
def text(reference: Window) -> str:
    """The suggested fragment, from a system without column rules."""
    assert reference.reference is not None
    return suggest(_without_rules(), reference.reference)


def _without_rules() -> System:
    system = lab.bank()
    return _with(system, ContractPolicy(min_rows=50))


def _with(system: System, policy: ContractPolicy) -> System:
    return system.model_copy(update={"checks": system.checks.model_copy(update={"contract": policy})})


def _suggested(text: str) -> System:
    return _with(lab.bank(), ContractPolicy.model_validate(yaml.safe_load(text)["checks"]["contract"]))


def test_the_reference_keeps_its_own_contract(reference: Window, text: str) -> None:
    """Every rule passes on the rows it was measured from."""
    assert reference.reference is not None

    examined = contract.examine(_suggested(text), reference.reference.path, MAY)

    assert [one.sentence for one in examined.results if one.status is not Status.PASS] == []
    assert len(examined.results) > 20


@pytest.mark.long
@pytest.mark.parametrize(("damage", "subject", "metric"), CAUGHT.values(), ids=CAUGHT)
def test_a_fault_breaks_the_suggested_contract(
    damage: Damage, subject: str, metric: str, text: str, tmp_path: Path
) -> None:
    """Even one row, for what no row of the reference comes near."""
    system = _suggested(text).model_copy(update={"reference": lab.bank().reference})
    halved = system.checks.contract.model_copy(update={"min_rows": 700})  # six tenths of a window of this size
    window = lab.pulled(lab.deliver(tmp_path / "home", damage(calls()[0])), system)
    assert window.current is not None

    examined = contract.examine(_with(system, halved), window.current.path, MAY)

    rung = {(one.subject, one.metric) for one in examined.results if one.status is Status.ALARM}
    assert (subject, metric) in rung


def test_no_bound_is_a_rows_value(text: str) -> None:
    """The least and the greatest of a column are rows' values."""
    ages = calls()[1]["age"].cast(pl.Float64).to_list()

    rule = ContractPolicy.model_validate(yaml.safe_load(text)["checks"]["contract"]).columns["age"]

    assert rule.min is not None
    assert rule.max is not None
    assert rule.min < min(ages)
    assert rule.max > max(ages)


def test_a_column_with_a_value_that_few_rows_bear_gets_no_list() -> None:
    """The list would show the value or break on it."""
    names = Names(100, {"clerk": 95, PLANT: 5}, 0)
    profile = Profile(100, {}, {"job": names}, 0, 0.0, 0.0, None, {})

    (found,) = [one for one in suggested(_without_rules(), profile) if one.column == "job"]

    assert found.rule.values == ()
    assert "fewer than 10 rows" in found.reason
    assert PLANT not in found.reason


def test_a_column_that_stands_still_gets_no_range_but_a_reason(text: str) -> None:
    """One value in May 2008: nobody can say how far it may go."""
    (line,) = [line for line in text.splitlines() if '"cons.conf.idx"' in line]

    assert "min" not in line
    assert "no range can be told" in line
