"""Personal text of a case does not go through Prefect: not in its database, its results, its logs, its events."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.cases.case import Case
from tests.case_world import DEPUTY, OWNER, REVIEWER, World, call

pytestmark = [pytest.mark.servers, pytest.mark.long]

GIVEN, MISLED = "Jolanda Plantedname", "Qyrill Misledname"
APPEAL = {"received_at": "2026-11-20T10:00+01:00", "channel": "web", "wish": "human_review"}


def files_with(folder: Path, text: str) -> list[str]:
    """The files below a folder that hold a text."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes())


def tables_with(database: Path, text: str) -> list[str]:
    """The tables of an SQLite file in which a row holds a text."""
    with closing(sqlite3.connect(database)) as base:
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: base.execute(f'SELECT * FROM "{name}"') for name in names}  # noqa: S608 - names of the schema
        return [name for name in names if any(text in str(row) for row in rows[name])]


def appeal(world: World) -> Case:
    """An appeal with the name of a person, shown in Prefect as a suspended run."""
    opened = world.here.casework.open(
        "appeal", system="loans", title="An appeal", severity="normal", by=DEPUTY, why="a letter came",
        fields={**APPEAL, "person": GIVEN},
    ).case  # fmt: skip
    world.follow_up(datetime.now(UTC).isoformat())
    world.work()
    return opened


def test_a_case_with_personal_text_is_worked_on_in_prefect_and_none_of_it_is_there(
    world: World, prefect_environ: dict[str, str]
) -> None:
    """The form asks for everything but personal text, and says how that is given."""
    case = appeal(world)
    form = world.form(case.id)
    world.answer(case.id, "take", REVIEWER, frozen="9f" * 32)
    world.work()
    world.here.casework.act(
        case.id, "decide", by=REVIEWER, why="x",
        fields={"outcome": "changed", "grounds": "wrong code", "grounds_personal": f"{GIVEN} was right"},
    )  # fmt: skip
    world.follow_up(datetime.now(UTC).isoformat())
    world.work()

    assert "personal text: only by `aims act" in form.replace("\\", "") + world.form(case.id).replace("\\", "")
    assert world.here.casework.case(case.id)[0].state == "decided"
    assert files_with(Path(prefect_environ["PREFECT_HOME"]), GIVEN) == []
    assert files_with(world.here.home.parent, GIVEN) == []
    assert files_with(Path(prefect_environ["PREFECT_HOME"]), case.id) != []


def test_personal_text_given_to_prefect_is_refused_and_removed_from_the_run(
    world: World, prefect_environ: dict[str, str]
) -> None:
    """Its parameters say that something was removed, and nothing of it is archived."""
    case = appeal(world)
    step = {"case": case.id, "verb": "comment", "by": OWNER, "why": "because it is so", "fields": {"person": MISLED}}
    told = world.flow("flows.act:act_on_case", step=step)
    found = call(
        world.api, "POST", "flow_runs/filter", flows={"name": {"any_": ["act"]}}, limit=5, sort="START_TIME_DESC"
    )

    assert found[0]["parameters"]["step"]["fields"] == {"person": "(removed)"}
    assert "no personal text in Prefect" in told["message"]
    assert files_with(world.here.home.parent, MISLED) == []
    assert tables_with(Path(prefect_environ["PREFECT_HOME"]) / "prefect.db", MISLED) == []
