"""What is gone is told apart from what has expired, and an altered seal is named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.evidence import Keys, LockRule, store_bundle, verify_archive
from tests.evidence_builders import ORIGIN, fill, make_run

LONG_AGO = datetime(2008, 9, 1, tzinfo=UTC)
RULE = LockRule("COMPLIANCE", 365)


@pytest.fixture
def archive(tmp_path: Path, signing_keys: Keys) -> DirectoryArchive:
    """An archive begun today with a lock of a year."""
    archive = DirectoryArchive(tmp_path)
    fill(archive, signing_keys, 0, lock=RULE)
    return archive


def put(archive: DirectoryArchive, keys: Keys, number: int, created: datetime, hour: datetime = LONG_AGO) -> str:
    """Store a run about a window of long ago, claimed to be written at `created`; its key."""
    key, body = make_run(keys, number, hour=hour, created=created)
    store_bundle(archive, key, body, log_signer=keys.log, origin=ORIGIN)
    return key


def words(archive: DirectoryArchive, key: str, now: datetime) -> list[str]:
    """What the report says of one object."""
    return [found.word for found in verify_archive(archive, now=now).findings if found.key == key]


def test_a_deleted_bundle_about_an_old_window_is_deleted_and_not_expired(
    archive: DirectoryArchive, signing_keys: Keys, tmp_path: Path
) -> None:
    """A key tells what a bundle is about; a window of 2008 that was judged today has not outlived its lock."""
    now = datetime.now(UTC)
    gone = put(archive, signing_keys, 1, now)
    put(archive, signing_keys, 2, now)
    (tmp_path / gone).unlink()

    assert words(archive, gone, now) == ["DELETED"]
    assert not verify_archive(archive, now=now).ok


def test_a_bundle_that_the_log_passed_longer_ago_than_its_lock_has_expired(
    archive: DirectoryArchive, signing_keys: Keys, tmp_path: Path
) -> None:
    """What stands after it claims a time before the lock's length, so it may be gone."""
    now = datetime.now(UTC)
    gone = put(archive, signing_keys, 1, now)
    put(archive, signing_keys, 2, now)
    (tmp_path / gone).unlink()

    assert words(archive, gone, now + timedelta(days=RULE.days + 2)) == ["EXPIRED"]


def test_the_last_bundle_never_counts_as_expired(archive: DirectoryArchive, signing_keys: Keys, tmp_path: Path) -> None:
    """Nothing after it proves its age."""
    now = datetime.now(UTC)
    gone = put(archive, signing_keys, 1, now)
    (tmp_path / gone).unlink()

    assert words(archive, gone, now + timedelta(days=RULE.days + 2)) == ["DELETED"]


def test_an_altered_name_in_a_seal_names_the_seal(
    archive: DirectoryArchive, signing_keys: Keys, tmp_path: Path
) -> None:
    """A seal that still reads as lines, but not as the lines that were signed, is told by its key."""
    now = datetime.now(UTC)
    put(archive, signing_keys, 1, now)
    put(archive, signing_keys, 2, now)
    seal = sorted((tmp_path / "log/seal").rglob("*[0-9]"))[-2]
    seal.chmod(0o644)
    seal.write_bytes(seal.read_bytes().replace(b"credit-scoring.w0001", b"credit-scoring.w0009"))

    report = verify_archive(archive, now=now)

    assert any(seal.relative_to(tmp_path).as_posix() in found.text for found in report.findings if found.word == "FORK")
