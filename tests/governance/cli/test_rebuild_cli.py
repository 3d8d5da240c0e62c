"""`aims rebuild` makes the caches anew from the archive alone; `aims code` sends a code and prints none."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.adapters.workplace import Workplace
from governance.cases.kind import read_kind
from governance.cli import code, rebuild
from governance.compliance.gap_cases import plan_gaps
from governance.compliance.gaps import Gap
from governance.errors import AimsError
from governance.registry.people import People, Person
from governance.registry.registry import Registry
from tests.builders import people, system
from tests.governance.cases.stories import ADA, BEN, KINDS, NOON
from tests.prefect_server import begin

APP = typer.Typer()
rebuild.register(APP)
code.register(APP)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace with one case; Ada has an address of her own."""
    state = tmp_path / "state"
    monkeypatch.setenv("AIMS_HOME", str(KINDS.parent))
    monkeypatch.setenv("AIMS_STATE", str(state))
    begin(state, KINDS.parent)
    here = Workplace.here()
    ada = Person(id=ADA, name="Ada Okafor", email="ada@example.org", notify=((tmp_path / "ada.jsonl").as_uri(),))
    known = People(people=(ada, *(one for one in people().people if one.id != ADA)))
    here.__dict__["registry"] = Registry({"early-help": system()}, known)
    kind = read_kind((KINDS / "gap.yaml").read_text("utf-8"), "gap.yaml")
    gap = Gap("early-help", "late-runs", "medium", "Windows that were not judged", ("One.",))
    here.casework.record_all(plan_gaps([gap], [], here.registry, kind, NOON))
    return here


def run(*words: str) -> Result:
    """What a command prints; its own errors are raised."""
    done = CliRunner().invoke(APP, list(words))
    if isinstance(done.exception, AimsError):
        raise done.exception
    return done


def test_a_rebuilt_index_is_equal_to_the_byte(place: Workplace) -> None:
    """Nothing was in the database that the archive does not hold."""
    before = place.index.dump()
    done = run("rebuild", "--json")

    assert json.loads(done.output) == {"acts": 1, "cases": 1, "runs": 0, "same": True}
    assert place.index.dump() == before


@pytest.mark.parametrize("damage", ["gone", "garbage"])
def test_a_lost_or_damaged_index_is_restored(place: Workplace, damage: str) -> None:
    """It is only a cache."""
    before, path = place.index.dump(), place.settings.state / "cases.db"
    path.unlink() if damage == "gone" else path.write_bytes(b"not a database" * 100)
    done = run("rebuild")

    assert done.exit_code == 0
    assert place.index.dump() == before


def test_an_index_that_somebody_changed_is_named_and_replaced(place: Workplace) -> None:
    """The archive is right; exit code 1 says that they differed."""
    before = place.index.dump()
    with closing(sqlite3.connect(place.settings.state / "cases.db")) as base, base:
        base.execute("UPDATE cases SET state = 'closed', final = 1")
    done = run("rebuild")

    assert done.exit_code == 1
    assert "DIFFERED" in done.output
    assert place.index.dump() == before


def test_a_code_is_sent_and_not_printed(place: Workplace, tmp_path: Path) -> None:
    """Whoever looks over the shoulder sees none."""
    [case] = place.index.cases()
    done = run("code", case.id, "--by", ADA)
    [line] = (tmp_path / "ada.jsonl").read_text().splitlines()
    sent = json.loads(line)["body"].split("case ")[1].split()[2]

    assert done.output.strip() == f"A code for {case.id} was sent to {ADA}."
    assert len(sent) == 9
    assert sent not in done.output


def test_nobody_else_can_be_sent_one_without_an_address(place: Workplace) -> None:
    """The mend is told."""
    with pytest.raises(AimsError, match="Add `notify` to ben-lind"):
        run("code", place.index.cases()[0].id, "--by", BEN)
