"""How the monitor itself does: false alarms in windows where nothing changes, and changes of known sizes it finds.

The system's own reference, its own limits, and the judgement of production (checks/judge.py) as it is; nothing about
the rules is assumed. Windows are drawn by checks/quiet_windows.py.

False alarms: quiet windows in a row, each with the state of the one before. An alarm counts once while it lasts. The
upper bound of the rate is exact for a Poisson count at 95 % (Garwood, Biometrika 28 (1936) 437-442).
Power: for each size, ten fresh windows with a change of that size. The smallest size is told from which on at least
eight of ten windows alarm, for that size and all greater ones.

ISO/IEC 42001 9.1 (what monitoring must show), A.6.2.6: whoever relies on a green light can see what it could have seen.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy import stats

from checks import quiet_windows
from checks.judge import judge
from checks.quiet_windows import Quiet
from governance.registry.system import System
from governance.verdict import Status, Verdict
from governance.window import Period, Table, Window, periods

FORMAT = "aims-calibration/1"
SIZES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
TRIES, ENOUGH = 10, 8
LEAST_WINDOWS, MOST_WINDOWS = 50, 365
_FAR = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Power:
    """How many of ten windows with a change of this size alarmed.

    `drift`: about the median numeric feature; `fairness`: about the lowered selection rate of a group. None where the
    system has nothing of the kind.
    """

    size: float
    drift: int | None
    fairness: int | None


@dataclass(frozen=True)
class Calibration:
    """What was found.

    Attributes:
        system, model: what was calibrated.
        reference: sha256 of the reference.
        seed: of all chance.
        windows, rows: quiet windows, and the rows of the median one.
        blocks: whether windows are whole blocks of the reference; else rows drawn at random.
        alarms: false alarms by check.
        per_year, per_year_high: alarms a year, and the upper bound at 95 %.
        power: by size.
    """

    system: str
    model: str
    reference: str
    seed: int
    windows: int
    rows: int
    blocks: bool
    alarms: dict[str, int]
    per_year: float
    per_year_high: float
    power: tuple[Power, ...]

    @property
    def smallest_shift(self) -> float | None:
        """Standard deviations of a feature that are seen in 8 of 10 windows."""
        return _smallest([(one.size, one.drift) for one in self.power])

    @property
    def smallest_gap(self) -> float | None:
        """Difference of selection rates that is seen in 8 of 10 windows."""
        return _smallest([(one.size, one.fairness) for one in self.power])

    def keeps(self, system: System) -> bool:
        """Whether the false alarms a year keep the policy's budget."""
        return self.per_year <= system.checks.drift.false_alarms_per_year

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it means, for a layperson."""
        named = ", ".join(f"{check} {count}" for check, count in self.alarms.items())
        by = f" ({named})" if named else ""
        rung = f"In {self.windows} quiet windows the monitor rang {sum(self.alarms.values())} times{by}:"
        rate = f"{self.per_year:.1f} false alarms a year, at most {self.per_year_high:.1f} at 95 % confidence."
        told = [f"{rung} {rate}"]
        if any(one.drift is not None for one in self.power):
            told.append(
                _seen(self.smallest_shift, "A feature that moves by", "standard deviations", self.power[-1].size)
            )
        if any(one.fairness is not None for one in self.power):
            told.append(_seen(self.smallest_gap, "A gap of", "between the selection rates of two groups", 1.0))
        return tuple(told)

    def to_json(self) -> bytes:
        """The file of a calibration's bundle; equal calibrations give equal bytes."""
        record = asdict(self) | {
            "format": FORMAT,
            "smallest_gap": self.smallest_gap,
            "smallest_shift": self.smallest_shift,
            "sentences": self.sentences,
        }
        return json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def calibrate(
    system: System,
    reference: Table,
    scratch: Path,
    *,
    seed: int = 1,
    windows: int = 0,
    rows: int = 0,
    sizes: Sequence[float] = SIZES,
) -> Iterator[str | Calibration]:
    """Calibrate; yields what is being done, and at last the result.

    Args:
        system: the registry's entry.
        reference: as the pull wrote it.
        scratch: an empty folder.
        seed: of all chance: the same seed gives the same bytes.
        windows: quiet windows; 0: a year of them, at least 50 and at most 365.
        rows: rows of a window where the reference has under twenty blocks; 0: as many as those have on average.
        sizes: of the changes, ascending.
    """
    rng = np.random.default_rng(seed)
    world = quiet_windows.quiet(system, reference, scratch / "reference.parquet", rng, rows=rows)
    number = windows or min(MOST_WINDOWS, max(LEAST_WINDOWS, system.window.length.per_year))
    bench = _Bench(system, world, scratch / "window.parquet", rng)
    alarms: dict[str, int] = {}
    ringing: set[tuple[str, str]] = set()
    heights, history = [], None
    for place, period in enumerate(bench.periods(number), 1):
        verdict = bench.judge(period, 0.0, history)
        now = {(one.check, one.subject) for one in verdict.of(Status.ALARM)}
        for check, _ in now - ringing:
            alarms[check] = alarms.get(check, 0) + 1
        history, ringing = verdict.state, now
        heights.append(verdict.rows)
        yield f"quiet window {place} of {number}"
    power = []
    for size in sizes:
        power.append(_power(bench, system, size))
        yield f"changes of size {size}"
    years, rung = number / system.window.length.per_year, sum(alarms.values())
    yield Calibration(
        system.id,
        f"{system.model.name} {system.model.version}",
        reference.sha256,
        seed,
        number,
        int(np.median(heights)),
        not world.rows,
        dict(sorted(alarms.items())),
        round(rung / years, 3),
        round(float(stats.chi2.ppf(0.95, 2 * (rung + 1))) / 2 / years, 3),
        tuple(power),
    )


@dataclass(frozen=True)
class _Bench:
    """Draws and judges windows of one system."""

    system: System
    world: Quiet
    path: Path
    rng: np.random.Generator

    def periods(self, number: int) -> list[Period]:
        """Windows from the plan's first day on."""
        plan = self.system.window
        start = datetime.combine(plan.since, time(), ZoneInfo(plan.zone))
        return list(islice(periods(start, _FAR, plan.length, plan.zone), number))

    def judge(self, period: Period, size: float, history: dict[str, Any] | None) -> Verdict:
        """One window's verdict."""
        current = quiet_windows.draw(self.system, self.world, period, self.path, self.rng, size=size)
        mature = period.end + timedelta(days=self.system.labels.delay_days + 1)
        return judge(self.system, Window(self.system.id, period, mature, current, self.world.reference), history)


def _power(bench: _Bench, system: System, size: float) -> Power:
    """Ten fresh windows with a change of one size."""
    moved = dict.fromkeys(system.columns.numeric, 0)
    unfair, asked = 0, False
    for period in bench.periods(TRIES):
        verdict = bench.judge(period, size, None)
        rung = {(one.check, one.subject) for one in verdict.of(Status.ALARM)}
        moved = {name: seen + (("drift", name) in rung) for name, seen in moved.items()}
        unfair += any(check == "fairness" and subject in system.columns.protected for check, subject in rung)
        asked = asked or any(one.check == "fairness" for one in verdict.results)
    fair = unfair if asked and system.task == "binary" and system.columns.protected else None
    return Power(size, int(np.median(list(moved.values()))) if moved else None, fair)


def _smallest(found: list[tuple[float, int | None]]) -> float | None:
    """The size from which on all are seen in 8 of 10 windows."""
    smallest = None
    for size, seen in sorted(found, reverse=True):
        if seen is None or seen < ENOUGH:
            break
        smallest = size
    return smallest


def _seen(size: float | None, what: str, of: str, most: float) -> str:
    if size is None:
        return f"{what} {most:g} {of} was not seen in 8 of 10 windows: a green light says little about it."
    return f"{what} {size:g} {of} is seen in 8 of 10 windows."
