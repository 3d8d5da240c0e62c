"""The page of one run."""

import re
from dataclasses import replace

from governance.verdict import Cause, Distribution, Status
from reports.page import distributions, gravest, render_page, sections
from tests import builders, builders_reports
from tests.builders_reports import Reader, cases, evidence


def test_the_page_says_verdict_owner_window_case_and_due_date() -> None:
    """A reader learns at once what is wrong, who answers, for when, and until when it must be dealt with."""
    text = Reader(builders_reports.page()).text

    assert (
        "was outside its limits in 2026-W47: 1 drift result and 1 fairness result must be looked at by a person" in text
    )
    assert all(
        said in text
        for said in ("Ada Okafor", "16 Nov 2026, 00:00", "until 23 Nov 2026, 00:00, UTC", "rem-4f2a", "1 Dec 2026")
    )


def test_checks_stand_in_order_of_gravity() -> None:
    """Checks with an alarm come first, passes last."""
    made = [(section.check, section.status) for section in sections(builders.verdict())]

    assert [check for check, _ in made] == ["drift", "fairness", "labels", "contract", "performance"]
    assert made[0] == ("drift", Status.ALARM)


def test_passes_are_folded_and_findings_are_not() -> None:
    """Alarms are outside of details, passes inside."""
    body = builders_reports.page().decode()
    folded = " ".join(re.findall(r"<details.*?</details>", body, re.DOTALL))

    assert "The regions are as they were." in folded
    assert "People in this window are older" not in folded


def test_insufficient_says_how_much_more_data_it_needs() -> None:
    """`cannot tell` comes with a number of rows."""
    assert "Needs about 3,798 more rows." in Reader(builders_reports.page()).text


def test_the_sentence_that_names_the_missing_rows_is_not_repeated() -> None:
    """When the sentence says how many rows are missing, the page does not say it again."""
    told = builders.result(
        "labels", "y", "known", Status.INSUFFICIENT, "About 1,500 labels more would tell.", needed=1500
    )
    body = render_page(builders.system(), builders.people(), builders.verdict(results=(told,)), (), evidence())

    assert "Needs about" not in body.decode()


def test_drifted_columns_are_drawn_first_and_twelve_at_once() -> None:
    """Of twenty columns the one with the alarm is first, and eight are folded."""
    base = builders.verdict()
    more = tuple(Distribution(f"c{i}", "numeric", (0.0, 1.0, 2.0), (5, 5), (5, 5)) for i in range(18))
    verdict = replace(base, distributions=(*more, *base.distributions))
    body = render_page(builders.system(), builders.people(), verdict, (), evidence()).decode()

    assert distributions(verdict)[0].caption == "age"
    assert "8 more columns" in body


def test_every_cause_is_named_once_at_the_top() -> None:
    """Two alarms of one cause give one line in the banner."""
    base = builders.verdict()
    twin = replace(base.results[2], subject="income")

    found = gravest(replace(base, results=(*base.results, twin)))

    assert [result.subject for result in found] == ["age", "sex"]


def test_the_banner_says_what_kind_of_cause_it_is() -> None:
    """The verdict's sentence about the cause comes first."""
    base = builders.verdict()
    cause = Cause(base.results[2].cause, "covariate shift", "age", ("age",), "Covariate shift: age leads.")

    found = gravest(replace(base, causes=(cause,)))

    assert found[0].sentence == f"Covariate shift: age leads. {base.results[2].sentence}"


def test_the_page_tells_what_was_read_and_how_to_verify_it() -> None:
    """Digests, the bundle's real file name in the commands, and the checkpoint's three lines."""
    text = Reader(builders_reports.page()).text

    assert all(said in text for said in ("9f" * 32, "0a" * 32, "tar -xf early-help.2026-W47.r0.tar"))
    assert "example.org/aims 1239 gFHV=" in text


def test_a_demo_key_is_said_to_be_one() -> None:
    """A demonstration key proves no signer, and the page says so."""
    args = (builders.system(), builders.people(), builders.verdict(), cases())

    assert "Demonstration key." not in Reader(render_page(*args, evidence())).text
    assert "Demonstration key." in Reader(render_page(*args, replace(evidence(), demo_key=True))).text


def test_an_unreadable_window_says_what_where_and_the_mend() -> None:
    """The page carries the fault's sentence, claims nothing else, and shows no empty table of checks."""
    page = Reader(builders_reports.unreadable())

    assert "could not be read, so nothing is known about this window" in page.text
    assert "predictions-2026-W47.parquet: expected a parquet file" in page.text
    assert "Ask whoever writes it to write it again" in page.text
    assert "At a glance" not in page.text


def test_findings_without_a_case_are_pointed_out() -> None:
    """A run that found something and lists no case says whom to ask."""
    body = render_page(builders.system(), builders.people(), builders.verdict(), (), evidence())

    assert "No case is listed for this run although it found something: ask Ada Okafor." in Reader(body).text
