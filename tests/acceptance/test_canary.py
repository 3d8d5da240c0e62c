"""The self-test of the store tells the truth about each kind of store."""

from datetime import UTC, datetime

import pytest

from governance.adapters.archive import open_archive
from governance.adapters.canary import try_store
from governance.adapters.directory import DirectoryArchive
from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import SeaweedFS
from governance.evidence import Keys, verify_archive
from tests.evidence_builders import fill
from tests.radosgw_server import Radosgw
from tests.servers import BUCKETS, locked_bucket


@pytest.mark.servers
def test_seaweedfs_holds_every_attack_of_the_writers_key(seaweed: SeaweedFS) -> None:
    """Delete, bypass, shorten, overwrite, wrong checksum: each really tried."""
    writer = seaweed.writer
    archive = S3Archive(seaweed.bucket, endpoint=seaweed.endpoint, credentials=(writer.key, writer.secret))

    trials = try_store(archive)

    assert [trial.name for trial in trials if not trial.held] == []
    assert len(trials) == 10
    assert str(trials[-1]).startswith("held   all in all: write-once")


@pytest.mark.servers
@pytest.mark.long
@pytest.mark.radosgw
def test_radosgw_is_write_once_with_the_reservations_that_it_is_known_for(radosgw: Radosgw) -> None:
    """It ignores If-None-Match and checksums, and drops the lock of an upload in parts; what is locked stays."""
    trials = try_store(locked_bucket(radosgw))

    assert [trial.name for trial in trials if not trial.held] == [
        "put again with If-None-Match",
        "send a wrong checksum",
        "lock an upload in parts",
        "all in all",
    ]
    assert trials[-1].meaning == "write-once, with the reservations above"


@pytest.mark.servers
def test_a_bucket_without_locks_is_called_tamper_evident_only(seaweed: SeaweedFS) -> None:
    """Object Lock off: the self-test deletes its own canary and says so."""
    from tests.acceptance.test_seaweed import client

    admin = seaweed.admin
    s3 = client(seaweed, admin)
    s3.create_bucket(Bucket="no-lock")
    s3.put_bucket_versioning(Bucket="no-lock", VersioningConfiguration={"Status": "Enabled"})
    archive = S3Archive("no-lock", endpoint=seaweed.endpoint, credentials=(admin.key, admin.secret))

    trials = {trial.name: trial.held for trial in try_store(archive)}

    assert trials["lock read back"] is False
    assert trials["all in all"] is False


def test_a_folder_is_called_tamper_evident_only_and_stays_verified(
    directory_archive: DirectoryArchive, signing_keys: Keys
) -> None:
    """The first writer wins, its owner can delete, and the canary is no evidence."""
    fill(directory_archive, signing_keys, 1)

    trials = {trial.name: trial for trial in try_store(directory_archive)}

    assert trials["put twice"].held
    assert not trials["delete a locked version"].held
    assert trials["all in all"].meaning.startswith("tamper-evident only")
    assert verify_archive(directory_archive).ok


@pytest.mark.parametrize("server", BUCKETS)
def test_seals_settle_at_once_only_where_a_second_put_is_refused(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two puts of one canary tell, once for all processes that ask."""
    store = request.getfixturevalue(server)
    for name, value in store.admin.environment().items():
        monkeypatch.setenv(name, value)
    bucket = locked_bucket(store, settle=None).name

    asked = [open_archive(bucket).settled_before for _ in range(2)]

    puts = list(open_archive(bucket).versions("canary/"))
    ages = [before and (datetime.now(UTC) - before).total_seconds() for before in asked]
    if server == "seaweed":
        assert (ages, len(puts)) == ([None, None], 1)
    else:
        assert all(age == pytest.approx(50, abs=5) for age in ages)
        assert len(puts) == 2


@pytest.mark.servers
def test_a_key_that_may_not_try_the_store_waits_until_seals_settle(seaweed: SeaweedFS) -> None:
    """Nothing is taken for granted, and nothing stops."""
    reader = seaweed.reader
    archive = S3Archive(seaweed.bucket, endpoint=seaweed.endpoint, credentials=(reader.key, reader.secret))

    before = archive.settled_before

    assert before
    assert (datetime.now(UTC) - before).total_seconds() == pytest.approx(50, abs=5)
