"""Builders for the checks' tests: a lending system, parquet files as the pull writes them, a window around them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from governance.registry.system import System
from governance.window import Length, Table, Window, period_of

PERIOD = period_of(datetime(2026, 3, 10, tzinfo=UTC), Length.MONTH, "UTC")

MakeSystem = Callable[..., System]
MakeTable = Callable[[pl.DataFrame], Table]
MakeWindow = Callable[..., Window]


def lending(columns: dict[str, Any] | None = None, **changes: Any) -> System:
    """A registry entry that decides on loans; `columns` and `changes` replace parts of it."""
    entry: dict[str, Any] = {
        "id": "loans",
        "title": "Small loans",
        "purpose": "Decides whether a person is offered a small loan at once.",
        "task": "binary",
        "model": {"name": "loan-model", "version": "7"},
        "ai_act": {"risk_class": "high", "role": "deployer", "reason": "Annex III point 5(b), creditworthiness"},
        "people": {"owner": "ada", "deputy": "ben", "reviewer": "eve", "escalation": ["fay"]},
        "predictions": {"address": "p.parquet"},
        "reference": {"address": "r.parquet"},
        "columns": {
            "id": "id",
            "time": "at",
            "prediction": "offered",
            "score": "score",
            "label": "repaid",
            "numeric": ["income"],
            "categorical": ["region"],
            "protected": ["sex"],
            **(columns or {}),
        },
        "window": {"length": "P1M", "zone": "UTC", "since": "2026-01-01"},
        "schedule": {"cron": "0 6 1 * *"},
    }
    return System.model_validate({**entry, **changes})


def loans(rows: int, seed: int = 0, **changes: Any) -> pl.DataFrame:
    """Rows of the lending system, without drift or bias; `changes` replace or add columns."""
    rng = np.random.default_rng(seed)
    truth, score = rng.random(rows) < 0.6, rng.normal(0, 1, rows)
    score = np.where(truth, score + 1, score)
    data = {
        "id": [f"p{place}" for place in range(rows)],
        "at": [PERIOD.start + timedelta(seconds=place) for place in range(rows)],
        "offered": np.where(score > 0.5, "1", "0"),
        "score": score,
        "repaid": np.where(truth, "1", "0"),
        "income": rng.lognormal(8, 0.5, rows),
        "region": rng.choice(["north", "south", "east", "west"], rows),
        "sex": rng.choice(["f", "m"], rows),
    }
    return pl.DataFrame({**data, **changes})


@pytest.fixture
def make_table(tmp_path: Path) -> MakeTable:
    """Write a frame as the pull would, and name it with its digest."""

    def make(frame: pl.DataFrame) -> Table:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        frame.write_parquet(path)
        return Table(path, sha256(path.read_bytes()).hexdigest(), frame.height)

    return make


@pytest.fixture
def make_window(make_table: MakeTable) -> MakeWindow:
    """A window of the lending system around two frames, judged a year after its end."""

    def make(current: pl.DataFrame | None, reference: pl.DataFrame | None = None, **changes: Any) -> Window:
        tables = [None if frame is None else make_table(frame) for frame in (current, reference)]
        fields = {"system": "loans", "period": PERIOD, "as_of": PERIOD.end + timedelta(days=365)}
        return Window(**{**fields, "current": tables[0], "reference": tables[1], **changes})

    return make


@pytest.fixture
def make_system() -> MakeSystem:
    """The builder of registry entries."""
    return lending


@pytest.fixture
def make_loans() -> Callable[..., pl.DataFrame]:
    """The builder of rows."""
    return loans
