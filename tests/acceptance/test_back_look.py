"""A window is judged again when its labels have come, on a real Prefect server; both verdicts stay and are linked."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from governance.adapters.workplace import Workplace
from governance.evidence import read_bundle, verify_archive
from tests.prefect_server import ROOT, Run, begin

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
DAY = NOW.date() - timedelta(days=2)


def rows(day: int, count: int = 600) -> pl.DataFrame:
    """A day's loans; the score tells most of who will repay."""
    rng = np.random.default_rng(day + 1000)
    repaid = rng.random(count) < 0.5
    score = np.clip(0.5 + np.where(repaid, 0.2, -0.2) + rng.normal(0, 0.15, count), 0, 1)
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=day)
    return pl.DataFrame(
        {
            "id": [f"{day}-{row}" for row in range(count)],
            "at": [start + timedelta(seconds=row) for row in range(count)],
            "offered": np.where(score > 0.5, "1", "0"),
            "score": score,
            "income": rng.normal(3000, 800, count),
            "sex": rng.choice(["f", "m"], count),
            "repaid": np.where(repaid, "1", "0"),
        }
    )


@pytest.fixture
def loans(tmp_path: Path) -> Workplace:
    """A system whose labels take thirty days; none of its window's labels are there yet."""
    home = tmp_path / "home"
    (home / "systems").mkdir(parents=True)
    for name in ("kinds", "people.yaml", "controls.yaml"):
        (home / name).symlink_to(ROOT / "deployments" / name)
    entry: dict[str, Any] = yaml.safe_load((ROOT / "deployments" / "systems" / "employment-ma.yaml").read_text())
    entry |= {
        "id": "loans",
        "predictions": {"address": "predictions.parquet"},
        "reference": {"address": "reference.parquet"},
        "labels": {"source": {"address": "labels.parquet"}, "delay_days": 30},
        "columns": {
            "id": "id", "time": "at", "prediction": "offered", "score": "score", "label": "repaid",
            "numeric": ["income"], "protected": ["sex"],
        },
        "window": {"length": "P1D", "zone": "UTC", "since": f"{DAY}", "until": f"{DAY + timedelta(days=1)}"},
        "checks": {},
    }  # fmt: skip
    (home / "systems" / "loans.yaml").write_text(yaml.safe_dump(entry))
    pl.concat(rows(day) for day in range(-30, -10)).write_parquet(home / "reference.parquet")
    rows(0).drop("repaid").write_parquet(home / "predictions.parquet")
    rows(0).select("id", "repaid").head(0).write_parquet(home / "labels.parquet")
    return begin(tmp_path / "state", home)


def verdicts(here: Workplace) -> list[dict[str, Any]]:
    """Statement and statuses of every judgement, by revision."""
    found = []
    for key in sorted(here.archive.list("bundle/")):
        if "/loans." in key:
            bundle = read_bundle(here.archive.get(key), key)
            results = json.loads(bundle.members["verdict.json"])["results"]
            status = {one["metric"]: one["status"] for one in results if one["check"] == "performance"}
            found.append({"key": key, "aims": bundle.aims, "status": status})
    return found


def test_a_window_is_judged_again_once_when_its_labels_have_come(loans: Workplace, runs: Run) -> None:
    """Revision 1 judges what revision 0 waited for, names it, and is made once."""
    home, state = loans.home, loans.settings.state
    look = {"home": str(home), "flow": "flows.back_look:look_back"}
    runs(state, "loans", home=str(home))
    early = runs(state, "", **look, arguments={"now": f"{NOW + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"})
    rows(0).select("id", "repaid").write_parquet(home / "labels.parquet")
    later = {"now": f"{NOW + timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"}
    told = runs(state, "", **look, arguments=later)
    again = runs(state, "", **look, arguments=later)

    first, second = verdicts(loans)
    assert early["message"] == again["message"] == "0 systems: none."
    assert told["type"] == "COMPLETED"
    assert set(first["status"].values()) == {"insufficient"}
    assert set(second["status"].values()) == {"pass"}
    assert second["aims"]["bundle"].endswith(".r1")
    assert second["aims"]["supersedes"]["key"] == first["key"]
    assert verify_archive(loans.archive).ok
