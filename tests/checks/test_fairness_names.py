"""Spellings, new and vanished groups, a changed mix; names only where the rule allows them."""

from collections.abc import Callable

import pytest

from checks import fairness
from checks.fairness_names import folded
from governance.verdict import Result, Status

Judge = Callable[..., dict[str, Result]]


@pytest.fixture
def judge(make_system: Callable, make_loans: Callable, make_table: Callable) -> Judge:
    """The results about the groups of `sex`, from the lists of a reference and of a window."""

    def run(before: list[str | None], now: list[str | None], **changes: object) -> dict[str, Result]:
        tables = [make_table(make_loans(len(sex), sex=sex)) for sex in (now, before)]
        results, _ = fairness.examine(make_system(**changes), tables[0].path, tables[1], {}, "")
        return {one.metric: one for one in results if one.cause == "fairness:sex:groups"}

    return run


def test_the_same_groups_pass(judge: Judge) -> None:
    """Nothing to tell."""
    results = judge(["f", "m"] * 500, ["f", "m"] * 400)

    assert {one.metric: one.status for one in results.values()} == dict.fromkeys(
        ["spelling_variants", "new_groups", "vanished_groups", "group_mix"], Status.PASS
    )


def test_spellings_of_one_group_are_an_alarm_that_names_the_known_one(judge: Judge) -> None:
    """Female, female with a space and FEMALE; only the one that the reference bears is named."""
    now = ["Female"] * 200 + ["female "] * 30 + ["FEMALE"] * 5 + ["Male"] * 200

    results = judge(["Female", "Male"] * 300, now)

    spelling = results["spelling_variants"]
    assert (spelling.status, spelling.value) == (Status.ALARM, 1)
    assert '"Female"' in spelling.sentence
    assert "235 rows" in spelling.sentence
    assert "FEMALE" not in spelling.sentence
    assert "female " not in spelling.sentence
    assert results["new_groups"].status is Status.PASS


@pytest.mark.parametrize(
    ("one", "other"), [("Straße", "STRASSE"), ("a  b", "A B"), ("ﬁne", "fine"), ("é", "é"), (" x", "x\t")]
)
def test_spellings_are_folded(one: str, other: str) -> None:
    """Letter case, spaces, ligatures, composed and decomposed letters."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("rows", "status"), [(60, Status.ALARM), (2, Status.INSUFFICIENT)])
def test_a_new_group_is_told_without_its_name(judge: Judge, rows: int, status: Status) -> None:
    """Sixty rows are beyond chance, two are not."""
    new = judge(["f", "m"] * 500, ["f", "m"] * 400 + ["unheard"] * rows)["new_groups"]

    assert (new.status, new.value) == (status, 1)
    assert "unheard" not in new.sentence
    assert ("60 rows" if rows == 60 else "fewer than 10 rows") in new.sentence


def test_a_vanished_group_is_named(judge: Judge) -> None:
    """The reference bears it often enough."""
    gone = judge(["f", "m", "x"] * 300, ["f", "m"] * 300)["vanished_groups"]

    assert gone.status is Status.ALARM
    assert gone.sentence.startswith("sex=x: no row in this window of 600 rows")


def test_a_rare_group_that_is_missing_may_be_chance(judge: Judge) -> None:
    """One in a hundred, and fifty rows: it says how many more would tell."""
    gone = judge(["f", "m"] * 495 + ["x"] * 10, ["f", "m"] * 25)["vanished_groups"]

    assert (gone.status, gone.needed) == (Status.INSUFFICIENT, 638)
    assert "638 more rows would tell" in gone.sentence


def test_a_group_that_the_reference_hardly_knows_is_not_missed(judge: Judge) -> None:
    """Fewer than ten rows of the reference: neither its name nor its absence is told."""
    results = judge(["f", "m"] * 495 + ["planted"] * 9, ["f", "m"] * 400)

    assert results["vanished_groups"].status is Status.PASS
    assert not any("planted" in one.sentence for one in results.values())


def test_a_changed_mix_alarms(judge: Judge) -> None:
    """From half to four fifths."""
    mix = judge(["f", "m"] * 1000, ["f"] * 800 + ["m"] * 200)["group_mix"]

    assert mix.status is Status.ALARM
    assert (mix.low or 0) > 0.1


def test_a_watched_column_is_judged_by_drift_alone(judge: Judge) -> None:
    """Not twice."""
    columns = {"categorical": ["sex"]}

    assert "group_mix" not in judge(["f", "m"] * 500, ["f", "m"] * 500, columns=columns)
