"""A store made anew is an attack, unless enough holders signed that the archive was copied into it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.errors import EvidenceError
from governance.evidence import Keys, Malformed, Report, initialise_archive, load_root, next_root, publish_root
from governance.evidence.anchor import Anchor
from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.audit_times import report_times
from governance.evidence.canonical import canonical_json
from governance.evidence.log import Entry
from governance.evidence.moves import pass_over_moved
from governance.evidence.root import Root, parse_root, trusted_keys
from governance.evidence.witness import report_stored_later
from tests.evidence_builders import DIGEST, ORIGIN
from tests.trust_builders import holders, make_people, signatures

MADE = datetime(2026, 11, 24, 5, tzinfo=UTC)
MOVED = MADE + timedelta(days=400)


def root_of(keys: Keys) -> Root:
    """A first root file."""
    statement, log = trusted_keys(keys)
    return Root(ORIGIN, 1, (statement,), (log,))


def judged(root: Root, *stored: datetime) -> Report:
    """What is said of bundles made at once, anchored an hour later, that the store dates so."""
    facts = [
        EntryFacts(index, Entry(DIGEST, f"bundle/{index}"), claimed_at=MADE, stored_at=date)
        for index, date in enumerate(stored)
    ]
    anchors = [Anchor("log/anchor/1", len(stored), MADE + timedelta(hours=1))]
    report = Report("x")
    pass_over_moved(facts, root, report)
    report_times(facts, anchors, report, MOVED, stored=True)
    report_stored_later(facts, anchors, [], report)
    return report


def words(report: Report) -> list[tuple[str, str, bool]]:
    """Word, key and gravity of each finding."""
    return [(each.word, each.key, each.fails) for each in report.findings]


def test_a_store_made_anew_is_named_by_every_date(signing_keys: Keys) -> None:
    """Claims and anchors are older than what the store says."""
    report = judged(root_of(signing_keys), MOVED, MOVED)

    assert {word for word, _, fails in words(report) if fails} == {"CLOCK", "STORED LATER THAN ANCHORED"}


def test_a_move_that_the_root_file_names_is_a_note(signing_keys: Keys) -> None:
    """One line says how many objects, and by when."""
    root = next_root(root_of(signing_keys), position=2, moved_at=MOVED)

    assert words(judged(root, MOVED, MOVED - timedelta(hours=3))) == [("MOVED", "trust/root/0002.json", False)]


def test_a_move_is_said_in_whole_seconds(signing_keys: Keys) -> None:
    """A folder's dates have fractions, a root file's have none."""
    root = next_root(root_of(signing_keys), position=1, moved_at=MOVED + timedelta(seconds=0.9))

    assert judged(root, MOVED + timedelta(seconds=0.4)).ok


def test_what_is_put_after_the_move_or_was_not_part_of_it_is_named_as_ever(signing_keys: Keys) -> None:
    """A move explains the first entries, up to its moment, and nothing else."""
    root = next_root(root_of(signing_keys), position=2, moved_at=MOVED)
    later = MOVED + timedelta(minutes=10)

    assert ("STORED LATER THAN ANCHORED", "bundle/1", True) in words(judged(root, MOVED, later))
    assert ("STORED LATER THAN ANCHORED", "bundle/2", True) in words(judged(root, MOVED, MOVED, MOVED))


def test_only_enough_holders_can_say_it(
    directory_archive: DirectoryArchive, signing_keys: Keys, tmp_path: Path
) -> None:
    """The operator alone, and one holder of two, cannot."""
    (tmp_path / "people").mkdir()
    people = make_people(tmp_path / "people", ("ed25519", "ed25519", "ed25519"))
    root = initialise_archive(directory_archive, signing_keys, ORIGIN, holders=holders(people), threshold=2)
    following = next_root(root, position=6, moved_at=MOVED)

    with pytest.raises(EvidenceError, match="2 signatures"):
        publish_root(directory_archive, following, signatures(people, following, "ada"))
    publish_root(directory_archive, following, signatures(people, following, "ada", "bob"))

    assert load_root(directory_archive).moves[0].size == 6


@pytest.mark.parametrize("moves", [[{"at": "tomorrow", "size": 1}], [{"at": "2026-11-24T05:00:00Z"}], [1], "x"])
def test_a_root_file_with_another_form_of_moves_is_refused(signing_keys: Keys, moves: object) -> None:
    """It is read strictly, as every part of it."""
    value = json.loads(root_of(signing_keys).to_bytes()) | {"moves": moves}

    with pytest.raises(Malformed):
        parse_root(canonical_json(value), "root")
