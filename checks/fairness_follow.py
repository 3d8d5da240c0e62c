"""Fairness over time: each comparison's evidence carried from window to window as a small state.

The state (`Verdict.state["fairness"]`) has two parts, `selection` for what needs no label and `errors` for what does,
for labels come later. Each part names the last window counted, as that of drift does (checks/sequential.py):
- a window that starts where the counted one ended, or later, is counted on top of it;
- the counted window itself is judged as it was counted, and adds nothing;
- an earlier window, another policy or another way of cutting time starts anew.
A window whose labels are early, or that could not be read, hands the part on as it is. `"restart": true` in a part
makes the comparisons that rang begin anew (whoever hands the history over adds it when a person closes their case).

A test is named as its result is; it keeps the other group's decayed counts and eight numbers of evidence, and takes
only windows with at least ten rows on both sides, so the state tells of nobody alone.

The alarm level is comparisons x windows a year / budget: see checks/fairness_evidence.py.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from checks import edetector
from checks.comparison import Comparison
from checks.edetector import Array
from checks.fairness_evidence import BETS, ODDS, SIDES, evidence, log_e, stepped
from checks.fairness_policy import LASTING
from checks.intervals import Share
from checks.names import LEAST_ROWS
from checks.rates import UNLABELLED
from checks.sequential import MOMENT
from governance.registry.system import System
from governance.window import Period

FORMAT = "fairness-state/1"
DECAY = 0.9
_SHAPE = {"after": str, "basis": str, "end": str, "rang": list, "tests": dict, "window": str}


def part_of(metric: str) -> str:
    """The part of the state that a metric is followed in."""
    return "selection" if metric in UNLABELLED else "errors"


class Follower:
    """Follows the comparisons of one window; `state` is what the next window needs."""

    def __init__(self, system: System, period: Period | None, history: Mapping[str, Any] | None) -> None:
        """Take up the history (`Verdict.state` of the window before); without a period nothing is counted."""
        self._system, self._period = system, period
        self._basis = _basis(system)
        self._state = handed_on(history).get("fairness", {})
        found = (history or {}).get("fairness")
        self._restarts = {name for name in self._state if found and found[name].get("restart") is True}

    def follow(self, comparisons: Mapping[str, Comparison]) -> set[str]:
        """Count one window's comparisons, by the names of their results; the names of those that ring."""
        usable = {name: one for name, one in comparisons.items() if one.n >= LEAST_ROWS}
        if self._period is None or not usable:
            return set()
        level = max(20.0, len(usable) * self._system.window.length.per_year / self._budget())
        parts = {part_of(one.metric) for one in usable.values()}
        return {ringing for part in sorted(parts) for ringing in self._count(part, usable, level)}

    @property
    def state(self) -> dict[str, Any]:
        """What the next window needs of this one."""
        return {"fairness": dict(sorted(self._state.items()))} if self._state else {}

    def _budget(self) -> float:
        return LASTING * self._system.checks.fairness.false_alarms_per_year

    def _count(self, part: str, usable: Mapping[str, Comparison], level: float) -> list[str]:
        """One more window of one part; what is not seen in this window is kept."""
        mine = {name: one for name, one in sorted(usable.items()) if part_of(one.metric) == part}
        before = self._before(part)
        if before is not None and self._period and before["end"] == self._period.end.strftime(MOMENT):
            return [name for name in mine if name in before["rang"]]
        tests: dict[str, list[float]] = dict(before["tests"]) if before else {}
        if before and part in self._restarts:
            tests = {name: one for name, one in tests.items() if name not in before["rang"]}
        kept = [unpack(tests.get(name)) for name in mine]
        past, states = np.array([one[0] for one in kept]), np.array([one[1] for one in kept])
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(past[:, 1] > 0, past[:, 0] / past[:, 1], np.nan)
        after = stepped(states, log_e(list(mine.values()), share), level)
        tests |= {name: pack(past[row], one, after[row]) for row, (name, one) in enumerate(mine.items())}
        ringing = [name for name in mine if evidence(unpack(tests[name])[1]) >= level]
        self._keep(part, tests, ringing, before["window"] if before else "")
        return ringing

    def _before(self, part: str) -> dict[str, Any] | None:
        """The part to go on from, or None."""
        found, period = self._state.get(part), self._period
        if found is None or period is None or found["basis"] != self._basis:
            return None
        again = found["end"] == period.end.strftime(MOMENT)
        return found if again or found["end"] <= period.start.strftime(MOMENT) else None

    def _keep(self, part: str, tests: dict[str, list[float]], ringing: list[str], after: str) -> None:
        if self._period is not None:
            self._state[part] = {
                "after": after,
                "basis": self._basis,
                "end": self._period.end.strftime(MOMENT),
                "rang": ringing,
                "tests": dict(sorted(tests.items())),
                "window": self._period.name,
            }


def pack(past: Array, one: Comparison, state: Array) -> list[float]:
    """The other group's counts with older ones decayed, and the evidence, cut downwards."""
    seen = (one.theirs.x, one.theirs.n) if isinstance(one.theirs, Share) else (0, 0)
    decayed = [round(DECAY * float(old) + new, 1) for old, new in zip(past, seen, strict=True)]
    return decayed + edetector.pack(state)


def unpack(kept: object) -> tuple[Array, Array]:
    """What `pack` wrote; a fresh start for anything else."""
    fits = isinstance(kept, list) and len(kept) == BETS + 2
    if not fits or not all(isinstance(one, int | float) and 0 <= one < np.inf for one in kept):  # type: ignore[attr-defined]
        return np.zeros(2), np.zeros((len(SIDES), len(ODDS)))
    values = np.array(kept, np.float64)
    return values[:2], values[2:].reshape(len(SIDES), len(ODDS))


def _basis(system: System) -> str:
    """Twelve hex digits for all that a state depends on."""
    policy, plan, columns = system.checks.fairness, system.window, system.columns
    parts = (
        FORMAT,
        policy.model_dump_json(),
        plan.length,
        plan.zone,
        columns.prediction,
        columns.label,
        columns.positive,
    )
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def handed_on(history: Mapping[str, Any] | None) -> dict[str, Any]:
    """The state of the window before, for a window that is not counted; only parts of the right shape."""
    found = (history or {}).get("fairness")
    if not isinstance(found, dict):
        return {}
    kept = {
        name: {key: value for key, value in part.items() if key != "restart"}
        for name, part in found.items()
        if isinstance(part, dict) and all(isinstance(part.get(key), kind) for key, kind in _SHAPE.items())
    }
    return {"fairness": kept} if kept else {}
