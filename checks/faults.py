"""Input faults that only show beside the reference: another unit, exchanged columns, a marker, rows that come again.

Rules
1. A fault is an alarm with its place: the column, how many rows, the file and line of the first one where they are
   known, and the mend. No value is told; a marker such as -999 comes from our own list.
2. Nothing is mended or guessed row by row.
3. A column that holds another unit or another column is refused: it would only be told again as drift.
4. One result says that none of the kinds was found, so that silence is never a pass.

ISO/IEC 42001 A.7.4 (quality of data), A.6.2.6; EU AI Act Art. 26(4).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from checks.counted import Counted
from checks.faults_columns import Finding, column_faults
from checks.faults_profile import ID_FORMS, count_where, profile, profile_of_reference
from checks.faults_rows import replay_step, row_faults
from checks.query import quoted
from governance.adapters.origins import place_of
from governance.registry.system import System
from governance.verdict import Limit, Result, Status
from governance.window import Table, Window

CAUSE = "contract"
KINDS = (
    "missing values, infinite numbers, columns that stand still, values never seen, changed units, exchanged columns, "
    "markers for missing values, scores beyond 0 to 1, ids changed by a spreadsheet, rows that contradict, repeat or "
    "come again, parts of the window without rows, predictions against their score"
)


@dataclass(frozen=True)
class Faults:
    """The results, and the columns that no further check may judge, with the reason in words."""

    results: tuple[Result, ...]
    refused: dict[str, str]


def examine(system: System, window: Window, file: Counted | None = None) -> Faults:
    """Compare a window that keeps its schema with its reference; `file` is its file, if it is being read already."""
    if window.current is None or window.reference is None:
        sentence = "Input faults that only show beside the reference were not looked for: the reference is not there."
        return Faults((_overall(Status.INSUFFICIENT, sentence, 0, 0),), {})
    rows = window.current.rows
    found = list(_findings(system, window, file or Counted(window.current.path)))
    results = [_result(system, window.current, finding) for finding in found]
    if not results:
        results = [_overall(Status.PASS, f"Beside the reference the window shows none of these: {KINDS}.", 0, rows)]
    return Faults(tuple(results), {finding.column: finding.refused for finding in found if finding.refused})


def _findings(system: System, window: Window, file: Counted) -> Iterator[Finding]:
    assert window.reference is not None  # noqa: S101 - the caller looked
    before = profile_of_reference(system, window.reference)
    now = profile(system, file, step=replay_step(file.rows, window.reference))
    yield from column_faults(system, now, before)
    yield from row_faults(system, window, file, now, before)


def _result(system: System, current: Table, finding: Finding) -> Result:
    """A finding with its place."""
    column = finding.column or system.columns.id
    rows, first = finding.rows, finding.first
    if finding.condition.startswith("form:"):
        form = ID_FORMS[finding.condition.removeprefix("form:")]
        rows, first = count_where(current.path, f"regexp_matches({quoted(column)}::varchar, ?)", (form,))
    elif finding.condition:
        rows, first = count_where(current.path, finding.condition.replace("%s", f"{quoted(column)}::double"))
    elif finding.values:
        _, first = count_where(current.path, f"list_contains(?, {quoted(column)}::varchar)", (list(finding.values),))
    counted = f" ({rows:,} of {current.rows:,} rows)" if finding.condition and finding.rows == 1 else ""
    place = place_of(current.path, first) if first is not None else ""
    where = f", first at {place}" if place else ""
    sentence = f"{finding.told}{counted}{where}. {finding.mend}"
    return Result(
        "contract",
        column,
        finding.metric,
        Status.ALARM,
        sentence,
        CAUSE,
        float(rows or 1),
        limit=Limit(max=0),
        n=current.rows,
    )


def _overall(status: Status, sentence: str, value: float, rows: int) -> Result:
    return Result("contract", "window", "input_faults", status, sentence, CAUSE, value, limit=Limit(max=0), n=rows)
