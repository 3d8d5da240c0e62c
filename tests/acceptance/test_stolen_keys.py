"""Keys that were stolen, and a store that was begun anew: the attacks that a thief of keys or buckets can make."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.keys import create_keys
from governance.adapters.timestamp import verify_token
from governance.evidence import (
    Archive,
    Keys,
    Log,
    checkpoint,
    next_root,
    publish_root,
    store_anchor,
    store_bundle,
    three_lines,
    verify_archive,
)
from governance.evidence.address import checkpoint_key
from governance.evidence.root import log_keys, trusted_keys
from tests.evidence_builders import ORIGIN, fill, make_run
from tests.servers import BUCKETS, locked_bucket
from tests.trust_builders import holders, make_authority, make_people, signatures, stamp


@dataclass
class Theft:
    """An archive whose keys were changed after a theft: the stolen ones, the new ones, a checkpoint from before."""

    archive: Archive
    stolen: Keys
    fresh: Keys
    kept: str
    position: int

    def words(self) -> set[tuple[str, str]]:
        """What fails, with the checkpoint that somebody kept."""
        report = verify_archive(self.archive, checkpoints={"mail": three_lines(self.kept).encode()})
        return {(each.word, each.key) for each in report.findings if each.fails}


@pytest.fixture
def theft(archive: Archive, signing_keys: Keys, tmp_path: Path) -> Theft:
    """Two runs under the old keys, the holders' new root file, one run under the new keys."""
    (tmp_path / "people").mkdir()
    people = make_people(tmp_path / "people", ("ed25519", "ed25519", "ed25519"))
    root, _, heads = fill(archive, signing_keys, 2, holders=holders(people), threshold=2)
    fresh, position = create_keys(tmp_path / "fresh", name="fresh-2027"), len(Log.load(archive))
    old = frozenset(key.keyid for key in (*root.statement, *root.log))
    new = {"statement": trusted_keys(fresh)[0], "log": log_keys(fresh)}
    following = next_root(root, position=position, revoked=old, **new)
    publish_root(archive, following, signatures(people, following, "ada", "eve"))
    key, body = make_run(fresh, 5)
    store_bundle(archive, key, body, log_signer=fresh.log, origin=ORIGIN)
    return Theft(archive, signing_keys, fresh, heads[1], position)


def test_what_a_thief_signs_is_named_and_what_was_signed_before_stands(theft: Theft) -> None:
    """A statement with the stolen key, dated back an hour; a head with the stolen log key: each can only be new."""
    honest = theft.words()
    key, body = make_run(theft.stolen, 6, created=datetime.now(UTC) - timedelta(hours=1))
    store_bundle(theft.archive, key, body)
    size = len(Log.load(theft.archive))
    checkpoint(theft.archive, theft.stolen.log, ORIGIN)

    assert honest == set()
    assert theft.words() == {("REVOKED KEY", key), ("REVOKED KEY", checkpoint_key(size))}


@pytest.fixture(params=BUCKETS)
def buckets(request: pytest.FixtureRequest) -> tuple[Archive, Archive]:
    """Two empty buckets of one server."""
    server = request.getfixturevalue(request.param)
    return locked_bucket(server), locked_bucket(server)


@pytest.mark.long
@pytest.mark.servers
def test_a_bucket_made_anew_is_younger_than_the_time_stamps_over_it_until_the_holders_say_why(
    buckets: tuple[Archive, Archive], signing_keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every object put again into another bucket: all agrees, but the store's dates. One line tells how many.

    In every run an owner's signed act shows the same (test_one_owners_act.py). The slack for clocks is set to nothing,
    so that the test need not wait five minutes.
    """
    monkeypatch.setattr("governance.evidence.witness.CLOCK_SLACK", timedelta())
    first, anew = buckets
    authority, people = make_authority(tmp_path), make_people(tmp_path)
    pem = (authority / "tsa.pem").read_bytes()
    root, _, _ = fill(first, signing_keys, 2, authorities=pem, holders=holders(people), threshold=2)
    size = len(Log.load(first))
    time.sleep(1.1)  # dates are whole seconds
    store_anchor(first, size, "tsa", stamp(authority, first.get(checkpoint_key(size))))
    honest = verify_archive(first, timestamps=verify_token)
    time.sleep(1.1)

    for key in first.list(""):
        anew.put_new(key, first.get(key))
    report = verify_archive(anew, timestamps=verify_token)
    following = next_root(root, position=len(Log.load(anew)), moved_at=datetime.now(UTC))
    publish_root(anew, following, signatures(people, following, "ada", "eve"))
    explained = verify_archive(anew, timestamps=verify_token)

    assert honest.ok, honest.lines()
    (finding,) = [each for each in report.findings if each.fails]
    assert finding.word == "STORED LATER THAN ANCHORED"
    assert finding.text.startswith(f"{size} objects; this one stored ")
    assert ", time-stamped " in finding.text
    assert explained.ok, explained.lines()
    assert [each.word for each in explained.findings if each.word == "MOVED"]
