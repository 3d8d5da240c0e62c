"""What waited in the outbox is delivered, and announced first when it waited long."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.outbox import deliver_waiting, sweep_announced
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from governance.errors import ArchiveUnavailable
from governance.evidence import Log, initialise_archive, verify_archive
from tests.evidence_builders import ORIGIN, fill, make_run

NOW = datetime.now(UTC)
KEEP = NOW + timedelta(days=1)


@pytest.fixture
def here(tmp_path: Path) -> Workplace:
    """An installation with an archive that was begun."""
    state = tmp_path / "state"
    settings = Settings(tmp_path, state, (state / "archive").as_uri(), state / "keys", ORIGIN, "", "")
    workplace = Workplace(settings)
    initialise_archive(workplace.archive, create_keys(settings.keys), ORIGIN)
    return workplace


def wait(here: Workplace, number: int, age: timedelta) -> str:
    """A signed bundle in the outbox, as a run leaves it."""
    key, body = make_run(here.keys, number, created=NOW - age)
    (here.outbox / key).parent.mkdir(parents=True, exist_ok=True)
    (here.outbox / key).write_bytes(body)
    return key


def test_bundles_of_a_weekend_are_delivered_and_the_archive_verifies(here: Workplace) -> None:
    """Each is LATE, none is an attack, and the outbox is empty."""
    fill(here.archive, here.keys, 1)
    late = [wait(here, 10 + number, timedelta(hours=62 - number)) for number in range(3)]
    young = wait(here, 20, timedelta(minutes=5))

    delivered = deliver_waiting(here, KEEP)

    report = verify_archive(here.archive)
    assert sorted(delivered) == sorted([*late, young])
    assert list(here.waiting()) == []
    assert report.ok, report.lines()
    assert sorted(each.key for each in report.findings if each.word == "LATE") == sorted(late)


def test_an_archive_that_is_still_away_leaves_everything_waiting(here: Workplace) -> None:
    """Nothing is taken out of the outbox before it is sealed."""
    key = wait(here, 1, timedelta(hours=62))
    folder = Path(here.settings.state / "archive")
    folder.rename(folder.with_name("away"))
    folder.write_text("a file where the folder was")

    with pytest.raises(ArchiveUnavailable):
        deliver_waiting(here, KEEP)

    assert [waiting for waiting, _ in here.waiting()] == [key]


def test_the_sweep_announces_what_a_killed_writer_left(here: Workplace) -> None:
    """Sealed on Monday, put on Friday."""
    fill(here.archive, here.keys, 1)
    key, body = make_run(here.keys, 5, created=NOW - timedelta(hours=62))
    here.archive.put_new(key, body)

    assert sweep_announced(here, KEEP) == []

    report = verify_archive(here.archive)
    assert isinstance(here.archive, DirectoryArchive)
    assert key in [entry.key for entry in Log.load(here.archive)]
    assert [(each.word, each.fails) for each in report.findings if each.key == key] == [("LATE", False)]
