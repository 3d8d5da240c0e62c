"""Words and figures."""

import pytest

from governance.verdict import Limit, Status
from reports import phrases
from tests import builders


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (4210.0, "4,210"),
        (0.21444, "0.2144"),
        (-0.5, "−0.5"),
        (12345.6, "12,346"),
        (1.23e-7, "1.23e−07"),
        (float("inf"), "no bound"),
    ],
)
def test_numbers_are_short_and_grouped(value: float, said: str) -> None:
    """Four significant digits, thousands grouped, a real minus sign."""
    assert phrases.number(value) == said


def test_shares_are_per_cent_and_their_differences_points() -> None:
    """The unit follows the metric."""
    assert phrases.figure("selection_rate", 0.412) == "41.2 %"
    assert phrases.figure("tpr_difference", -0.04) == "−4.0 points"
    assert phrases.figure("selection_rate_ratio", 0.71) == "0.71"


def test_an_interval_names_its_unit_once() -> None:
    """Only the upper end carries the unit; a missing end gives nothing."""
    assert phrases.interval_words("tpr_difference", -0.525, -0.507) == "−52.5 to −50.7 points"
    assert phrases.interval_words("accuracy", 0.5, None) == ""
    assert phrases.interval_words("mae", 1200.0, float("inf")) == "1,200 to no bound"


def test_limits_read_as_a_person_says_them() -> None:
    """One-sided, two-sided and symmetric limits."""
    assert phrases.limit_words("accuracy", Limit(min=0.75)) == "at least 75.0 %"
    assert phrases.limit_words("selection_rate_ratio", Limit(0.8, 1.25)) == "at least 0.8 and at most 1.25"
    assert phrases.limit_words("tpr_difference", Limit(-0.1, 0.1)) == "10.0 points either way"
    assert phrases.limit_words("x", None) == ""


def _headline(*statuses: Status, rows: int = 10) -> str:
    results = tuple(builders.result("drift", f"c{i}", "d", status, "") for i, status in enumerate(statuses))
    return phrases.headline("Early help", builders.verdict(results=results, rows=rows))


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ((Status.PASS, Status.PASS), "All 2 results for Early help in 2026-W47 are inside their limits."),
        ((Status.PASS, Status.INSUFFICIENT), "but 1 question of 2 cannot be answered yet"),
        ((Status.PASS, Status.ERROR), "1 question about Early help in 2026-W47 could not be judged"),
        ((Status.ALARM, Status.ERROR), "and 1 question could not be judged"),
        ((Status.ERROR,), "Nothing about Early help in 2026-W47 could be judged."),
    ],
)
def test_the_headline_tells_the_gravest_thing(statuses: tuple[Status, ...], said: str) -> None:
    """Each mix of statuses has its own plain sentence."""
    assert said in _headline(*statuses)


def test_a_verdict_without_results_is_no_good_news() -> None:
    """Nothing judged reads as nothing known."""
    assert "could not be read" in _headline(rows=0)
    assert "Nothing about Early help" in _headline(rows=10)


def test_clean_takes_unseen_characters_only() -> None:
    """Control, direction and line-separating characters go; letters of any script stay."""
    assert phrases.clean("a\u202eb\x00c\nd\u2028e Ωé漢\ud800") == "abc de Ωé漢"
