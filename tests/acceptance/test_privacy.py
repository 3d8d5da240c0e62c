"""No value of a row leaves: not in a bundle, page, artifact, log line or notification."""

import gzip
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from governance.adapters.workplace import Workplace
from tests.prefect_server import Run, begin

pytestmark = pytest.mark.servers

PLANTED = {
    "id": "person-4711-zq",
    "amount": "31337.4242",
    "city": "Zebulonia-Quux",
    "sex": "Planted-Xq-Group",
    "label": "Qq-label-77",
    "free_text": "Jane Q. Plantedname",
}
SYSTEM = """
id: planted
title: A system with a planted person
purpose: Tests that no value of a row leaves in any page, bundle or message of ours.
task: binary
model: {{name: m, version: "1"}}
ai_act: {{risk_class: minimal, role: provider, reason: a test of our own only}}
people: {{owner: ada-okafor, deputy: ben-lind, reviewer: eve-marsh, escalation: [femi-adeyemi]}}
predictions: {{address: current/}}
reference: {{address: reference.csv}}
columns:
  id: id
  time: time
  prediction: prediction
  score: score
  label: label
  numeric: [amount]
  categorical: [city]
  protected: [sex]
window: {{length: P1D, zone: UTC, since: 2026-11-02, until: 2026-11-{until}}}
schedule: {{cron: "0 6 * * *"}}
"""


def frame(day: int, planted: dict[str, str] | None = None) -> pl.DataFrame:
    """Four hundred rows of a day, the last of them planted."""
    rows = 400
    data: dict[str, list[str]] = {
        "id": [f"row-{day}-{number}" for number in range(rows)],
        "time": [f"2026-11-{day:02d}T{number % 24:02d}:00:00Z" for number in range(rows)],
        "amount": [str(number % 97) for number in range(rows)],
        "city": [("Graz", "Linz", "Wien")[number % 3] for number in range(rows)],
        "sex": [("f", "m")[number % 2] for number in range(rows)],
        "score": [str(number % 10 / 10) for number in range(rows)],
        "prediction": [str(int(number % 10 > 5)) for number in range(rows)],
        "label": [str(int(number % 7 > 3)) for number in range(rows)],
        "free_text": ["nothing" for _ in range(rows)],
    }
    for column, value in (planted or {}).items():
        data[column][-1] = value
    return pl.DataFrame(data)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, runs: Run, prefect_environ: dict[str, str]) -> dict[str, str]:
    """Everything that was written, by name: a clean day, a planted day, and days with broken cells were judged."""
    folder = tmp_path_factory.mktemp("planted")
    home = folder / "home"
    (home / "systems").mkdir(parents=True)
    (home / "current").mkdir()
    deployments = Path(__file__).parents[2] / "deployments"
    (home / "people.yaml").write_text((deployments / "people.yaml").read_text())
    (home / "kinds").symlink_to(deployments / "kinds")
    (home / "controls.yaml").symlink_to(deployments / "controls.yaml")
    frame(1, PLANTED).write_csv(home / "reference.csv")
    days = [PLANTED, {"amount": "Zebulonia-Quux"}, {"time": "Qq-label-77"}, {"score": "Jane Q. Plantedname"}]
    for number, planted in enumerate(days, start=2):
        frame(number, planted).write_csv(home / f"current/2026-11-{number:02d}.csv")
    (home / "systems/planted.yaml").write_text(SYSTEM.format(until=f"{2 + len(days):02d}"))
    here = begin(folder / "state", home)
    told = runs(here.settings.state, "planted", home=str(home))
    assert told["code"] == 0
    return {"told": json.dumps(told), **dict(_everything(here, Path(prefect_environ["PREFECT_HOME"])))}


def _everything(here: Workplace, prefect: Path) -> Iterator[tuple[str, str]]:
    """The text of every file but the local copies of rows, with archives and gzip opened."""
    for root in (here.settings.state, prefect):
        for path in sorted(root.rglob("*")):
            if not path.is_file() or path.is_relative_to(here.working) or path.is_relative_to(here.settings.keys):
                continue
            body = path.read_bytes()
            if path.suffix == ".tar":
                with tarfile.open(path) as tar:
                    for member in tar.getmembers():
                        packed = tar.extractfile(member)
                        yield f"{path.name}/{member.name}", packed.read().decode("latin-1") if packed else ""
            elif body[:2] == b"\x1f\x8b":
                yield path.name, gzip.decompress(body).decode("latin-1")
            yield str(path), body.decode("latin-1")


@pytest.mark.parametrize("column", PLANTED)
def test_a_planted_value_appears_nowhere(column: str, spoken: dict[str, str]) -> None:
    """A value that one row holds, in any kind of column, is in no file that leaves the pull."""
    leaks = [name for name, text in spoken.items() if PLANTED[column] in text]

    assert leaks == []


def test_what_was_searched_is_everything(spoken: dict[str, str]) -> None:
    """The search saw verdicts, pages, Evidently's report, the database of runs and the messages."""
    names = "\n".join(spoken)
    for wanted in ("verdict.json", "page.html", "evidently.json", "prefect.db", "notifications.jsonl", "act.json"):
        assert wanted in names
    assert any("expected" in text and "2026-11-03.csv" in text for text in spoken.values())
