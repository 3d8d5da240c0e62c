"""Checks that could not judge, window after window: an answer that never comes is a gap. Pure.

A system's `checks.insufficient_windows` says after how many windows in a row; the registry's default is six, half a
year of months: the least time for which AI Act Art. 26(6) has logs kept. Nobody should go unjudged for longer.
A window whose labels are not mature yet does not count for what needs labels: there the answer is still to come.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.compliance.gaps import Gap
from governance.registry.system import System
from governance.verdict import Result, Status, Verdict

LABELLED = frozenset({"labels", "performance", "fairness"})
NAMES = {"contract": "The data contract", "labels": "The labels", "drift": "Drift", "performance": "Performance",
         "fairness": "Fairness"}  # fmt: skip
SHOWN = 6


@dataclass
class _Streak:
    """The results of one check that were insufficient in every window so far, as in the newest of them."""

    windows: list[str] = field(default_factory=list)
    results: dict[str, Result] = field(default_factory=dict)

    def goes_on(self, window: str, insufficient: dict[str, Result]) -> None:
        """Take one window more, going back in time."""
        newest = self.results if self.windows else insufficient
        self.results = {name: one for name, one in newest.items() if name in insufficient}
        self.windows.append(window)


def lasting_insufficient(system: System, verdicts: Iterable[Verdict], now: datetime) -> list[Gap]:
    """One gap for each check with results that could not be judged in so many windows in a row.

    Args:
        system: its policy says how many windows; 0 asks for none.
        verdicts: the newest revision of each judged window, the newest window first; read only as far as needed.
        now: the moment (aware).
    """
    wanted = system.checks.insufficient_windows
    streaks = {check: _Streak() for check in NAMES} if wanted else {}
    for verdict in verdicts:
        open_ = [
            check for check, one in streaks.items() if len(one.windows) < wanted and (one.results or not one.windows)
        ]
        if not open_:
            break
        is_mature = verdict.end + timedelta(days=system.labels.delay_days) <= now
        for check in open_:
            if is_mature or check not in LABELLED:
                found = {one.name: one for one in verdict.of(Status.INSUFFICIENT) if one.check == check}
                streaks[check].goes_on(verdict.window, found)
    return [_gap(system.id, check, one) for check, one in streaks.items() if one.results and len(one.windows) == wanted]


def _gap(system: str, check: str, streak: _Streak) -> Gap:
    """What could not be judged, since when, and what it would take."""
    count, names = len(streak.windows), [_named(one) for one in streak.results.values()]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    span = f"{streak.windows[-1]} to {streak.windows[0]}"
    title = f"{NAMES[check]} could not be judged for {count} windows"
    said = [f"{title} in a row, {span}: {', '.join(names[:SHOWN])}{more}."]
    lack = max((one.needed or 0 for one in streak.results.values()), default=0)
    said += [f"In {streak.windows[0]} it needed up to {lack} rows more."] if lack else []
    said += ["Longer windows, more labels, merged groups or another limit would give an answer."]
    return Gap(system, f"insufficient-{check}", "medium", title, tuple(said))


def _named(result: Result) -> str:
    return f"{result.metric} of {result.group or result.subject}" + (f" ({result.subject})" if result.group else "")
