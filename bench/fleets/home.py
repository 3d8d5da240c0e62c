"""The registry of a fleet: systems that share their rows, and the cadence at which their windows are due."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import yaml

ROOT = Path(__file__).parents[2]
ROWS, COLUMNS = 300, ("a", "b", "c", "d")


@dataclass(frozen=True)
class Cadence:
    """The windows of all systems and the cron that judges them; `operated` when the other flows run beside them."""

    starts: tuple[datetime, ...]
    length: str = "P1D"
    zone: str = "UTC"
    cron: str = "0 0 1 1 *"
    operated: bool = False

    @property
    def since(self) -> date:
        """The day on which the first window begins, in the zone."""
        return self.starts[0].astimezone(ZoneInfo(self.zone)).date()

    @property
    def windows(self) -> list[str]:
        """The names of the windows."""
        form = "%Y-%m-%d" if self.length == "P1D" else "%Y-%m-%dT%H"
        return [start.astimezone(ZoneInfo(self.zone)).strftime(form) for start in self.starts]

    @classmethod
    def yesterday(cls) -> "Cadence":
        """One window, of a day."""
        return cls((datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1),))

    @classmethod
    def each(cls, minutes: int, tick: datetime) -> "Cadence":
        """A window an hour, first the hour that has ended by the first tick; in the zone where that hour begins a day.

        So one window is due at the tick, as in an installation that has run for long.
        """
        first = tick.replace(minute=0) - timedelta(hours=1)
        zone = f"Etc/GMT+{first.hour}" if first.hour < 12 else f"Etc/GMT-{24 - first.hour}"
        at = ",".join(str(minute) for minute in sorted((tick.minute + step) % 60 for step in range(0, 60, minutes)))
        return cls((first, first + timedelta(hours=1)), "PT1H", zone, f"{at} * * * *", operated=True)


def make_home(folder: Path, systems: int, cadence: Cadence) -> Path:
    """A registry of systems that share their rows, a file a window."""
    home = folder / "deployments"
    shutil.copytree(ROOT / "deployments/kinds", home / "kinds")
    shutil.copy(ROOT / "deployments/controls.yaml", home)
    people = [
        {"id": one, "name": one, "email": f"{one}@example.org", "notify": [(folder / f"{one}.jsonl").as_uri()]}
        for one in ("ann", "bob", "cy", "di")
    ]
    (home / "people.yaml").write_text(yaml.safe_dump({"people": people}))
    (home / "systems").mkdir()
    rows(cadence.starts[0] - timedelta(days=1)).write_parquet(home / "reference.parquet")
    (home / "predictions").mkdir()
    for start, name in zip(cadence.starts, cadence.windows, strict=True):
        rows(start).write_parquet(home / f"predictions/{name}.parquet")
    for number in range(systems):
        name = f"fleet-{number:04d}"
        (home / "systems" / f"{name}.yaml").write_text(yaml.safe_dump(entry(name, cadence), sort_keys=False))
    return home


def rows(start: datetime) -> pl.DataFrame:
    """The predictions of one window, the same in every value but id and time."""
    values = {
        name: [float(row * prime % 101) for row in range(ROWS)]
        for name, prime in zip(COLUMNS, (7, 11, 13, 17), strict=True)
    }
    base = {
        "id": [f"{start:%Y%m%d%H}-{row}" for row in range(ROWS)],
        "time": [(start + timedelta(minutes=30)).isoformat()] * ROWS,
        "prediction": [str(row % 2) for row in range(ROWS)],
        "label": [str(row // 2 % 2) for row in range(ROWS)],
        "group": [("x", "y")[row % 3 == 0] for row in range(ROWS)],
    }
    return pl.DataFrame(base | values)


def entry(name: str, cadence: Cadence) -> dict[str, Any]:
    """The registry entry of one system."""
    return {
        "id": name,
        "title": f"System {name}",
        "purpose": "Stands for one system of a fleet; an error means nothing.",
        "task": "binary",
        "model": {"name": "m", "version": "1"},
        "ai_act": {"risk_class": "minimal", "role": "deployer", "reason": "a measurement"},
        "people": {"owner": "ann", "deputy": "bob", "reviewer": "cy", "escalation": ["di"]},
        "predictions": {"address": "predictions"},
        "reference": {"address": "reference.parquet"},
        "columns": {
            "id": "id", "time": "time", "prediction": "prediction", "label": "label",
            "numeric": list(COLUMNS), "protected": ["group"],
        },
        "window": {"length": cadence.length, "zone": cadence.zone, "since": str(cadence.since)},
        "schedule": {"cron": cadence.cron},
    }  # fmt: skip
