"""A storm of findings, and a mail server that is down: every owner gets one message, late rather than never.

The mail goes through a real SMTP server on loopback. AIMS_STORM_SYSTEMS=50 makes the storm five times greater.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from aiosmtpd.controller import Controller

from tests.case_world import BOSS, DEPUTY, REVIEWER, World, call, deploy_cases, entry, make_home, rows
from tests.prefect_server import Run, begin, free_port

pytestmark = [pytest.mark.servers, pytest.mark.long]
OWNERS = ("owner-a", "owner-b", "owner-c", "owner-d", "owner-e")
SYSTEMS = [f"system-{number:02d}" for number in range(int(os.environ.get("AIMS_STORM_SYSTEMS", "10")))]
COLUMNS = [f"c{number:03d}" for number in range(200)]


class Mailboxes:
    """Keeps what a real SMTP server was handed, by the id of the person."""

    def __init__(self) -> None:
        self.mails: dict[str, list[EmailMessage]] = {}
        self.port = free_port()
        self._server: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one mail."""
        mail = BytesParser(EmailMessage, policy=default).parsebytes(envelope.content)
        for to in envelope.rcpt_tos:
            self.mails.setdefault(to.split("@")[0], []).append(mail)
        return "250 kept"

    def up(self) -> None:
        """Answer from now on."""
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def down(self) -> None:
        """Answer no more."""
        if self._server:
            self._server.stop()
            self._server = None

    def address(self, person: str) -> str:
        """The Apprise address of a person's mail."""
        return f"mailto://127.0.0.1:{self.port}/?from=aims@example.org&to={person}@example.org&mode=insecure"


@pytest.fixture
def mail() -> Iterator[Mailboxes]:
    """Mailboxes whose server is not up yet."""
    boxes = Mailboxes()
    yield boxes
    boxes.down()


def people_by_mail(home: Path, mail: Mailboxes) -> None:
    """Everybody in people.yaml, with an address at the mail server."""
    everybody = (*OWNERS, DEPUTY, REVIEWER, BOSS)
    people = [
        {"id": one, "name": one.title(), "email": f"{one}@example.org", "notify": [mail.address(one)]}
        for one in everybody
    ]
    (home / "people.yaml").write_text(yaml.safe_dump({"people": people}))


@pytest.fixture
def stormy(tmp_path: Path, prefect_server: str, runs: Run, mail: Mailboxes) -> Iterator[World]:
    """Systems of five owners, in whose first month every one of 200 columns has moved far away."""
    home = make_home(tmp_path, systems=[], columns=len(COLUMNS))
    moved = rows("2026-01", COLUMNS, broken=False).with_columns(pl.col(COLUMNS) + 1000.0)
    moved.write_parquet(home / "predictions.parquet")
    for number, system in enumerate(SYSTEMS):
        fields = entry(system, COLUMNS, until="2026-02-01")
        fields["people"]["owner"] = OWNERS[number % len(OWNERS)]
        (home / "systems" / f"{system}.yaml").write_text(yaml.safe_dump(fields, sort_keys=False))
    people_by_mail(home, mail)
    deployment = deploy_cases(prefect_server)
    world = World(prefect_server, begin(tmp_path / "state", home), runs)
    yield world
    for one in world.case_runs():
        call(prefect_server, "DELETE", f"flow_runs/{one['id']}")
    call(prefect_server, "DELETE", f"deployments/{deployment}")


def test_two_hundred_columns_drift_in_every_system_at_once(stormy: World, mail: Mailboxes) -> None:
    """Thousands of alarms: one task a cause of a system, and one message an owner with all of theirs."""
    mail.up()
    stormy.flow("flows.sweep:sweep", systems=SYSTEMS)
    stormy.follow_up((datetime.now(UTC) + timedelta(minutes=20)).isoformat())
    stormy.follow_up((datetime.now(UTC) + timedelta(minutes=80)).isoformat())

    cases = stormy.cases()
    causes = {(one.subject, one.cause) for one in cases}
    assert len(causes) == len(cases)
    assert {one.subject for one in cases} == set(SYSTEMS)
    assert len(cases) <= 2 * len(SYSTEMS)  # what moves together has one cause
    assert sorted(one["parameters"]["case_id"] for one in stormy.case_runs()) == [one.id for one in cases]
    told = {person: [str(one["Subject"]) for one in mails] for person, mails in mail.mails.items()}
    assert {person: len(subjects) for person, subjects in told.items()} == dict.fromkeys(OWNERS, 1)
    for owner in OWNERS:
        body = mail.mails[owner][0].get_content()
        assert set(re.findall(r"Case: +(\S+)", body)) == {one.id for one in cases if one.owner == owner}


@pytest.mark.parametrize("world", [{"broken": ["2026-01"]}], indirect=True)
def test_an_owner_whose_mail_server_is_down_for_an_hour_is_told_once_it_is_up(world: World, mail: Mailboxes) -> None:
    """Each hour it is tried again; then it comes, once."""
    home = world.here.home
    fields = entry("loans", ["c000", "c001"], until="2026-02-01")
    fields["people"]["owner"] = OWNERS[0]
    (home / "systems/loans.yaml").write_text(yaml.safe_dump(fields, sort_keys=False))
    people_by_mail(home, mail)
    now = datetime.now(UTC)
    assert world.monitor("loans", "2026-01")["name"] == "Findings"
    world.follow_up((now + timedelta(minutes=30)).isoformat())
    assert mail.mails == {}
    mail.up()
    for minutes in (61, 121):
        world.follow_up((now + timedelta(minutes=minutes)).isoformat())

    assert [str(one["Subject"]) for one in mail.mails[OWNERS[0]]] == ["1 case waits for you"]
    assert set(mail.mails) == {OWNERS[0]}
