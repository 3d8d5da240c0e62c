"""Objects of an S3 bucket: s3://bucket/key, s3://bucket/folder, s3://bucket/some/*.parquet, or the start of keys.

Endpoint and credentials come from the environment, as for every S3 client: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION or AWS_DEFAULT_REGION, AWS_CA_BUNDLE; without
keys the machine's own role is asked for.
"""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from governance.adapters.arrow import S3Bucket, S3Failure
from governance.adapters.faults import broken
from governance.adapters.stores import WILD, Address, Item, is_data
from governance.errors import Fault, SourceUnavailable, UnreadableInput

MENDS = {
    "INVALID_SETTINGS": "Write s3://bucket/path, and set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither.",
    "ACCESS_DENIED": "Check that the bucket exists and that the worker's key may list and read it.",
    "NO_SUCH_BUCKET": "Check the bucket's name in the registry.",
    "NO_SUCH_KEY": "Check the address in the registry, and that the object was delivered.",
}


class BucketStore:
    """The objects that an s3:// address names."""

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        self._address = address
        self._bucket, _, self._key = address.real.removeprefix("s3://").partition("/")
        self._environment = environment

    def items(self) -> list[Item]:
        """See `Store.items`."""
        try:
            bucket = self._opened
            if self._key and not WILD.search(self._key) and bucket.is_object(self._key):
                return [Item(self._address.shown, self._key)]
            base, keys = self._below(bucket)
        except S3Failure as failure:
            raise self._error(failure, self._address.shown) from None
        if not keys:
            mend = MENDS["NO_SUCH_KEY"]
            raise UnreadableInput(broken(self._address.shown, "objects at this address", "none", mend))
        return [Item(self._name(base, key), base + key, key) for key in keys]

    def fetch(self, item: Item, into: Path) -> Path:
        """See `Store.fetch`; a copy."""
        try:
            self._opened.download(item.place, into)
        except S3Failure as failure:
            raise self._error(failure, item.name) from None
        return into

    def stamp(self, item: Item) -> str:
        """See `Store.stamp`: what one HEAD tells of the object, and where it lies."""
        try:
            told = self._opened.facts(item.place)
        except S3Failure as failure:
            raise self._error(failure, item.name) from None
        return json.dumps([self._endpoint, self._bucket, item.place, told]) if told.get("ETag") else ""

    @property
    def _endpoint(self) -> str:
        return self._environment.get("AWS_ENDPOINT_URL_S3") or self._environment.get("AWS_ENDPOINT_URL") or ""

    @cached_property
    def _opened(self) -> S3Bucket:
        """The bucket."""
        get = self._environment.get
        return S3Bucket(
            self._bucket,
            self._endpoint,
            get("AWS_CA_BUNDLE") or "",
            access_key=get("AWS_ACCESS_KEY_ID"),
            secret_key=get("AWS_SECRET_ACCESS_KEY"),
            session_token=get("AWS_SESSION_TOKEN"),
            region=get("AWS_REGION") or get("AWS_DEFAULT_REGION") or "us-east-1",
        )

    def _below(self, bucket: S3Bucket) -> tuple[str, list[str]]:
        """The folder that all keys of the address share, and the wanted keys from there."""
        folder = f"{self._key.rstrip('/')}/" if self._key else ""
        if not WILD.search(self._key) and (keys := bucket.keys(folder)):
            return folder, [key for key in (one.removeprefix(folder) for one in keys) if is_data(key)]
        fixed = WILD.split(self._key)[0].rpartition("/")[0]
        base = f"{fixed}/" if fixed else ""
        pattern = _pattern(self._key if WILD.search(self._key) else f"{self._key}*")
        return base, [key.removeprefix(base) for key in bucket.keys(base) if pattern.fullmatch(key)]

    def _name(self, base: str, key: str) -> str:
        """How to speak of an object."""
        if not self._address.hidden:
            return f"s3://{self._bucket}/{base}{key}"
        return f"{WILD.split(self._address.shown)[0].rstrip('/')}/{key}"

    def _error(self, failure: S3Failure, name: str) -> UnreadableInput:
        """What to raise: another try helps only where the store was silent."""
        if failure.silent:
            mend = "Check the store and its address (AWS_ENDPOINT_URL_S3); the run tries again."
            return SourceUnavailable(Fault(broken(name, "", "", "").place, "an answer of S3", failure.code, mend))
        mend = MENDS.get(failure.code, "Check the worker's S3 key.")
        return UnreadableInput(broken(name, "an object that can be read", f"S3 error {failure.code}", mend))


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob over keys: * and ? stay within a folder, ** does not, [ ] is a set."""
    parts = re.split(r"(\*\*/?|\*|\?|\[!?[^\]]+\])", glob)
    rules = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            rules.get(part) or (part.replace("[!", "[^") if part.startswith("[") and len(part) > 1 else re.escape(part))
            for part in parts
        )
    )
