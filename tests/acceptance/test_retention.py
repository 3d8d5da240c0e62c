"""What proves a bundle stays locked as long as the bundle: locks read from real servers, never taken on trust."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.retention import extend_retention, read_retention
from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import SeaweedFS
from governance.adapters.workplace import Workplace
from governance.evidence import Keys, LockRule, Log, store_bundle, verify_archive
from tests.evidence_builders import ORIGIN, fill, make_run
from tests.prefect_server import Run
from tests.servers import BUCKETS, locked_bucket


@pytest.fixture(params=BUCKETS)
def bucket(request: pytest.FixtureRequest) -> S3Archive:
    """An empty locked bucket on each server."""
    return locked_bucket(request.getfixturevalue(request.param))


def soon(**span: int) -> datetime:
    """A moment from now, to the second."""
    return (datetime.now(UTC) + timedelta(**span)).replace(microsecond=0)


def ends(archive: S3Archive, prefix: str) -> set[datetime]:
    """The moments at which the locks under a prefix end, by HEAD."""
    return {lock.until for key in archive.list(prefix) if (lock := archive.lock_of(key))}


@pytest.mark.servers
def test_the_log_and_its_keys_are_locked_until_the_last_bundle_is_free(bucket: S3Archive, signing_keys: Keys) -> None:
    """Seals of a system kept for days prove the bundle of a system kept for years; a second run changes nothing."""
    fill(bucket, signing_keys, 2, lock=LockRule("COMPLIANCE", 5), retain_until=soon(days=5))
    until, now = soon(days=3650), datetime.now(UTC)
    store_bundle(bucket, *make_run(signing_keys, 7), until, log_signer=signing_keys.log, origin=ORIGIN)

    done = extend_retention(bucket, now)
    again = extend_retention(bucket, now)

    assert done
    before, after = done
    assert len(before.short) == len(list(bucket.list("log/"))) + len(list(bucket.list("trust/"))) - 2
    assert after.short == after.expired == ()
    assert f"locked until {until:%Y-%m-%d}: log/ and trust/ reach it" in str(after)
    assert ends(bucket, "log/") == ends(bucket, "trust/") == {until}
    assert len(ends(bucket, "bundle/")) == 2
    assert again == (after, after)
    assert verify_archive(bucket).ok


@pytest.mark.servers
def test_a_lock_that_has_ended_is_a_finding_while_a_bundle_is_locked(bucket: S3Archive, signing_keys: Keys) -> None:
    """Looked at ten days on: the seals are free, the bundle that they prove is not; another bundle's time is over."""
    _, (first, *_), _ = fill(bucket, signing_keys, 1, retain_until=soon(days=5))
    store_bundle(bucket, *make_run(signing_keys, 7), soon(days=90), log=Log(), log_signer=None)

    found = read_retention(bucket, soon(days=10))

    assert found
    failing = {each.key for each in found.expired if each.fails}
    assert {each.word for each in found.expired} == {"EXPIRED LOCK"}
    assert [each.key for each in found.expired if not each.fails] == [first]
    assert "trust/root/0001.json" in failing
    assert "log/seal/000/000/000" in failing
    assert f"EXPIRED LOCK on {len(failing)} of them" in str(found)


@pytest.mark.long
@pytest.mark.servers
def test_the_flow_says_how_many_it_extended(
    seaweed: SeaweedFS, signing_keys: Keys, workplace: Workplace, runs: Run
) -> None:
    """The weekly deployment of prefect.yaml, run by Prefect, with the key that a worker has."""
    bucket = locked_bucket(seaweed)
    fill(bucket, signing_keys, 1, retain_until=soon(days=5))
    store_bundle(bucket, *make_run(signing_keys, 7), soon(days=90))
    environment = {"AIMS_ARCHIVE": bucket.name, **seaweed.admin.environment()}
    flow = {"flow": "flows.retention:extend_retention", "arguments": {}, "environment": environment}

    told = runs(workplace.settings.state, "", **flow)

    assert told["name"] == "Completed"
    assert told["message"].startswith("10 extended; 13 objects")
    assert "log/ and trust/ reach it" in told["message"]


def test_a_folder_has_no_locks_to_extend(directory_archive: DirectoryArchive) -> None:
    """It is said, not passed over."""
    assert extend_retention(directory_archive, datetime.now(UTC)) is None
