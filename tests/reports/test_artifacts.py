"""Markdown and tables for Prefect artifacts."""

import re
from dataclasses import replace

import pytest

from governance.verdict import Status
from reports.artifacts import (
    answer_markdown,
    cases_markdown,
    cell,
    plain,
    receipt_markdown,
    verdict_table,
)
from tests import builders
from tests.builders_reports import cases, dossier, evidence

LINKS = [
    "[x](javascript:alert(1))",
    "![x](https://evil.example/a.png)",
    "[x][y] [y]: https://evil.example",
    "<https://evil.example>",
    "<javascript:alert(1)>",
    "see https://evil.example/a or www.evil.example",
    "[a[b](javascript:alert(1))](data:text/html,x)",
    "mail me@evil.example",
]


@pytest.mark.parametrize("text", LINKS)
def test_foreign_text_carries_no_link(text: str) -> None:
    """No link form of markdown survives, in markdown or in a table cell."""
    for made in (cell(text), plain(text)):
        assert re.search(r"\]\(|://|www\.|javascript:|data:|@|(?<!\\)<", made) is None


def test_the_words_of_a_link_stay() -> None:
    """Only the address goes."""
    assert cell("the [policy](https://example.org/p) says") == "the policy says"


def test_foreign_text_breaks_no_table_row() -> None:
    """Pipes and line ends in a case's title leave one row of five cells."""
    rows = cases_markdown(cases("a | b\n| --- |\n# c")).splitlines()

    assert len(rows) == 5
    assert len(re.findall(r"(?<!\\)\|", rows[4])) == 6


def test_foreign_text_starts_no_markup() -> None:
    """Headings, emphasis, code and html are escaped."""
    assert plain("# *a* `b` <i>") == "\\# \\*a\\* \\`b\\` ‹i›"


def test_the_table_has_one_row_a_result_gravest_first() -> None:
    """Every result is there, alarms first, with plain strings."""
    rows = verdict_table(builders.verdict())

    assert len(rows) == len(builders.verdict().results)
    assert [row["outcome"][0] for row in rows] == ["▲", "▲", "?", "?", "?", "✓", "✓", "✓"]
    assert all(isinstance(value, str) for row in rows for value in row.values())


def test_a_small_group_has_no_figure_in_the_table() -> None:
    """Below ten rows neither value, interval nor count."""
    row = next(row for row in verdict_table(builders.verdict()) if row["subject"] == "sex: (other)")

    assert (row["value"], row["interval"], row["rows"]) == ("", "", "fewer than 10")


def test_a_receipt_cannot_leave_its_code_block() -> None:
    """Backticks in a key or a checkpoint end no block."""
    hostile = replace(evidence(("```", "[x](javascript:alert(1))", "a")), key="b/```\n# x", bundle_id="a`b")
    text = receipt_markdown(hostile)

    assert len(re.findall(r"^```$", text, re.MULTILINE)) % 2 == 0
    assert re.search(r"^# x", text, re.MULTILINE) is None


def test_a_run_without_cases_or_checkpoint_says_so() -> None:
    """Absence is told."""
    assert "no case" in cases_markdown(())
    assert "No signed checkpoint" in receipt_markdown(evidence(()))


def test_no_case_title_or_sentence_is_lost_to_cleaning() -> None:
    """Plain words come through unchanged."""
    told = builders.result("drift", "age", "d", Status.ALARM, "People are older (by 4 years), 5 % more.")

    assert verdict_table(builders.verdict(results=(told,)))[0]["sentence"] == told.sentence


def test_an_answer_as_markdown_says_what_is_missing_and_carries_no_link() -> None:
    """The reason that somebody typed is text; the command and the three lines stand as they are."""
    text = answer_markdown(dossier("see [x](javascript:alert(1)) at https://evil.example"))

    assert re.search(r"\]\(|://|javascript:", text) is None
    assert "## What is missing" in text
    assert f"    sh verify-all.sh . {'0c' * 32}" in text
    assert "    example.org/aims\n    10\n" in text
