"""`aims drift`: counted where the rows lie, signed with the SQL that was asked, and no value of a row in any of it."""

import json
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from checks.drift import examine
from governance.adapters.pull import pull_window
from governance.adapters.workplace import Workplace
from governance.cli import drift
from governance.errors import AimsError
from governance.evidence import read_bundle, verify_archive
from tests.prefect_server import begin

SHIPPED = Path(__file__).parents[3] / "deployments"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace whose survey lies in parquet, with moments in place of years."""
    home = tmp_path / "home"
    shutil.copytree(SHIPPED, home, ignore=shutil.ignore_patterns("*.gz", "*.py"))
    for name in ("predictions-2016", "reference-2015"):
        path = home / f"data/employment-ma/{name}.parquet"
        year = pl.datetime("year", 7, 1, time_zone="UTC").alias("year")
        pl.read_parquet(path).with_columns(year).write_parquet(path)
    entry = home / "systems/employment-ma.yaml"
    entry.write_text(entry.read_text().replace('time_format: "%Y"', "time_format: auto"))
    monkeypatch.setenv("AIMS_HOME", str(home))
    monkeypatch.setenv("AIMS_STATE", str(tmp_path / "state"))
    return begin(tmp_path / "state", home)


def aims(*arguments: str) -> Result:
    """Run the command line with this command only."""
    app = typer.Typer()
    drift.register(app)
    return CliRunner().invoke(app, list(arguments))


def test_the_results_are_the_runs_and_are_signed_with_the_sql_that_was_asked(here: Workplace) -> None:
    """Statuses of a pulled window; a bundle that verifies, with one file a question and no quantile in any."""
    system = here.registry.system("employment-ma")
    (period,) = system.window.due(datetime.now(UTC))

    done = aims("employment-ma", "2016", "--json")

    told = json.loads(done.stdout)
    window = pull_window(system, period, home=here.home, into=here.working, as_of=datetime.now(UTC))
    assert window.current is not None
    assert window.reference is not None
    exact, _ = examine(system, window.current.path, window.reference, {})
    assert [(one["subject"], one["status"]) for one in told["results"]] == [(one.subject, one.status) for one in exact]
    assert done.exit_code == (1 if "alarm" in {one.status for one in exact} else 0)
    key = done.stderr.split()[-1]
    members = read_bundle(here.archive.get(key), key).members
    texts = {name: body for name, body in members.items() if name.startswith("sql/")}
    assert {name: sha256(body).hexdigest() for name, body in texts.items()} == told["sql"]
    assert b"employment-ma/predictions-2016.parquet" in texts["sql/001.sql"]
    assert str(here.home).encode() not in b"".join(texts.values())
    assert any(b":cut_1" in body for body in texts.values())
    assert verify_archive(here.archive).ok


@pytest.mark.long
def test_a_dry_run_writes_nothing(here: Workplace) -> None:
    """Sentences only."""
    before = list(here.archive.list(""))

    done = aims("employment-ma", "2016", "--dry-run")

    assert 'The values of "AGEP" lie' in done.output
    assert list(here.archive.list("")) == before


def test_a_local_time_or_a_window_that_has_not_ended_is_refused(here: Workplace) -> None:
    """With the mend."""
    path = here.home / "data/employment-ma/predictions-2016.parquet"
    pl.read_parquet(path).with_columns(pl.col("year").dt.replace_time_zone(None)).write_parquet(path)

    refused = [aims("employment-ma", name).exception for name in ("2016", "2031")]

    assert all(isinstance(one, AimsError) for one in refused)
    assert "moments" in str(refused[0])
    assert "a window that has ended" in str(refused[1])
