"""Every attack of the design, really carried out on a folder and on S3 servers, and named by verify."""

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.evidence import (
    Archive,
    Keys,
    LockRule,
    Log,
    Report,
    build_bundle,
    bundle_key,
    checkpoint,
    decision_statement,
    heartbeat_id,
    heartbeat_statement,
    initialise_archive,
    seal,
    store_bundle,
    sweep,
    three_lines,
    verify_archive,
)
from governance.evidence.address import checkpoint_key, seal_key
from governance.evidence.canonical import canonical_json
from governance.evidence.checkpoint import sign_checkpoint
from governance.evidence.log import Entry, entry_of, print_seal
from governance.evidence.note import Checkpoint, parse_checkpoint
from tests.acceptance.test_seaweed import client
from tests.evidence_builders import HOUR, ORIGIN, fill, make_run
from tests.servers import BUCKETS, S3Server, locked_bucket


class Attacker(Protocol):
    """Someone who owns the store: can delete, replace and add."""

    @property
    def archive(self) -> Archive:
        """The store."""

    def delete(self, key: str) -> None:
        """Remove the object for good."""

    def replace(self, key: str, body: bytes) -> None:
        """Put other bytes in the place of the record."""


class FolderOwner:
    """Owns the folder."""

    def __init__(self, folder: Path) -> None:
        self.archive, self._folder = DirectoryArchive(folder), folder

    def delete(self, key: str) -> None:
        """Unlink the file."""
        (self._folder / key).unlink()

    def replace(self, key: str, body: bytes) -> None:
        """Write over the file."""
        (self._folder / key).chmod(0o644)
        (self._folder / key).write_bytes(body)


class BucketOwner:
    """Has the admin's key of a bucket whose objects were not locked."""

    def __init__(self, server: S3Server) -> None:
        self.archive, self.s3 = locked_bucket(server), client(server, server.admin)
        self.bucket = self.archive.name[5:].partition("?")[0]

    def delete(self, key: str) -> None:
        """Delete every version."""
        for version in list(self.archive.versions(key)):
            if version.key == key:
                self.s3.delete_object(Bucket=self.bucket, Key=key, VersionId=version.version_id)

    def replace(self, key: str, body: bytes) -> None:
        """Delete, and put again."""
        self.delete(key)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)


@pytest.fixture(params=["folder", *BUCKETS])
def attacker(request: pytest.FixtureRequest, tmp_path: Path) -> Attacker:
    """An attacker and their empty archive."""
    if request.param == "folder":
        return FolderOwner(tmp_path / "archive")
    return BucketOwner(request.getfixturevalue(request.param))


@pytest.fixture(params=BUCKETS)
def bucket_owner(request: pytest.FixtureRequest) -> BucketOwner:
    """An attacker on S3, for what only S3 has."""
    return BucketOwner(request.getfixturevalue(request.param))


def said(report: Report, word: str) -> list[str]:
    """The keys that a word was said of; the report as a whole must have failed."""
    assert not report.ok, report.lines()
    assert report.lines()[-1].startswith("NOT VERIFIED")
    return [finding.key for finding in report.findings if finding.word == word]


def verify(archive: Archive, *kept: str, **options: Any) -> Report:
    """Verify, with checkpoints kept outside as three lines each."""
    held = {f"mail{number}": three_lines(note).encode() for number, note in enumerate(kept)}
    return verify_archive(archive, checkpoints=held, **options)


def rewrite(attacker: Attacker, keys: Keys, entries: Sequence[Entry]) -> None:
    """The operator, who has the log key, writes another history: all seals in one, and one checkpoint over it."""
    for key in list(attacker.archive.list("log/")):
        attacker.delete(key)
    attacker.archive.put_new(seal_key(0), print_seal(entries))
    log = Log(entries)
    head = sign_checkpoint(Checkpoint(ORIGIN, len(log), log.root()), keys.log)
    attacker.archive.put_new(checkpoint_key(len(log)), head)


def test_an_overwritten_bundle_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """Better numbers in the place of the record, even correctly signed."""
    _, keys, _ = fill(attacker.archive, signing_keys, 3)

    attacker.replace(keys[1], make_run(signing_keys, 1, flowRun="better")[1])

    assert said(verify(attacker.archive), "ALTERED") == [keys[1]]


@pytest.mark.servers
def test_a_version_laid_over_the_record_is_named(bucket_owner: BucketOwner, signing_keys: Keys) -> None:
    """The record is the oldest version, and the report says that the current one is not it."""
    _, keys, _ = fill(bucket_owner.archive, signing_keys, 2)

    bucket_owner.s3.put_object(Bucket=bucket_owner.bucket, Key=keys[0], Body=b"better numbers")

    report = verify(bucket_owner.archive)
    assert said(report, "OVERWRITTEN") == [keys[0]]
    assert "current is NOT the record" in "".join(report.lines())
    assert said(report, "ALTERED") == []


@pytest.mark.servers
def test_what_an_honest_loser_of_a_race_leaves_is_a_note(bucket_owner: BucketOwner, signing_keys: Keys) -> None:
    """Where If-None-Match is ignored, a second writer of the same run and a second sealer leave versions at once."""
    _, keys, _ = fill(bucket_owner.archive, signing_keys, 2)
    late = make_run(signing_keys, 0, flowRun="another")[1]
    sealed_elsewhere = print_seal(list(Log.load(bucket_owner.archive))[-1:])

    for key, body in ((keys[0], late), (seal_key(6), sealed_elsewhere)):
        bucket_owner.s3.put_object(Bucket=bucket_owner.bucket, Key=key, Body=body)

    report = verify(bucket_owner.archive)
    assert report.ok, report.lines()
    assert [(each.word, each.key) for each in report.findings] == [("LOST RACE", keys[0]), ("LOST RACE", seal_key(6))]


@pytest.mark.servers
def test_a_seal_laid_over_the_record_that_names_what_is_not_logged_is_no_lost_race(
    bucket_owner: BucketOwner, signing_keys: Keys
) -> None:
    """Only what the log stands by is honest."""
    _, keys, _ = fill(bucket_owner.archive, signing_keys, 1)

    forged = print_seal([entry_of(keys[0], b"better numbers")])
    bucket_owner.s3.put_object(Bucket=bucket_owner.bucket, Key=seal_key(6), Body=forged)

    assert said(verify(bucket_owner.archive), "OVERWRITTEN") == [seal_key(6)]


def test_a_deleted_bundle_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """No version holds the logged digest."""
    _, keys, _ = fill(attacker.archive, signing_keys, 2)

    attacker.delete(keys[0])

    assert said(verify(attacker.archive), "DELETED") == [keys[0]]


@pytest.mark.servers
def test_a_delete_marker_is_named_and_the_record_is_still_read(bucket_owner: BucketOwner, signing_keys: Keys) -> None:
    """A marker hides the object from a plain GET; who laid it and when is said."""
    _, keys, _ = fill(bucket_owner.archive, signing_keys, 2)

    bucket_owner.s3.delete_object(Bucket=bucket_owner.bucket, Key=keys[0])

    report = verify(bucket_owner.archive)
    assert said(report, "DELETE MARKER") == [keys[0]]
    assert report.bundles_read == 2


@pytest.mark.servers
def test_a_forgery_put_back_after_a_marker_is_named(bucket_owner: BucketOwner, signing_keys: Keys) -> None:
    """If-None-Match succeeds over a marker: the digest decides."""
    _, keys, _ = fill(bucket_owner.archive, signing_keys, 1)

    bucket_owner.s3.delete_object(Bucket=bucket_owner.bucket, Key=keys[0])
    bucket_owner.s3.put_object(Bucket=bucket_owner.bucket, Key=keys[0], Body=b"forged")

    report = verify(bucket_owner.archive)
    assert said(report, "OVERWRITTEN") == said(report, "DELETE MARKER") == [keys[0]]


def test_a_cut_tail_shows_by_a_checkpoint_from_outside_only(attacker: Attacker, signing_keys: Keys) -> None:
    """Newest bundle, seal and checkpoint removed: inside all is well, the mail proves more."""
    _, keys, heads = fill(attacker.archive, signing_keys, 3)

    for key in (keys[2], seal_key(8), checkpoint_key(9)):
        attacker.delete(key)

    assert verify(attacker.archive).ok
    assert "PROVISIONAL" in verify(attacker.archive).strength
    assert said(verify(attacker.archive, heads[2]), "TRUNCATED") == ["mail0"]
    assert verify(attacker.archive, heads[1]).ok


def test_a_cut_tail_shows_by_the_silence_of_the_heartbeat(attacker: Attacker, signing_keys: Keys) -> None:
    """With a heartbeat every hour, an archive that ends three hours ago is cut or dead."""
    now = datetime.now(UTC)
    initialise_archive(attacker.archive, signing_keys, ORIGIN, heartbeat_seconds=3600)
    beat(attacker.archive, signing_keys, now)

    assert verify(attacker.archive, now=now).ok
    assert said(verify(attacker.archive, now=now + timedelta(hours=3)), "LOG SILENT") == [""]


def beat(archive: Archive, keys: Keys, now: datetime, expected: Sequence[str] = (), seen: Sequence[str] = ()) -> str:
    """Store one heartbeat."""
    name = heartbeat_id(now)
    key = bundle_key(name, now)
    statement = heartbeat_statement(
        archive=ORIGIN, key=key, created=now, start=now - timedelta(hours=1), end=now, registry="0" * 64,
        expected=expected, seen=seen,
    )  # fmt: skip
    body = build_bundle(bundle_id=name, members={"runs.txt": b""}, statement=statement, signer=keys.statement)
    store_bundle(archive, key, body, log_signer=keys.log, origin=ORIGIN)
    return key


def test_a_run_that_never_happened_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """The heartbeat lists it as due and missing; one that it saw and the log lacks fails."""
    _, keys, _ = fill(attacker.archive, signing_keys, 1)
    never = bundle_key("credit-scoring.w0009.r0", HOUR)
    now = datetime.now(UTC)

    beat(attacker.archive, signing_keys, now, expected=[*keys, never], seen=keys)
    honest = verify(attacker.archive)
    beat(attacker.archive, signing_keys, now + timedelta(hours=1), expected=[never], seen=[never])

    assert honest.ok
    assert [(each.word, each.key) for each in honest.findings] == [("MISSING RUN", never)]
    assert said(verify(attacker.archive, now=now + timedelta(hours=2)), "MISSING RUN")[1:] == [never]


def test_a_planted_bundle_outside_the_log_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """Back-dated by its key, never logged."""
    fill(attacker.archive, signing_keys, 1)
    key, body = make_run(signing_keys, 7, hour=datetime(2025, 1, 1, tzinfo=UTC))

    attacker.archive.put_new(key, body)

    assert said(verify(attacker.archive), "NOT IN LOG") == [key]


def test_a_backdated_bundle_in_the_log_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """It claims a time long before what stands before it."""
    fill(attacker.archive, signing_keys, 1)
    key, body = make_run(
        signing_keys, 7, hour=datetime(2025, 1, 1, tzinfo=UTC), created=datetime(2025, 1, 1, tzinfo=UTC)
    )

    store_bundle(attacker.archive, key, body, log_signer=signing_keys.log, origin=ORIGIN)

    assert said(verify(attacker.archive), "BACKDATED") == [key]


def test_a_bundle_copied_to_another_key_is_a_replay(attacker: Attacker, signing_keys: Keys) -> None:
    """Last month's good result as this month's."""
    _, keys, _ = fill(attacker.archive, signing_keys, 1)
    again = keys[0].replace("w0000", "w0005")

    attacker.archive.put_new(again, attacker.archive.get(keys[0]))
    seal(attacker.archive, [again])

    assert set(said(verify(attacker.archive), "REPLAYED")) == {again}


def test_a_bundle_of_another_archive_is_a_replay(attacker: Attacker, signing_keys: Keys) -> None:
    """The same keys sign for two archives; a record of one is no record of the other."""
    fill(attacker.archive, signing_keys, 1)
    key, body = make_run(signing_keys, 3, archive="example.org/other")

    store_bundle(attacker.archive, key, body)

    assert said(verify(attacker.archive), "REPLAYED") == [key]


def test_a_line_twice_in_the_log_is_a_replay(attacker: Attacker, signing_keys: Keys) -> None:
    """One object, one line."""
    _, keys, _ = fill(attacker.archive, signing_keys, 2)

    attacker.archive.put_new(seal_key(8), attacker.archive.get(seal_key(6)))

    assert said(verify(attacker.archive), "REPLAYED") == [keys[0]]


def test_a_history_rewritten_by_the_holder_of_the_log_key_shows_outside(attacker: Attacker, signing_keys: Keys) -> None:
    """Everything inside agrees with itself; one kept checkpoint turns it into a fork."""
    _, keys, heads = fill(attacker.archive, signing_keys, 3)
    forged = make_run(signing_keys, 1, flowRun="better")[1]
    entries = [entry_of(keys[1], forged) if entry.key == keys[1] else entry for entry in Log.load(attacker.archive)]

    attacker.replace(keys[1], forged)
    rewrite(attacker, signing_keys, entries)

    assert verify(attacker.archive).ok
    assert said(verify(attacker.archive, heads[1]), "FORK") == ["mail0"]
    assert verify(attacker.archive, heads[0]).ok


def test_two_signed_histories_in_one_archive_are_a_fork(attacker: Attacker, signing_keys: Keys) -> None:
    """A checkpoint of another history, correctly signed, planted among the others."""
    fill(attacker.archive, signing_keys, 3)

    attacker.delete(checkpoint_key(8))
    attacker.archive.put_new(checkpoint_key(8), sign_checkpoint(Checkpoint(ORIGIN, 8, b"x" * 32), signing_keys.log))

    assert said(verify(attacker.archive), "FORK") == [checkpoint_key(8)]


def test_a_wrong_clock_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """A claim later than the time of its storing."""
    fill(attacker.archive, signing_keys, 1)
    key, body = make_run(signing_keys, 4, created=datetime.now(UTC) + timedelta(days=3))

    store_bundle(attacker.archive, key, body)

    assert said(verify(attacker.archive), "CLOCK") == [key]


@pytest.mark.servers
def test_a_claim_long_before_its_storing_is_named_by_the_stores_own_clock(
    bucket_owner: BucketOwner, signing_keys: Keys
) -> None:
    """S3 tells when it stored the object."""
    initialise_archive(bucket_owner.archive, signing_keys, ORIGIN)
    key, body = make_run(signing_keys, 4, created=datetime.now(UTC) - timedelta(days=3))

    store_bundle(bucket_owner.archive, key, body)

    assert said(verify(bucket_owner.archive), "CLOCK") == [key]


def test_a_bundle_signed_by_a_stranger_is_named(attacker: Attacker, signing_keys: Keys, tmp_path: Path) -> None:
    """Another key, however good."""
    from governance.adapters.keys import create_keys

    fill(attacker.archive, signing_keys, 1)
    key, body = make_run(create_keys(tmp_path / "stranger"), 4)

    store_bundle(attacker.archive, key, body)

    assert said(verify(attacker.archive), "UNKNOWN KEY") == [key]


def test_a_hole_in_the_seals_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """The name of a seal is the number of lines before it."""
    fill(attacker.archive, signing_keys, 3)

    attacker.delete(seal_key(7))

    assert said(verify(attacker.archive), "SEAL HOLE") == [seal_key(7)]


def test_all_checkpoints_removed_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """A log that nobody signed."""
    fill(attacker.archive, signing_keys, 1)

    for key in list(attacker.archive.list("log/checkpoint/")):
        attacker.delete(key)

    assert said(verify(attacker.archive), "NO CHECKPOINT") == ["log/checkpoint/"]


def test_a_checkpoint_of_another_origin_is_named(attacker: Attacker, signing_keys: Keys) -> None:
    """Same key, other log."""
    fill(attacker.archive, signing_keys, 2)
    head = parse_checkpoint(three_lines(attacker.archive.get(checkpoint_key(7))), "x")

    attacker.replace(checkpoint_key(7), sign_checkpoint(Checkpoint("example.org/b", 7, head.root), signing_keys.log))

    assert said(verify(attacker.archive), "FOREIGN CHECKPOINT") == [checkpoint_key(7)]


def soon(**span: int) -> datetime:
    """A moment from now, to the second."""
    return (datetime.now(UTC) + timedelta(**span)).replace(microsecond=0)


@pytest.mark.servers
def test_weak_locks_are_named(bucket_owner: BucketOwner, signing_keys: Keys) -> None:
    """GOVERNANCE, too short, none at all: each against the rule of the root file."""
    archive, s3, bucket = bucket_owner.archive, bucket_owner.s3, bucket_owner.bucket
    good = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": soon(days=10)}
    locks: list[dict[str, Any]] = [
        good,
        good | {"ObjectLockMode": "GOVERNANCE"},
        good | {"ObjectLockRetainUntilDate": soon(days=1)},
        {},
    ]
    rule = LockRule("COMPLIANCE", 10)
    log = Log()
    initialise_archive(archive, signing_keys, ORIGIN, lock=rule, retain_until=soon(days=10))
    keys = []
    for number, lock in enumerate(locks):
        key, body = make_run(signing_keys, number)
        s3.put_object(Bucket=bucket, Key=key, Body=body, **lock)
        seal(archive, [key], log=log, retain_until=soon(days=10))
        keys.append(key)
    checkpoint(archive, signing_keys.log, ORIGIN, log=log, retain_until=soon(days=10))

    report = verify(archive)

    assert said(report, "WEAK LOCK") == keys[1:]
    assert [finding.word for finding in report.findings] == ["WEAK LOCK"] * 3


@pytest.mark.servers
def test_an_upload_in_parts_on_a_seal_is_ignored_and_named(bucket_owner: BucketOwner, signing_keys: Keys) -> None:
    """AWS orders such a version by its beginning, so it could pose as the oldest."""
    fill(bucket_owner.archive, signing_keys, 1)
    s3, place = bucket_owner.s3, {"Bucket": bucket_owner.bucket, "Key": seal_key(7)}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"planted")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}

    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)

    assert said(verify(bucket_owner.archive), "IGNORED") == [seal_key(7)]
    key, body = make_run(signing_keys, 1)
    assert store_bundle(bucket_owner.archive, key, body).index == 7


def test_a_planted_bundle_is_not_swept_into_the_log_under_a_false_key(attacker: Attacker, signing_keys: Keys) -> None:
    """The sweep seals only what its own statement places there."""
    _, keys, _ = fill(attacker.archive, signing_keys, 1)
    false = keys[0].replace("/05/", "/06/")

    attacker.archive.put_new(false, attacker.archive.get(keys[0]))

    assert sweep(attacker.archive) == [false]
    assert said(verify(attacker.archive), "NOT IN LOG") == [false]


def decide(archive: Archive, keys: Keys, seen: dict[str, Any], sign: Any, signed: dict[str, Any] | None = None) -> str:
    """Store a decision that a person signed with their SSH key."""
    name = "REM-0042.0001"
    key = bundle_key(name, HOUR)
    act = canonical_json({"verb": "accept-risk", "checkpoint_seen": signed or seen})
    statement = decision_statement(
        archive=ORIGIN, key=key, created=datetime.now(UTC), action="accept-risk", case="REM-0042", decided_by="ada",
        decided_at=datetime.now(UTC), reason="known", strength="ssh", checkpoint_seen=seen,
    )  # fmt: skip
    members = {"act.json": act, "act.json.sig": sign(act)}
    body = build_bundle(bundle_id=name, members=members, statement=statement, signer=keys.statement)
    store_bundle(archive, key, body, log_signer=keys.log, origin=ORIGIN)
    return key


@pytest.fixture
def ssh_key(tmp_path: Path) -> Path:
    """Ada's own key."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no OpenSSH")
    path = tmp_path / "ada"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def ssh_sign(key: Path, body: bytes, namespace: str = "aims-decision") -> bytes:
    """What `ssh-keygen -Y sign` makes of it."""
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout


def seen_in(note: str) -> dict[str, Any]:
    """A checkpoint as a decision states it."""
    origin, size, root = three_lines(note).split()
    return {"origin": origin, "size": int(size), "root": root}


def test_an_owner_who_signed_a_decision_is_a_witness(
    directory_archive: DirectoryArchive, signing_keys: Keys, ssh_key: Path
) -> None:
    """Their signature holds the checkpoint they saw, and a later rewrite shows by it."""
    holders = {"ada": ssh_key.with_suffix(".pub").read_text()}
    _, keys, heads = fill(directory_archive, signing_keys, 3, holders=holders, threshold=1)

    key = decide(directory_archive, signing_keys, seen_in(heads[1]), lambda act: ssh_sign(ssh_key, act))

    report = verify(directory_archive)
    assert report.ok, report.lines()
    assert "1 owner decision to entry 9; 2 entries PROVISIONAL" in report.strength
    assert key
    assert keys


def test_a_rewrite_that_keeps_an_owners_decision_is_a_fork(tmp_path: Path, signing_keys: Keys, ssh_key: Path) -> None:
    """The operator can rewrite the log, not what Ada signed."""
    attacker = FolderOwner(tmp_path / "archive")
    _, keys, heads = fill(attacker.archive, signing_keys, 3, holders={"ada": ssh_key.with_suffix(".pub").read_text()})
    decision = decide(attacker.archive, signing_keys, seen_in(heads[1]), lambda act: ssh_sign(ssh_key, act))
    forged = make_run(signing_keys, 1, flowRun="better")[1]
    entries = [entry_of(keys[1], forged) if entry.key == keys[1] else entry for entry in Log.load(attacker.archive)]

    attacker.replace(keys[1], forged)
    rewrite(attacker, signing_keys, entries)

    assert said(verify(attacker.archive), "FORK") == [decision]


def test_words_put_into_an_owners_mouth_are_no_witness(
    directory_archive: DirectoryArchive, signing_keys: Keys, ssh_key: Path
) -> None:
    """The statement names another checkpoint than the one that the person signed."""
    _, _, heads = fill(directory_archive, signing_keys, 3)

    sign = lambda act: ssh_sign(ssh_key, act)  # noqa: E731
    decide(directory_archive, signing_keys, seen_in(heads[1]), sign, signed=seen_in(heads[0]))

    report = verify(directory_archive)
    assert report.ok
    assert "decision" not in report.strength


@pytest.mark.parametrize("namespace", ["aims-root", "file"])
def test_a_signature_made_for_another_purpose_is_refused(
    directory_archive: DirectoryArchive, signing_keys: Keys, ssh_key: Path, namespace: str
) -> None:
    """The namespace separates what a key may be used for."""
    _, _, heads = fill(directory_archive, signing_keys, 1)

    key = decide(directory_archive, signing_keys, seen_in(heads[0]), lambda act: ssh_sign(ssh_key, act, namespace))

    assert said(verify(directory_archive), "BAD SIGNATURE") == [key]
