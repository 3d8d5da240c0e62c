"""The one-time code: one case, one person, a quarter of an hour."""

from datetime import timedelta

import pytest

from governance.cases.one_time_code import ALPHABET, LENGTH, new_code
from tests.governance.cases.stories import ADA, BEN, NOON


def test_a_code_has_eight_characters_that_nobody_confuses() -> None:
    """Neither 0 and O nor 1 and I."""
    code, _ = new_code("REM-a", ADA, NOON)

    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    assert not set("01OI") & set(ALPHABET)


def test_what_is_kept_does_not_hold_the_code_and_is_salted() -> None:
    """Whoever reads the state folder learns nothing."""
    code, kept = new_code("REM-a", ADA, NOON)
    _, other = new_code("REM-a", ADA, NOON)

    assert code not in kept.model_dump_json()
    assert kept.salt != other.salt


def test_it_may_be_typed_with_hyphen_spaces_and_small_letters() -> None:
    """A person copies it as they read it."""
    code, kept = new_code("REM-a", ADA, NOON)

    assert kept.matches("REM-a", ADA, f" {code[:4].lower()}-{code[4:]} ", NOON)


@pytest.mark.parametrize(
    ("case", "person", "minutes", "wrong"),
    [("REM-b", ADA, 0, 0), ("REM-a", BEN, 0, 0), ("REM-a", ADA, 15, 0), ("REM-a", ADA, 0, 5)],
    ids=["another case", "another person", "too late", "tried too often"],
)
def test_the_right_code_does_not_hold(case: str, person: str, minutes: int, wrong: int) -> None:
    """Each bound alone is enough."""
    code, kept = new_code("REM-a", ADA, NOON)
    worn = kept.model_copy(update={"wrong": wrong})

    assert not worn.matches(case, person, code, NOON + timedelta(minutes=minutes))
