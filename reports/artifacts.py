"""Markdown and tables for Prefect artifacts: a view of the records, never evidence.

Rules
1. Foreign text carries no link: Prefect's UI makes `[x](javascript:…)` live in markdown and in table cells.
2. Foreign text breaks no table and starts no markup: pipes, brackets, stars and the like are escaped.
"""

import re
from collections.abc import Sequence
from typing import Any

from governance.compliance.evidence_request import Dossier
from governance.evidence import three_lines
from governance.verdict import Result, Status, Verdict
from reports import phrases
from reports.recipe import recipe
from reports.records import CaseLine, EvidenceLine

_LINK = re.compile(r"!?\[([^\[\]]*)\]\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])")
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.|(?:javascript|data|vbscript|mailto):)\S*", re.IGNORECASE)
_MAIL = re.compile(r"\S+@\S+\.\S+")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&-])")


def cell(text: str) -> str:
    """Foreign text for a table artifact: no links, no markup, no line ends."""
    bare = _LINK.sub(r"\1", phrases.clean(text))
    bare = _MAIL.sub("(address removed)", _ADDRESS.sub("(link removed)", bare))
    return bare.replace("](", "] (").replace("<", "‹").replace(">", "›").strip()


def plain(text: str) -> str:
    """Foreign text for markdown, also inside a table: as `cell`, every mark of markup escaped."""
    return _MARKUP.sub(r"\\\1", cell(text))


def verdict_table(verdict: Verdict) -> list[dict[str, Any]]:
    """One row a result for a table artifact, the gravest first."""
    ordered = sorted(verdict.results, key=lambda result: -list(Status).index(result.status))
    return [_row(result) for result in ordered]


def receipt_markdown(evidence: EvidenceLine) -> str:
    """Where the proof lies, the lines to keep, and how to check it."""
    lines = ["## Proof", "", f"Bundle {_code(evidence.bundle_id)} in archive {_code(evidence.archive)}:", ""]
    lines += _block([evidence.key])
    if evidence.demo_key:
        lines += ["**Demonstration key**: the signature shows that nothing was changed, not who signed.", ""]
    if evidence.checkpoint_lines:
        lines += ["Keep these three lines outside the archive; they show later that nothing was rewritten:", ""]
        lines += _block(evidence.checkpoint_lines)
    else:
        lines += ["No signed checkpoint of the log is known yet.", ""]
    lines += ["<details><summary>Check it with tar, sha256sum and openssl</summary>", ""]
    return "\n".join([*lines, *_block(recipe(evidence)), "</details>", ""])


def cases_markdown(cases: Sequence[CaseLine]) -> str:
    """The cases as a table; says so when there are none."""
    if not cases:
        return "## Cases\n\nThis run opened or updated no case.\n"
    lines = ["## Cases", "", "| Case | What it is about | Owner | Due | State |", "| --- | --- | --- | --- | --- |"]
    for case in cases:
        fields = (case.id, case.title, case.owner_name, phrases.day(case.due), f"{case.state}, {case.action}")
        lines.append("| " + " | ".join(plain(field) for field in fields) + " |")
    return "\n".join([*lines, ""])


def _row(result: Result) -> dict[str, Any]:
    """One result as table cells."""
    few = phrases.few(result)
    value = "" if result.value is None or few else phrases.figure(result.metric, result.value)
    return {
        "outcome": f"{phrases.SIGNS[result.status]} {phrases.WORDS[result.status]}",
        "check": cell(result.check),
        "subject": cell(f"{result.subject}: {result.group}" if result.group else result.subject),
        "measure": cell(phrases.metric_words(result.metric)),
        "value": value,
        "interval": "" if few else phrases.interval_words(result.metric, result.low, result.high),
        "limit": phrases.limit_words(result.metric, result.limit),
        "rows": phrases.rows_words(result.n, group=bool(result.group)) if result.n else "",
        "sentence": cell(result.sentence),
    }


def _code(text: str) -> str:
    """Text as inline code that cannot end early."""
    return f"`{phrases.clean(text).replace('`', '')}`"


def _block(lines: Sequence[str]) -> list[str]:
    """Lines as a code block that cannot end early."""
    return ["```", *(phrases.clean(line).replace("```", "") for line in lines), "```", ""]


def answer_markdown(dossier: Dossier) -> str:
    """An answer to a request for evidence in markdown: what was asked, what is missing, how to check it."""
    request = dossier.request
    control = f", ISO/IEC 42001 {plain(request.control.id)}" if request.control else ""
    about = f"{plain(request.system.title)}, {request.first} to {request.last}{control}"
    missing = [f"- **{plain(one.what)}**: {plain(one.words)}" for one in dossier.missing]
    lines = [
        f"# Evidence: {about}",
        "",
        f"{phrases.things(len(dossier.pieces), 'bundle', 'bundles')}, for {plain(request.by)}: {plain(request.reason)}",
        "",
        "## What is missing",
        "",
        *(missing or ["Nothing that is due."]),
        "",
        "## How to check it",
        "",
        "Unpack the file anywhere, without network:",
        "",
        f"    sh verify-all.sh . {dossier.root_digest}",
        "",
        "The checkpoint over everything given:",
        "",
        *(f"    {line}" for line in three_lines(dossier.checkpoint).splitlines()),
    ]
    return "\n".join(lines) + "\n"
