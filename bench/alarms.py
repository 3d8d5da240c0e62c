"""False alarms a year where nothing drifts, and how soon a shift is found: the drift rule of this product, carried out.

    python bench/alarms.py [--runs 21] [--only aa|power] [--system ID]

A/A. The rows of the shipped examples are taken as the population: reference and windows are drawn from them, so
nothing ever drifts. Windows: 365 days of 500 rows, 730 days of 50, 24 months of 5,000; the reference has 60,000 rows
in 60 days, or in 24 months. With wobble, each day or month draws rows by weights 1 + b z that move each column's mean
(of categories: of their order) by a normal amount of 0.1 standard deviations. Goal: at most one alarm a model-year (an
alarm that lasts is one). Beside it: windows where some column reaches Evidently's default threshold.

Power. 28 columns as in peers' studies (20 normal, 8 of four categories). Windows until the column that was shifted
alarms, from the first shifted window on: the median of some seeded runs. Goals: 0.25 standard deviations under daily
wobble in at most 32 days of 1,000 rows; 0.2 without wobble in 3 hours of 500; a share of predictions from 0.30 to 0.33
in 20 hours of 500.
"""

import argparse
import statistics
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from checks import drift
from governance.adapters.pull import pull_window
from governance.adapters.registry_files import load_registry
from governance.registry.system import System
from governance.verdict import Status
from governance.window import Length, Period, Table

HOME = Path(__file__).parents[1] / "deployments"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)
REFERENCE = 60_000
FRAME = Callable[[np.random.Generator, int, float], pl.DataFrame]


@dataclass(frozen=True)
class Shape:
    """How a stream is cut: windows of some rows, and how many blocks the reference has."""

    length: Length
    windows: int
    rows: int
    blocks: int

    def periods(self) -> list[Period]:
        """The windows, from 2025 on."""
        return self._cut(START, self.windows)

    def past(self) -> list[Period]:
        """The reference's blocks, from 2020 on."""
        return self._cut(datetime(2020, 1, 1, tzinfo=UTC), self.blocks)

    def _cut(self, start: datetime, number: int) -> list[Period]:
        from governance.window import periods  # noqa: PLC0415

        cut = periods(start, datetime(2030, 1, 1, tzinfo=UTC), self.length, "UTC")
        return [next(cut) for _ in range(number)]


SHAPES = (Shape(Length.DAY, 365, 500, 60), Shape(Length.DAY, 730, 50, 60), Shape(Length.MONTH, 24, 5000, 24))


def resampled(system: System, pool: pl.DataFrame) -> FRAME:
    """Rows drawn from a population, with the day's own weights."""
    codes = [_codes(pool[name]) for name in drift.watched(system)]
    scores = np.column_stack([one for one in codes if one.std() > 0])
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    inverse = np.linalg.inv(np.corrcoef(scores.T) + 0.02 * np.eye(scores.shape[1]))

    def draw(rng: np.random.Generator, rows: int, wobble: float) -> pl.DataFrame:
        weights = np.maximum(0, 1 + scores @ (inverse @ rng.normal(0, wobble, scores.shape[1])))
        return pool[rng.choice(len(pool), rows, p=weights / weights.sum())]

    return draw


def _codes(column: pl.Series) -> np.ndarray[Any, Any]:
    """A column as numbers: categories by their order."""
    numbers = column if column.dtype.is_numeric() else column.cast(pl.String).rank("dense")
    return numbers.cast(pl.Float64).fill_nan(None).fill_null(strategy="mean").fill_null(0).to_numpy()


def normals(shift: float = 0.0, rate: float = 0.3) -> FRAME:
    """20 normal numbers (the first shifted) and 8 categories, and a share of predictions."""

    def draw(rng: np.random.Generator, rows: int, wobble: float) -> pl.DataFrame:
        day = rng.normal(0, wobble, 20)
        day[0] += shift
        data: dict[str, Any] = {f"x{place}": rng.normal(day[place], 1, rows) for place in range(20)}
        data |= {f"c{place}": rng.choice(np.array(list("abcd")), rows, p=[0.4, 0.3, 0.2, 0.1]) for place in range(8)}
        return pl.DataFrame(data | {"prediction": np.where(rng.random(rows) < rate, "1", "0")})

    return draw


class Stream:
    """Judges windows one after another, as the monitor flow does: each with the state of the one before."""

    def __init__(self, system: System, shape: Shape, folder: Path, rng: np.random.Generator) -> None:
        """Nothing is drawn yet."""
        self.system = system.model_copy(
            update={"window": system.window.model_copy(update={"length": shape.length, "zone": "UTC"})}
        )
        self.shape, self.folder, self.rng = shape, folder, rng
        self.history: dict[str, Any] | None = None

    def learn(self, draw: FRAME, wobble: float, rows: int = REFERENCE) -> None:
        """Draw the reference, block by block."""
        each = rows // self.shape.blocks
        parts = [self._at(draw(self.rng, each, wobble), block) for block in self.shape.past()]
        path = self.folder / "reference.parquet"
        pl.concat(parts).write_parquet(path)
        self.reference = Table(path, f"drawn {self.rng.integers(2**60)}", rows)

    def judge(self, draw: FRAME, wobble: float, period: Period) -> tuple[set[str], bool]:
        """The columns that alarm, and whether some column reaches Evidently's threshold."""
        path = self.folder / "window.parquet"
        self._at(draw(self.rng, self.shape.rows, wobble), period).write_parquet(path)
        results, _, self.history = drift.examine_after(
            self.system, path, self.reference, {}, period=period, history=self.history
        )
        theirs = any((one.value or 0) >= 0.1 for one in results)
        return {one.subject for one in results if one.status is Status.ALARM}, theirs

    def _at(self, frame: pl.DataFrame, period: Period) -> pl.DataFrame:
        times = pl.lit(period.start).cast(pl.Datetime("us", "UTC")).alias(self.system.columns.time)
        return frame.with_columns(times)


def quiet(name: str, system: System, draw: FRAME, folder: Path) -> None:
    """Print the A/A lines of one population."""
    for shape in SHAPES:
        for wobble in (0.0, 0.1):
            stream = Stream(system, shape, folder, np.random.default_rng([len(name), shape.windows, int(10 * wobble)]))
            stream.learn(draw, wobble)
            alarms, theirs, ringing = 0, 0, set[str]()
            for period in shape.periods():
                now, evidently = stream.judge(draw, wobble, period)
                alarms, theirs, ringing = alarms + len(now - ringing), theirs + evidently, now
            years = shape.windows / shape.length.per_year
            print(
                f"  {name:<14} {shape.windows:4} x {shape.rows:<5} {shape.length:<4} wobble {wobble:<4}"
                f" ours {alarms / years:5.1f} alarms a year   Evidently's threshold: {theirs:4} of {shape.windows}",
                flush=True,
            )


@dataclass(frozen=True)
class Question:
    """A shift to find: in which windows, and in how many windows at most (the goal)."""

    name: str
    goal: int
    shape: Shape
    wobble: float
    reference: int
    shifted: FRAME
    column: str


def power(asked: Question, runs: int) -> None:
    """Print how many shifted windows it took, the median of the runs."""
    found, shape, wobble = [], asked.shape, asked.wobble
    for seed in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            stream = Stream(columns28(), shape, Path(folder), np.random.default_rng([7, seed]))
            stream.learn(normals(), wobble, asked.reference)
            periods = iter(shape.periods())
            for _ in range(5):
                stream.judge(normals(), wobble, next(periods))
            found.append(next(_delays(stream, asked, periods), shape.windows))
    middle = statistics.median(found)
    print(f"  {asked.name:<46} median {middle:5.1f} of {runs} runs, goal {asked.goal}; worst {max(found)}", flush=True)


def _delays(stream: Stream, asked: Question, periods: Iterator[Period]) -> Iterator[int]:
    for number, period in enumerate(periods, 1):
        if asked.column in stream.judge(asked.shifted, asked.wobble, period)[0]:
            yield number


def columns28() -> System:
    """A registry entry that watches 28 columns and the prediction."""
    base = load_registry(HOME).system("employment-ma")
    columns = base.columns.model_copy(
        update={
            "score": None,
            "numeric": tuple(f"x{place}" for place in range(20)),
            "categorical": tuple(f"c{place}" for place in range(8)),
        }
    )
    return base.model_copy(update={"columns": columns})


def populations(into: Path) -> Iterator[tuple[str, System, pl.DataFrame]]:
    """The shipped examples' rows, as the monitor pulls them."""
    for system in load_registry(HOME).systems.values():
        windows = [
            pull_window(system, period, home=HOME, into=into, as_of=NOW).current for period in system.window.due(NOW)
        ]
        yield system.id, system, pl.concat(pl.read_parquet(one.path) for one in windows if one)


def main() -> None:
    """Run both parts."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=21)
    asked.add_argument("--only", choices=["aa", "power"])
    asked.add_argument("--system", help="only this population of the A/A part")
    chosen = asked.parse_args()
    warnings.simplefilter("ignore")
    if chosen.only != "power":
        print("\nA/A: nothing drifts")
        with tempfile.TemporaryDirectory() as into:
            for name, system, pool in populations(Path(into)):
                if chosen.system in (None, name):
                    quiet(name, system, resampled(system, pool), Path(into))
            if chosen.system in (None, "28 columns"):
                quiet("28 columns", columns28(), normals(), Path(into))
    if chosen.only != "aa":
        print("\nPower: shifted windows until the column alarms")
        days, hours = Shape(Length.DAY, 120, 1000, 60), Shape(Length.HOUR, 60, 500, 200)
        rate = normals(rate=0.33)
        for asked_for in (
            Question("0.25 sd under 0.1 sd wobble, days of 1,000", 32, days, 0.1, 60_000, normals(0.25), "x0"),
            Question("0.2 sd, hours of 500", 3, hours, 0.0, 100_000, normals(0.2), "x0"),
            Question("prediction rate .30 -> .33, hours of 500", 20, hours, 0.0, 100_000, rate, "prediction"),
        ):
            power(asked_for, chosen.runs)


if __name__ == "__main__":
    main()
