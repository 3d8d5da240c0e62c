"""Evidently's report on the verdict's own values."""

import json
import re
from dataclasses import replace
from hashlib import sha256

from governance.verdict import Distribution, Verdict
from reports.evidently_page import evidently_assets, evidently_report
from tests import builders
from tests.builders_reports import Reader

HOSTILE = "</script><a href='https://evil.example'>x</a>"


def _wide() -> Verdict:
    """28 columns with fifteen bins each."""
    drift = builders.verdict().results[2]
    marks = tuple(float(edge) for edge in range(16))
    return builders.verdict(
        results=tuple(replace(drift, subject=f"c{i}", value=0.01 * i) for i in range(28)),
        distributions=tuple(
            Distribution(f"c{i}", "numeric", marks, tuple(range(15)), tuple(range(15, 30))) for i in range(28)
        ),
    )


def test_values_in_evidentlys_json_are_the_verdicts() -> None:
    """Column by column the same number, and the limit as a test with its outcome."""
    verdict = builders.verdict()
    told = json.loads(evidently_report(verdict).json)
    ours = {r.subject: r.value for r in verdict.results if r.check == "drift"}

    assert {metric["config"]["column"]: metric["value"] for metric in told["metrics"]} == ours
    assert [test["status"] for test in told["tests"]] == ["FAIL", "SUCCESS"]
    assert [test["test_config"]["threshold"] for test in told["tests"]] == [0.1, 0.1]


def test_a_p_value_is_tested_from_below() -> None:
    """A small p-value is drift, by Evidently's own threshold and not by the limit of the distance."""
    drift = replace(builders.verdict().results[2], metric="K-S p_value", value=0.001)
    told = json.loads(evidently_report(builders.verdict(results=(drift,))).json)

    assert told["tests"][0]["id"] == "gt"
    assert told["tests"][0]["test_config"]["threshold"] == 0.05
    assert told["tests"][0]["status"] == "FAIL"


def test_equal_verdicts_give_equal_pages() -> None:
    """Evidently's random ids are gone."""
    first, second = evidently_report(builders.verdict()), evidently_report(builders.verdict())

    assert first == second
    assert re.search(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", first.html) is None


def test_the_script_stands_beside_the_page_under_its_digest() -> None:
    """28 columns stay below 500 kB, and script and font are named by SHA-256."""
    html, assets = evidently_report(_wide(), "").html, evidently_assets()

    assert len(html) < 500_000
    assert all(name.encode() in html for name in assets)
    assert all(sha256(content).hexdigest() in name for name, content in assets.items())
    assert [len(content) > 50_000 for content in assets.values()] == [True, True]


def test_the_page_names_no_outside_address() -> None:
    """Nothing to fetch, no link away."""
    assert re.findall(rb"https?://[^\s\"'<\\]*", evidently_report(_wide()).html) == []


def test_the_page_lets_only_its_own_scripts_run() -> None:
    """The policy names local files and the digest of the one inline script."""
    page = Reader(evidently_report(builders.verdict()).html)
    policy = str(page.of("meta")[1]["content"])

    assert "default-src 'none'; script-src 'self' file: 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert len(page.of("script")) == 3


def test_hostile_names_cannot_leave_their_data() -> None:
    """Column and category names with markup stay data, without angle brackets."""
    base = builders.verdict()
    results = (replace(base.results[3], subject=HOSTILE),)
    dist = replace(base.distributions[0], column=HOSTILE, marks=(HOSTILE, "b", "c"))
    report = evidently_report(replace(base, results=results, distributions=(dist,), system=HOSTILE))

    assert len(Reader(report.html).of("script")) == 3
    assert Reader(report.html).of("a") == []
    assert b"</script><a" not in report.json


def test_a_column_without_a_picture_keeps_its_value() -> None:
    """A value that has no distribution is still a metric."""
    told = json.loads(evidently_report(builders.verdict(distributions=())).json)

    assert [metric["value"] for metric in told["metrics"]] == [0.31, 0.021]


def test_a_verdict_without_drift_gives_an_empty_report() -> None:
    """Nothing measured is no crash and no metric."""
    assert json.loads(evidently_report(builders.unreadable_verdict()).json) == {"metrics": [], "tests": []}
