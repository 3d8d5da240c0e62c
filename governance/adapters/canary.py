"""`aims doctor --store`: really try to delete, shorten, overwrite on a canary object, and say what held."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from governance.adapters.directory import DirectoryArchive
from governance.errors import ArchiveUnavailable
from governance.evidence.archive import Archive
from governance.evidence.canary import ATTACKS, PREFIX, Trial, summary

LOCK_SECONDS = 60


def try_store(archive: Archive) -> list[Trial]:
    """Each trial made on a fresh canary object, and a last line that sums up. The object stays, locked for a minute.

    Raises:
        ArchiveUnavailable: the store did not answer, or refused the first, honest put.
    """
    key = f"{PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    trials = [*(_directory(archive, key) if isinstance(archive, DirectoryArchive) else _s3(archive, key))]
    return [*trials, Trial("all in all", all(trial.held for trial in trials), summary(trials))]


def _trial(name: str, *, held: bool) -> Trial:
    return ATTACKS[name].trial(held=held)


def _directory(archive: DirectoryArchive, key: str) -> Iterator[Trial]:
    """A folder: the first writer wins among those who use this program; its owner can do anything."""
    archive.put_new(key, b"canary")
    yield _trial("put twice", held=not archive.put_new(key, b"other") and archive.get(key) == b"canary")
    yield _trial("lock read back", held=archive.lock_of(key) is not None)
    yield _trial("delete a locked version", held=not archive.try_delete(key))


def _s3(archive: Archive, key: str) -> Iterator[Trial]:
    from governance.adapters.s3 import S3Archive  # noqa: PLC0415  boto3 costs 0.2 s

    if not isinstance(archive, S3Archive):
        return
    until = (datetime.now(UTC) + timedelta(seconds=LOCK_SECONDS)).replace(microsecond=0)
    yield _trial("lock read back", held=_put_locked(archive, key, until))
    version = next(iter(archive.versions(key))).version_id
    yield _trial("put twice", held=not archive.put_new(key, b"other") and archive.get(key) == b"canary")
    yield _trial("put again with If-None-Match", held=archive.refuses("put_object", key, Body=b"x", IfNoneMatch="*"))
    archive.refuses("put_object", key, Body=b"better")
    yield _trial("overwrite", held=archive.get(key) == b"canary")
    yield _trial("delete a locked version", held=archive.refuses("delete_object", key, VersionId=version))
    bypass = {"VersionId": version, "BypassGovernanceRetention": True}
    yield _trial("delete with bypass", held=archive.refuses("delete_object", key, **bypass))
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(seconds=LOCK_SECONDS - 5)}
    yield _trial(
        "shorten the lock", held=archive.refuses("put_object_retention", key, VersionId=version, Retention=shorter)
    )
    wrong = {"Body": b"x", "ChecksumSHA256": "A" * 43 + "="}
    yield _trial("send a wrong checksum", held=archive.refuses("put_object", f"{key}-damaged", **wrong))
    yield _trial("lock an upload in parts", held=archive.keeps_lock_of_parts(f"{key}-parts", until))


def _put_locked(archive: Archive, key: str, until: datetime) -> bool:
    """The honest put. A store that refuses or drops the lock makes it raise; the canary is then put without one."""
    try:
        return archive.put_new(key, b"canary", retain_until=until)
    except ArchiveUnavailable:
        archive.put_new(key, b"canary")
        return False
