"""Reversals within a declared column are shown."""

from collections.abc import Callable

import pytest

from checks import fairness
from checks.fairness_strata import stratified
from checks.intervals import Share
from governance.errors import AimsError
from governance.verdict import Result, Status

BERKELEY = {  # admitted and applied by department, men and women: Bickel and others, Science 187 (1975)
    "A": ((512, 825), (89, 108)),
    "B": ((353, 560), (17, 25)),
    "C": ((120, 325), (202, 593)),
    "D": ((138, 417), (131, 375)),
    "E": ((53, 191), (94, 393)),
    "F": ((22, 373), (24, 341)),
}
TURNED = {"easy": ((700, 1000), (170, 200)), "hard": ((20, 200), (200, 1000))}


@pytest.fixture
def judge(make_system: Callable, make_loans: Callable, make_table: Callable) -> Callable[..., list[Result]]:
    """The reversals of `sex` by `region`, from admitted and applied."""

    def run(table: dict[str, tuple[tuple[int, int], tuple[int, int]]], **policy: object) -> list[Result]:
        rows = [
            (region, sex, "1" if place < x else "0")
            for region, counts in table.items()
            for sex, (x, n) in zip("mf", counts, strict=True)
            for place in range(n)
        ]
        region, sex, offered = (list(column) for column in zip(*rows, strict=True))
        file = make_table(make_loans(len(rows), region=region, sex=sex, offered=offered))
        chosen = {"stratify_by": ["region"], "reference_group": {"sex": "m"}, **policy}
        results, _ = fairness.examine(make_system(checks={"fairness": chosen}), file.path, file, {}, "early")
        return [one for one in results if "reversal" in one.metric]

    return run


def test_berkeleys_gap_turns_round_but_is_not_proven_within_departments(judge: Callable) -> None:
    """14 points against women over all, a little for them within departments."""
    (shown,) = judge(BERKELEY)

    assert (shown.metric, shown.group) == ("selection_rate_reversal_by_region", "f")
    assert shown.reference == pytest.approx(557 / 1835 - 1198 / 2691, abs=1e-3)
    assert 0 < (shown.value or 0) < 0.03
    assert shown.status is Status.INSUFFICIENT
    assert "more rows would tell" in shown.sentence


def test_a_proven_reversal_alarms_with_both_gaps(judge: Callable) -> None:
    """Women are selected more often in each region, and less often over all."""
    (shown,) = judge(TURNED)

    assert shown.status is Status.ALARM
    assert "a gap of -29.2 points over all, and of 12.5 points" in shown.sentence
    assert "the gap over all misleads" in shown.sentence


def test_each_against_the_rest_turns_round_too(judge: Callable) -> None:
    """With a third group."""
    table = {**TURNED, "third": ((5, 10), (5, 10))}

    assert [one.status for one in judge(table, compare="rest")] == [Status.ALARM]


def test_nothing_is_stratified_by_default(judge: Callable) -> None:
    """Only a declared column."""
    assert judge(TURNED, stratify_by=[]) == []


def test_strata_without_either_group_say_nothing() -> None:
    """No division by nothing."""
    assert stratified([(Share(0, 0), Share(3, 10)), (Share(1, 5), Share(0, 0))]) is None


def test_a_column_that_the_registry_does_not_know_is_refused(make_system: Callable) -> None:
    """With the name."""
    with pytest.raises((AimsError, ValueError), match="department"):
        make_system(checks={"fairness": {"stratify_by": ["department"]}})
