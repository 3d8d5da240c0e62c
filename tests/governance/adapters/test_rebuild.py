"""All local state is made anew from the archive alone, after a story with several kinds, equal to the byte."""

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.adapters.codes import send_code
from governance.adapters.rebuild import rebuild
from governance.adapters.told import Told
from governance.adapters.workplace import Workplace
from governance.cases.plan import plan_verdict
from governance.compliance.gap_cases import plan_gaps
from governance.compliance.gaps import Gap
from governance.compliance.proof import run_key, run_members, run_statement
from governance.evidence import build_bundle, store_bundle, verify_archive
from governance.registry.people import People, Person
from governance.registry.registry import Registry
from governance.verdict import Verdict
from tests.builders import people, system, verdict
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, NOON
from tests.prefect_server import ROOT, begin

MORNING = "2026-11-24T09:30+01:00"
FORMATS = ROOT / "docs/formats/state.md"


def judged(here: Workplace, one: Verdict) -> None:
    """What a monitoring run leaves: its bundle, the cases of its findings, its mark."""
    members = run_members(one, "id: early-help\n", {})
    statement = run_statement(one, members, origin=here.settings.origin, created=datetime.now(UTC))
    body = build_bundle(bundle_id=one.bundle_id, members=members, statement=statement, signer=here.keys.statement)
    store_bundle(here.archive, run_key(one), body, log=here.log)
    here.index.sync(here.archive, log=here.log)
    found = plan_verdict(
        one, here.index.cases(), system=system(), people=here.registry.people, now=NOON, kind=here.kinds["remediation"]
    )
    here.casework.record_all(found.acts)
    here.mark_done(one)


def story(here: Workplace) -> None:
    """A finding that is mended, a gap, a halt, an incident, an appeal that is erased, a run whose mark was lost."""
    work = here.casework
    judged(here, verdict())
    drift = next(case.id for case in here.index.cases() if "drift" in case.id)
    work.act(drift, "acknowledge", by=ADA, why="I look")
    form = {"root_cause": "a form", "mend": "mapped", "effective_from": "2026-11-30"}
    work.act(drift, "fix", by=ADA, why="done", fields=form)
    gap = Gap("early-help", "late-runs", "medium", "Windows that were not judged", ("One.",))
    work.record_all(plan_gaps([gap], [], here.registry, here.kinds["gap"], NOON))
    facts = {"system": "early-help", "title": "Stop it", "severity": "", "why": "seen"}
    work.open("halt", by=FEMI, fields={"ordered_at": MORNING, "manner": "stop"}, **facts)
    harm = {"aware_at": MORNING, "happened": "x", "harm": "rights", "affected": "Ms Plantedname"}
    work.open("incident", by=BEN, fields=harm, **facts)
    asked = {"received_at": MORNING, "channel": "web", "wish": "explanation", "person": "Mr Plantedname"}
    appeal = work.open("appeal", by=BEN, fields=asked, **facts).case
    work.erase(appeal.id, by=EVE, why="asked for it")
    again = verdict(window="2026-W48")
    judged(here, again)
    (here.settings.state / "done" / again.bundle_id).unlink()
    send_code(here, appeal, ADA)
    Told(here.settings.state).keep(f"{drift}.0001.{ADA}")
    Told(here.settings.state).refuse(drift, 3, "not now")


@pytest.fixture
def here(tmp_path: Path) -> Workplace:
    """A workplace after the story."""
    made = begin(tmp_path / "state")
    ada = Person(id=ADA, name="Ada", email="ada@example.org", notify=((tmp_path / "ada.jsonl").as_uri(),))
    made.__dict__["registry"] = Registry(
        {"early-help": system()}, People(people=(ada, *(one for one in people().people if one.id != ADA)))
    )
    story(made)
    return made


def rows(here: Workplace) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the index."""
    with closing(sqlite3.connect(here.settings.state / "cases.db")) as base:
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: base.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}  # noqa: S608


def test_everything_local_is_made_anew_from_the_archive_alone(here: Workplace) -> None:
    """Row by row the same, marks of finished runs too; the documentation knows whatever else is in the folder."""
    state = here.settings.state
    known, before, dump = {path.name for path in state.iterdir()}, rows(here), here.index.dump()
    marks = {verdict().bundle_id, verdict(window="2026-W48").bundle_id}
    for path in state.iterdir():
        if path.name not in ("archive", "keys"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = rebuild(here)

    assert rows(here) == before
    assert here.index.dump() == dump
    assert (done.same, done.acts, done.cases) == (None, len(before["acts"]), len(before["cases"]))
    assert {path.name for path in (state / "done").iterdir()} == marks
    assert len({case.kind for case in here.index.cases()}) == 5
    assert known <= set(re.findall(r"`([\w.-]+)`", FORMATS.read_text()))
    assert verify_archive(here.archive).ok


@pytest.mark.long
def test_a_run_that_died_before_its_cases_is_not_called_finished(here: Workplace) -> None:
    """Its bundle stands and its findings are before nobody: it must be repeated."""
    died = verdict(system="early-help", window="2026-W50", start=datetime(2026, 12, 7, tzinfo=UTC),
                   end=datetime(2026, 12, 14, tzinfo=UTC))  # fmt: skip
    members = run_members(died, "id: early-help\n", {})
    statement = run_statement(died, members, origin=here.settings.origin, created=datetime.now(UTC))
    body = build_bundle(bundle_id=died.bundle_id, members=members, statement=statement, signer=here.keys.statement)
    store_bundle(here.archive, run_key(died), body)
    here.mark_done(died)
    rebuild(here)

    assert not here.is_done(died.bundle_id)
    assert here.is_done(verdict().bundle_id)
