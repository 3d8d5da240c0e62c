"""A bundle that waited for the archive is late, and says so first; one that only claims an old time is back-dated."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.evidence import (
    Archive,
    Keys,
    Log,
    Report,
    Scope,
    initialise_archive,
    store_bundle,
    sweep,
    verify_archive,
)
from governance.evidence.anchor import Anchor
from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.audit_times import report_times
from governance.evidence.delivery import OUTBOX, declare_late, declare_strays, late_bundles
from governance.evidence.log import Entry
from tests.evidence_builders import DIGEST, ORIGIN, fill, make_run

NOW = datetime.now(UTC).replace(microsecond=0)
FRIDAY = NOW - timedelta(hours=62)


def weekend(keys: Keys, number: int = 7) -> tuple[str, bytes]:
    """A bundle signed before a weekend without an archive."""
    return make_run(keys, number, hour=FRIDAY, created=FRIDAY)


def findings(report: Report, key: str) -> list[tuple[str, bool]]:
    """Words said of a key, and whether they fail."""
    return [(each.word, each.fails) for each in report.findings if each.key == key]


def test_an_announced_bundle_is_late_and_the_archive_stays_whole(archive: Archive, signing_keys: Keys) -> None:
    """The note says how late, and which signed line announced it."""
    fill(archive, signing_keys, 1)
    key, body = weekend(signing_keys)

    notice = declare_late(archive, signing_keys, ORIGIN, [(key, body)], NOW)
    store_bundle(archive, key, body, log_signer=signing_keys.log, origin=ORIGIN)

    report = verify_archive(archive)
    assert report.ok, report.lines()
    assert findings(report, key) == [("LATE", False)]
    (line,) = [line for line in report.lines() if "LATE" in line]
    assert "62 h after the time it claims" in line
    assert str(notice) in line


def test_the_same_bundle_unannounced_is_back_dated(directory_archive: Archive, signing_keys: Keys) -> None:
    """Nothing in the bundle tells it from a forged date, so it fails."""
    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)

    store_bundle(directory_archive, key, body)

    assert ("BACKDATED", True) in findings(verify_archive(directory_archive), key)


def test_an_announcement_afterwards_whitewashes_nothing(directory_archive: Archive, signing_keys: Keys) -> None:
    """It must stand before the bundle in the log."""
    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)

    store_bundle(directory_archive, key, body)
    declare_late(directory_archive, signing_keys, ORIGIN, [(key, body)], NOW)

    assert findings(verify_archive(directory_archive), key) == [("BACKDATED", True)]


def test_an_announcement_is_about_these_bytes(directory_archive: Archive, signing_keys: Keys) -> None:
    """Another bundle under the announced key is back-dated, and the announced one never came."""
    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)
    _, better = make_run(signing_keys, 7, hour=FRIDAY, created=FRIDAY, flowRun="better")

    declare_late(directory_archive, signing_keys, ORIGIN, [(key, body)], NOW)
    store_bundle(directory_archive, key, better)

    assert set(findings(verify_archive(directory_archive), key)) == {("BACKDATED", True), ("UNDELIVERED", False)}


def test_an_announcement_by_a_stranger_does_not_count(
    directory_archive: Archive, signing_keys: Keys, tmp_path: Path
) -> None:
    """Its own line fails, and the bundle does."""
    from governance.adapters.keys import create_keys

    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)

    notice = declare_late(directory_archive, create_keys(tmp_path / "stranger"), ORIGIN, [(key, body)], NOW)
    store_bundle(directory_archive, key, body)

    report = verify_archive(directory_archive)
    assert findings(report, str(notice)) == [("UNKNOWN KEY", True)]
    assert findings(report, key) == [("BACKDATED", True)]


def test_a_lost_outbox_shows(directory_archive: Archive, signing_keys: Keys) -> None:
    """What was announced and never came is named, and no failure of the directory_archive."""
    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)

    declare_late(directory_archive, signing_keys, ORIGIN, [(key, body)], NOW)

    report = verify_archive(directory_archive)
    assert report.ok
    assert findings(report, key) == [("UNDELIVERED", False)]


def test_announcing_again_after_a_kill_changes_nothing(directory_archive: Archive, signing_keys: Keys) -> None:
    """The same bundles make the same line."""
    initialise_archive(directory_archive, signing_keys, ORIGIN)
    late = [weekend(signing_keys, number) for number in (1, 2)]

    first = declare_late(directory_archive, signing_keys, ORIGIN, late, NOW)
    again = declare_late(directory_archive, signing_keys, ORIGIN, late[::-1], NOW + timedelta(hours=1))

    assert first == again
    assert len(Log.load(directory_archive)) == 7


def test_what_is_young_or_no_bundle_is_not_announced(directory_archive: Archive, signing_keys: Keys) -> None:
    """A minute in the outbox needs no word."""
    initialise_archive(directory_archive, signing_keys, ORIGIN)
    young = make_run(signing_keys, 1, created=NOW - timedelta(minutes=1))

    assert declare_late(directory_archive, signing_keys, ORIGIN, [young, ("bundle/x.tar", b"noise")], NOW) is None
    assert late_bundles([young, weekend(signing_keys)], NOW)[0].created == FRIDAY
    assert len(Log.load(directory_archive)) == 6


def test_a_stray_of_a_killed_writer_is_announced_before_it_is_swept(
    directory_archive: Archive, signing_keys: Keys
) -> None:
    """Put on Friday, sealed on Monday: a plain directory has no date of its own to prove it by."""
    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)
    directory_archive.put_new(key, body)

    notice = declare_strays(directory_archive, signing_keys, ORIGIN, Log.load(directory_archive), NOW)
    assert sweep(directory_archive) == []

    report = verify_archive(directory_archive)
    assert notice
    assert report.ok, report.lines()
    assert findings(report, key) == [("LATE", False)]


def test_announcements_are_read_whatever_the_scope(directory_archive: DirectoryArchive, signing_keys: Keys) -> None:
    """Verifying one system must not call its late bundle back-dated."""
    fill(directory_archive, signing_keys, 1)
    key, body = weekend(signing_keys)
    declare_late(directory_archive, signing_keys, ORIGIN, [(key, body)], NOW)
    store_bundle(directory_archive, key, body)

    report = verify_archive(directory_archive, scope=Scope("credit-scoring", FRIDAY))

    assert findings(report, key) == [("LATE", False)]


def entry(index: int, claimed: datetime, stored: datetime | None = None) -> EntryFacts:
    """What an entry showed."""
    return EntryFacts(index, Entry(DIGEST, f"bundle/{index}"), claimed_at=claimed, stored_at=stored)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (FRIDAY + timedelta(minutes=1), ["LATE"]),
        (NOW, ["CLOCK", "BACKDATED"]),
        (None, ["BACKDATED"]),
    ],
    ids=["in the store since Friday", "in the store since today", "no date of the store"],
)
def test_the_date_of_the_store_tells_late_sealing_from_back_dating(stored: datetime | None, words: list[str]) -> None:
    """A time stamp of today over what stands before it, and a claim of Friday."""
    report = Report("x")
    facts = [entry(0, FRIDAY - timedelta(hours=1), FRIDAY), entry(1, FRIDAY, stored)]

    report_times(facts, [Anchor("log/anchor/1", 1, NOW)], report, NOW, stored=True)

    assert [each.word for each in report.findings] == words
    assert report.ok is (words == ["LATE"])


def test_the_reason_is_in_the_signed_line(directory_archive: Archive, signing_keys: Keys) -> None:
    """An auditor reads why it was late, and which digests were promised."""
    from governance.evidence import read_bundle

    initialise_archive(directory_archive, signing_keys, ORIGIN)
    key, body = weekend(signing_keys)

    notice = declare_late(directory_archive, signing_keys, ORIGIN, [(key, body)], NOW)

    bundle = read_bundle(directory_archive.get(str(notice)))
    assert bundle.predicate["why"] == OUTBOX
    assert bundle.members["late.txt"].decode().split()[1] == key
    assert bundle.statement["subject"][1]["name"] == key
