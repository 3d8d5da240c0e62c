"""The boards: open cases as tables for artifacts, the most pressing first. Foreign text carries no link."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.label import is_unacknowledged
from governance.cases.reminder import overdue_days
from reports.artifacts import cell

Row = dict[str, Any]


def boards(cases: Sequence[Case], kind_of: Callable[[Case], Kind], now: datetime) -> Mapping[str, list[Row]]:
    """One table by artifact key.

    Args:
        cases: every open case.
        kind_of: the kind that a case was opened with.
        now: the moment (aware).
    """
    late = {case.id: overdue_days(case, kind_of(case), now) for case in cases}
    ordered = sorted(cases, key=lambda case: (-late[case.id], case.due, case.id))
    rows = {case.id: _row(case, late[case.id]) for case in ordered}
    return {
        "board-open": [rows[case.id] for case in ordered],
        "board-overdue": [rows[case.id] for case in ordered if late[case.id]],
        "board-unacknowledged": [rows[case.id] for case in ordered if is_unacknowledged(case, kind_of(case))],
        "board-by-owner": _counted("owner", [(case.owner, case) for case in ordered], kind_of, late),
        "board-by-system": _counted(
            "system", [(case.subject or "organisation", case) for case in ordered], kind_of, late
        ),
    }


def _row(case: Case, late: int) -> Row:
    """One case."""
    return {
        "late": f"OVERDUE {late} d" if late else "",
        "case": cell(case.id),
        "what": cell(case.title),
        "system": case.subject or "organisation",
        "owner": case.owner,
        "state": case.state,
        "severity": case.severity,
        "due": case.due.isoformat(),
    }


def _counted(
    word: str, named: Sequence[tuple[str, Case]], kind_of: Callable[[Case], Kind], late: Mapping[str, int]
) -> list[Row]:
    """How many cases each name has: open, overdue, unacknowledged; those with most overdue first."""
    rows = []
    for name in sorted({name for name, _ in named}):
        mine = [case for other, case in named if other == name]
        overdue = sum(late[case.id] > 0 for case in mine)
        fresh = sum(is_unacknowledged(case, kind_of(case)) for case in mine)
        first = min(case.due for case in mine).isoformat()
        row = {word: name, "open": len(mine), "overdue": overdue, "unacknowledged": fresh, "first due": first}
        rows.append(row)
    return sorted(rows, key=lambda row: (-row["overdue"], row["first due"]))
