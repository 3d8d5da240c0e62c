"""The sequential side of drift: each column's e-detector carried from window to window as a small state.

The state (`Verdict.state["drift"]`) names the last window counted, so a window that is judged again or whose turn was
skipped is not counted twice:
- a window that starts where the counted one ended, or later, is counted on top of it;
- the counted window itself is judged as it was counted, and adds nothing;
- an earlier window, another reference, another way of cutting time or another policy starts anew.
A window that could not be read, or a column that was refused, hands the state on as it is.

A person who closes the case of an alarm restarts the detectors that rang: whoever hands the history over adds
`"restart": true` (governance/adapters/history.py).

The budget of false alarms is split: nine tenths for the e-detector, one tenth for the rule of one window
(checks/drift.py), which needs only a little more distance for it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from checks import bins, edetector, wobble
from checks.bins import Bins, Counts
from checks.columns import SortedReference
from checks.distances import Sorted
from governance.registry.system import System
from governance.window import Period

FORMAT = "drift-state/1"
SHARE = 0.9
SPREAD = math.sqrt(8)
WEEKS = 52
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Followed:
    """What the windows up to this one say together about a column.

    Attributes:
        rings: whether the e-detector alarms.
        wobble: variance that the day-to-day variation adds to the squared distance of one window: in squared standard
            deviations for numbers, in units of 1/rows for categories; 0 where it is not known.
        blocks, missing: the reference's blocks, and how many more it needs to know its own wobble.
    """

    rings: bool
    wobble: float
    blocks: int
    missing: int


def alarm_level(system: System, columns: int) -> float:
    """What a column's evidence must reach: columns x windows a year / this rule's share of the budget."""
    budget = SHARE * system.checks.drift.false_alarms_per_year
    return max(20.0, columns * system.window.length.per_year / budget)


class Follower:
    """Follows the watched columns of one window; `state` is what the next window needs."""

    def __init__(
        self,
        system: System,
        kept: SortedReference,
        *,
        columns: int,
        digest: str,
        period: Period | None = None,
        history: Mapping[str, Any] | None = None,
    ) -> None:
        """Take up the history.

        Args:
            system: the registry's entry.
            kept: the reference.
            columns: how many columns are watched.
            digest: the reference's sha256.
            period: the window; None counts for no later window.
            history: `Verdict.state` of the window before.
        """
        self._system, self._kept, self._period = system, kept, period
        self._level = alarm_level(system, columns)
        self._basis = _basis(system, digest)
        before = usable(history, self._basis, period)
        self._counts = not (period and before and before["end"] == period.end.strftime(MOMENT))
        self._columns: dict[str, Any] = dict(before["columns"]) if before else {}
        self._after = (before["window"] if self._counts else before["after"]) if before else ""
        if before and before.get("restart") is True:
            self._columns = {name: one for name, one in self._columns.items() if name not in before["rang"]}
        self._rang: list[str] = []

    def numbers(self, column: str, deviation: float, values: Sorted) -> Followed:
        """Count a numeric column; `deviation` is the reference's, `values` are the window's, sorted and finite."""
        return self.binned(column, deviation, self.bins(column, numeric=True).of_numbers(values))

    def binned(self, column: str, deviation: float, counts: Counts) -> Followed:
        """Count a numeric column of which the window's rows by bin are known."""
        base = self.bins(column, numeric=True)
        if math.isfinite(deviation) and deviation > 0:
            return self._follow(column, base, counts, deviation)
        return Followed(False, 0.0, base.blocks.number, base.blocks.missing)

    def categories(self, column: str, counts: Mapping[str, int]) -> Followed:
        """Count a categorical column."""
        base = self.bins(column, numeric=False)
        return self._follow(column, base, base.of_categories(counts), None)

    @property
    def state(self) -> dict[str, Any]:
        """What the next window needs of this one; it holds no value, no name of a category."""
        if self._period is None:
            return {}
        return {
            "drift": {
                "after": self._after,
                "basis": self._basis,
                "columns": dict(sorted(self._columns.items())),
                "end": self._period.end.strftime(MOMENT),
                "rang": sorted(self._rang),
                "window": self._period.name,
            }
        }

    def bins(self, column: str, *, numeric: bool) -> Bins:
        """The bins of a column."""
        plan = self._system.window
        return bins.of_reference(self._kept, column, self._system.columns.time, plan.length, plan.zone, numeric=numeric)

    def _follow(self, column: str, base: Bins, counts: Counts, deviation: float | None) -> Followed:
        """One more window of a column."""
        scores, policy = base.scores, self._system.checks.drift
        limit = policy.columns.get(column, policy.limit) * (1.0 if base.bounds else SPREAD)
        log_level = math.log(self._level * scores.bets)
        tau2, error = wobble.variances(base.blocks, limit, log_level)
        state = edetector.unpack(self._columns.get(column), scores)
        if self._counts:
            null = edetector.Null(tau2, error, policy.smallest_shift, log_level, self._most(log_level))
            bets = edetector.log_e(scores, null, counts)
            state = edetector.step(state, bets, scores.weights, self._level)
            self._columns[column] = edetector.pack(state)
            state = edetector.unpack(self._columns[column], scores)
        rings = edetector.evidence(state, scores.weights) >= self._level
        self._rang.extend([column] if rings else [])
        varied = _distance_variance(base, tau2, deviation) if base.blocks.known else 0.0
        return Followed(rings, varied * (1 + 1 / max(1, base.blocks.number)), base.blocks.number, base.blocks.missing)

    def _most(self, log_level: float) -> float:
        """How much one window may count: half an alarm where a window is a week or less, else in full."""
        return log_level / 2 if self._system.window.length.per_year >= WEEKS else math.inf


def _distance_variance(base: Bins, tau2: edetector.Array, deviation: float | None) -> float:
    """The wobble of the distance.

    For W1 the integral of the wobble of the distribution function (Minkowski's inequality); for Jensen-Shannon the sum
    of the squared wobbles of the shares, each over its share (the distance's square is about that sum / 8).
    """
    below = np.cumsum(base.scores.shares)[:-1]
    if deviation is None:
        return float((tau2 * (1 - base.scores.shares)).sum())
    bounds = np.sqrt(tau2[-len(below) :] * below * (1 - below))
    return float((bounds * base.steps()).sum() / deviation) ** 2


def _basis(system: System, digest: str) -> str:
    """Twelve hex digits for all that a state depends on."""
    policy, plan = system.checks.drift, system.window
    parts = (FORMAT, digest, plan.length, plan.zone, system.columns.time, policy.smallest_shift, policy.limit)
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()[:12]


def usable(history: Mapping[str, Any] | None, basis: str, period: Period | None) -> dict[str, Any] | None:
    """The state to go on from, or None."""
    found = (history or {}).get("drift")
    shape = {"after": str, "basis": str, "columns": dict, "end": str, "rang": list, "window": str}
    if not isinstance(found, dict) or not all(isinstance(found.get(key), kind) for key, kind in shape.items()):
        return None
    if found["basis"] != basis or period is None:
        return None
    again = found["end"] == period.end.strftime(MOMENT)
    return found if again or found["end"] <= period.start.strftime(MOMENT) else None


def handed_on(history: Mapping[str, Any] | None) -> dict[str, Any]:
    """The state of the window before, for a window that is not counted."""
    found = (history or {}).get("drift")
    return {"drift": {key: one for key, one in found.items() if key != "restart"}} if isinstance(found, dict) else {}
