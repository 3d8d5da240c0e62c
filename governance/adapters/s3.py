"""An archive in one versioned S3 bucket with Object Lock. The only module that imports boto3.

Each object is one PutObject with If-None-Match: *, its SHA-256 and COMPLIANCE lock headers, never in parts: some stores
drop the lock of a multipart upload. The lock is read back after each put: some stores accept the headers and drop them.
The record of a key is its oldest version that was not sent in parts, whatever If-None-Match did. Where a store ignored
the condition, the loser lays the record's bytes over its own version, so that a plain copy of the bucket is right too.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NoReturn
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from governance.adapters.store_clock import StoreClock
from governance.errors import ArchiveUnavailable, Fault, Place
from governance.evidence.archive import Lock, Version, missing_object
from governance.evidence.canary import PREFIX as CANARIES
from governance.evidence.inventory import newest_first

CONNECT_SECONDS, READ_SECONDS = 5, 20  # a loser of If-None-Match on SeaweedFS may wait 7 s
SETTLE_SECONDS = 2 * (CONNECT_SECONDS + READ_SECONDS)  # docs/formats/log.md, "Tree and checkpoints" 4
TWICE = f"{CANARIES}put-twice"
CONFLICT, PRECONDITION_FAILED = 409, 412
TAKEN, NO_ANSWER = "taken", "no answer"  # beside version ids
UNDECIDED = {TAKEN, NO_ANSWER}
GONE = {"NoSuchKey", "404", "NoSuchVersion", "MethodNotAllowed"}


class S3Archive:
    """`s3://` archive. Satisfies `governance.evidence.Archive`. Safe to share between threads."""

    def __init__(
        self,
        bucket: str,
        *,
        endpoint: str | None = None,
        region: str = "us-east-1",
        credentials: tuple[str, str] | None = None,
        settle: int | None = None,
        read_only: bool = False,
    ) -> None:
        """`settle`: how old (s) a seal must be to be signed; by default it is found out (`settled_before`)."""
        self._settle = settle
        told = {"endpoint": endpoint, "settle": settle}
        self._query = urlencode({name: value for name, value in told.items() if value is not None}, safe=":/")
        self._bucket, self._read_only = bucket, read_only
        self._client, self._clock = _client(endpoint, region, credentials), StoreClock()
        self._client.meta.events.register("after-call.s3", self._read_clock)

    @property
    def name(self) -> str:
        """`s3://bucket?endpoint=…`."""
        return f"s3://{self._bucket}" + (f"?{self._query}" if self._query else "")

    @property
    def locks(self) -> bool:
        """S3 has Object Lock; whether this bucket uses it, `lock_of` tells."""
        return True

    @property
    def settled_before(self) -> datetime | None:
        """None where the store refuses a second put; else two request timeouts ago by the store's clock."""
        seconds = self._settles()
        if not seconds:
            return None
        return datetime.now(UTC) + (self.clock.ahead or timedelta()) - timedelta(seconds=seconds)

    def put_new(self, key: str, body: bytes, *, retain_until: datetime | None = None) -> bool:
        """Write the object unless the key is taken, and see that it is locked as asked. Not with a wrong clock."""
        if self._read_only:
            self._fail(key, "an archive open for writing", "one open for reading", "Open it for writing.")
        self.clock.require(self.name)
        version_id = self._put(key, body, retain_until, IfNoneMatch="*")
        found = [version for version in self.versions(key) if version.key == key and not version.is_marker]
        if version_id in UNDECIDED and found and all(version.is_multipart for version in found):
            version_id = self._put(key, body, retain_until)  # planted parts: the condition would refuse for ever
            found = list(self.versions(key))
        if version_id == NO_ANSWER:
            version_id = self._mine_after_all(key, body)
        record = next((one.version_id for one in found if _is_record(one)), None) or self._record(key).version_id
        if version_id != record:
            if version_id not in UNDECIDED:  # the store ignored the condition: let a plain GET find the record again
                self._put(key, self.get(key, record), retain_until)
            return False
        if retain_until is not None:
            self._see_locked(key, version_id, retain_until)
        return True

    def get(self, key: str, version_id: str | None = None) -> bytes:
        """The record's bytes, or one version's."""
        wanted = version_id or self._record(key).version_id
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, VersionId=wanted)
            return bytes(answer["Body"].read())
        except (ClientError, BotoCoreError) as error:
            self._missing_or_fail(key, error)

    def exists(self, key: str) -> bool:
        """Whether the key has a record."""
        return any(version.key == key and _is_record(version) for version in self.versions(key))

    def list(self, prefix: str) -> Iterator[str]:
        """The keys with a record, sorted; a delete marker hides nothing."""
        for key, versions in groupby(self.versions(prefix), key=lambda version: version.key):
            if any(_is_record(version) for version in versions):
                yield key

    def versions(self, prefix: str) -> Iterator[Version]:
        """All versions and delete markers, by key, then oldest first (S3 lists newest first)."""
        for _, listed in groupby(self._listed(prefix), key=lambda version: version.key):
            yield from reversed(list(listed))

    def lock_of(self, key: str, version_id: str | None = None) -> Lock | None:
        """The lock of the record or of one version."""
        wanted = version_id or self._record(key).version_id
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key, VersionId=wanted)
        except (ClientError, BotoCoreError) as error:
            self._missing_or_fail(key, error)
        mode, until = head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate")
        return Lock(mode, until.astimezone(UTC)) if mode and until else None

    @property
    def clock(self) -> StoreClock:
        """The store's clock against ours; the store is asked once when it has not answered anything yet."""
        if self._clock.ahead is None:
            with suppress(ClientError, BotoCoreError):  # a refusal has a date too; no answer shows at the next call
                self._client.head_bucket(Bucket=self._bucket)
        return self._clock

    def _read_clock(self, http_response: Any, **_: Any) -> None:
        self._clock.read(http_response.headers.get("Date"))

    def extend_lock(self, key: str, version_id: str, until: datetime) -> None:
        """Lock a version in COMPLIANCE mode until a later moment than now; the store refuses an earlier one.

        Raises:
            ArchiveUnavailable: no answer, or the key may not do that.
            MissingObject: there is no such version.
        """
        lock = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
        try:
            self._client.put_object_retention(Bucket=self._bucket, Key=key, VersionId=version_id, Retention=lock)
        except (ClientError, BotoCoreError) as error:
            self._missing_or_fail(key, error)

    def on_request(self, note: Callable[[str], object]) -> None:
        """Call `note` with the method (GET, PUT, …) of every request sent from now on: for measuring."""
        self._client.meta.events.register("before-send.s3", lambda request, **_: note(request.method) and None)

    def refuses(self, operation: str, key: str, **arguments: Any) -> bool:
        """Whether the store refuses a call of boto3's S3 client on a key: for canary objects only.

        Raises:
            ArchiveUnavailable: no answer.
        """
        try:
            getattr(self._client, operation)(Bucket=self._bucket, Key=key, **arguments)
        except ClientError:
            return True
        except BotoCoreError as error:
            self._missing_or_fail(key, error)
        return False

    def keeps_lock_of_parts(self, key: str, until: datetime) -> bool:
        """Whether an upload in parts, sent with lock headers, ends locked: for canary objects only."""
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        place = {"Bucket": self._bucket, "Key": key}
        try:
            upload = self._client.create_multipart_upload(**place, **lock)["UploadId"]
            part = self._client.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"canary")
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            done = self._client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
            return self.lock_of(key, done["VersionId"]) is not None
        except (ClientError, BotoCoreError) as error:
            self._missing_or_fail(key, error)

    def _put(self, key: str, body: bytes, retain_until: datetime | None, **condition: str) -> str:
        """The version written; TAKEN when someone was first; NO_ANSWER when that cannot be told from the answer."""
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": retain_until} if retain_until else {}
        try:
            answer = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ChecksumSHA256=digest, **condition, **lock
            )
        except ClientError as error:
            facts = error.response.get("ResponseMetadata", {})
            status, retries = facts.get("HTTPStatusCode", 0), facts.get("RetryAttempts", 0)
            if status == PRECONDITION_FAILED and not retries:
                return TAKEN
            if status in (CONFLICT, PRECONDITION_FAILED) or status >= 500:
                return NO_ANSWER
            self._missing_or_fail(key, error)
        except BotoCoreError:
            return NO_ANSWER
        return str(answer.get("VersionId", NO_ANSWER))

    def _settles(self) -> int:
        """Seconds, found out once; a key that may not try it waits as on a store that ignores the condition."""
        if self._settle is None:
            try:
                self._settle = SETTLE_SECONDS if self._takes_second_put() else 0
            except ArchiveUnavailable:
                return SETTLE_SECONDS
        return self._settle

    def _takes_second_put(self) -> bool:
        """Whether If-None-Match is ignored: a canary that was put twice tells, and says so from then on."""
        versions = sum(version.key == TWICE for version in self.versions(TWICE))
        return versions > 1 or all(self._put(TWICE, b"", None, IfNoneMatch="*") != TAKEN for _ in range(2 - versions))

    def _mine_after_all(self, key: str, body: bytes) -> str:
        """The record's version if its bytes are ours, TAKEN if they are another's.

        A timeout tells nothing, and a retried request may meet its own first try: only the record does. Two writers of
        equal bytes may both believe that theirs is the record, which does no harm.
        """
        if not self.exists(key):
            self._fail(key, "an answer from the store", "none in time", "Repeat; it is safe.")
        record = self._record(key).version_id
        return record if self.get(key, record) == body else TAKEN

    def _see_locked(self, key: str, version_id: str, until: datetime) -> None:
        lock = self.lock_of(key, version_id)
        if lock is None or lock.mode != "COMPLIANCE" or abs((lock.until - until).total_seconds()) > 1:
            found = f"{lock.mode} until {lock.until:%Y-%m-%dT%H:%M:%SZ}" if lock else "no lock"
            mend = "Use a bucket made with Object Lock, and a store that keeps it (`aims doctor --store`)."
            self._fail(key, f"a COMPLIANCE lock until {until:%Y-%m-%dT%H:%M:%SZ}", found, mend)

    def _record(self, key: str) -> Version:
        for version in self.versions(key):
            if version.key == key and _is_record(version):
                return version
        raise missing_object(self.name, key)

    def _listed(self, prefix: str) -> Iterator[Version]:
        """Everything under the prefix as the store lists it: keys sorted, each newest first, markers among them."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix)
        try:
            for page in pages:
                markers = [_marker(item) for item in page.get("DeleteMarkers", [])]
                yield from newest_first([_version(item) for item in page.get("Versions", [])], markers)
        except (ClientError, BotoCoreError) as error:
            self._missing_or_fail(prefix, error)

    def _missing_or_fail(self, key: str, error: Exception) -> NoReturn:
        code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
        if code in GONE:
            raise missing_object(self.name, key) from error
        mend = "Check the endpoint, the bucket and the AWS_* credentials; `aims doctor` tries each."
        self._fail(key, "an answer from the store", code or type(error).__name__, mend)

    def _fail(self, key: str, expected: str, found: str, mend: str) -> NoReturn:
        raise ArchiveUnavailable(Fault(Place(file=key, system=self.name), expected, found, mend))


def make_locked_bucket(bucket: str, endpoint: str | None, credentials: tuple[str, str] | None = None) -> None:
    """Make a bucket with Object Lock (and so with versions), unless there is one of this name.

    Raises:
        ArchiveUnavailable: the store did not answer, or refused.
    """
    client = _client(endpoint, "us-east-1", credentials)
    try:
        client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        return
    except (ClientError, BotoCoreError) as error:
        fault = Fault(Place(system=f"s3://{bucket}"), "a bucket", type(error).__name__, "Check the rights of the key.")
        raise ArchiveUnavailable(fault) from error


def _client(endpoint: str | None, region: str, credentials: tuple[str, str] | None) -> Any:
    """A boto3 client: path style (no wildcard name), four repeats after random, growing pauses, patient reads."""
    key, secret = credentials or (None, None)
    config = Config(
        s3={"addressing_style": "path"},
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=32,
    )
    session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region)
    return session.client("s3", endpoint_url=endpoint, config=config)


def _is_record(version: Version) -> bool:
    return not version.is_marker and not version.is_multipart


def _version(item: dict[str, Any]) -> Version:
    return Version(
        key=item["Key"],
        version_id=item["VersionId"],
        stored_at=item["LastModified"].astimezone(UTC),
        size=item["Size"],
        is_latest=item["IsLatest"],
        is_multipart="-" in item.get("ETag", ""),
        owner=str(item.get("Owner", {}).get("ID", "")),
    )


def _marker(item: dict[str, Any]) -> Version:
    return Version(
        key=item["Key"],
        version_id=item["VersionId"],
        stored_at=item["LastModified"].astimezone(UTC),
        size=0,
        is_latest=item["IsLatest"],
        is_marker=True,
        owner=str(item.get("Owner", {}).get("ID", "")),
    )
