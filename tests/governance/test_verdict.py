"""A verdict has one spelling, and what was written is what is read."""

from dataclasses import replace

import pytest

from governance.verdict import Result, Status, Verdict, rounded, worst
from tests.builders import verdict as a_verdict


def test_a_verdict_read_back_is_the_verdict_that_was_written() -> None:
    """Writing, reading and writing again gives the same bytes."""
    written = a_verdict().to_json()

    assert Verdict.from_json(written).to_json() == written


def test_numbers_that_agree_to_twelve_digits_give_the_same_bytes() -> None:
    """The last bits of a float do not change a verdict."""
    verdict = a_verdict()
    first = verdict.results[0]
    results = [replace(first, value=0.1 + 0.2), replace(first, value=0.3)]

    texts = {replace(verdict, results=(one,)).to_json() for one in results}

    assert len(texts) == 1
    assert rounded(0.1 + 0.2) == 0.3


def test_nothing_judged_is_an_error_and_never_a_pass() -> None:
    """Silence is not a status."""
    assert worst([]) is Status.ERROR


def test_the_gravest_result_decides() -> None:
    """An error outweighs an alarm, an alarm what is insufficient, and that a pass."""
    assert worst([Status.PASS, Status.ERROR, Status.ALARM]) is Status.ERROR
    assert worst([Status.PASS, Status.ALARM, Status.INSUFFICIENT]) is Status.ALARM
    assert worst([Status.INSUFFICIENT, Status.PASS]) is Status.INSUFFICIENT


@pytest.mark.parametrize("text", [b"{}", b"[]", b'{"format":"aims-verdict/1"}', b'{"format":"aims-verdict/2"}'])
def test_text_that_is_no_verdict_is_refused(text: bytes) -> None:
    """A half verdict is not read as a whole one."""
    with pytest.raises(ValueError, match="verdict"):
        Verdict.from_json(text)


def test_a_result_is_named_by_check_subject_group_and_metric() -> None:
    """The name is what the signed statement lists."""
    result = Result("fairness", "DIS", "tpr", Status.PASS, "s", "fairness:DIS", group="1")

    assert result.name == "fairness:DIS=1:tpr"
