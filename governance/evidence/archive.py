"""The one port of the evidence: an archive that keeps what is written first, under a key, for good.

An archive is addressed by keys (`bundle/2026/11/24/05/x.tar`). Its *record* of a key is what was written there first;
a store with versions may hold later ones, and they are reported, never believed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from governance.errors import EvidenceError, Fault, Place


class MissingObject(EvidenceError, KeyError):
    """The archive holds no object under this key."""

    def __str__(self) -> str:
        """The message of the fault (KeyError would print its repr)."""
        return EvidenceError.__str__(self)


def missing_object(archive_name: str, key: str) -> MissingObject:
    """The error for a key that the archive does not hold."""
    place = Place(file=key, system=archive_name)
    return MissingObject(
        Fault(place, "an object", "none", "Check the key with `aims verify`, which lists what is missing.")
    )


@dataclass(frozen=True)
class Lock:
    """How an object is kept from deletion (S3 Object Lock): `COMPLIANCE` or `GOVERNANCE`, until a moment in UTC."""

    mode: str
    until: datetime


@dataclass(frozen=True)
class Version:
    """One version of a key, or one delete marker, as the archive lists it."""

    key: str
    version_id: str
    stored_at: datetime
    size: int
    is_latest: bool = True
    is_marker: bool = False
    is_multipart: bool = False
    owner: str = ""


class Archive(Protocol):
    """What the evidence needs of a store. Every method raises ArchiveUnavailable when the store does not answer."""

    @property
    def name(self) -> str:
        """The address as a URL for people, without any secret."""

    @property
    def locks(self) -> bool:
        """Whether the store can lock objects; a directory cannot."""

    @property
    def settled_before(self) -> datetime | None:
        """Seals stored since then may still lose their slot to an older one; None: a second put is refused at once."""

    def put_new(self, key: str, body: bytes, *, retain_until: datetime | None = None) -> bool:
        """Write `body` unless the key is taken. True: it is ours; False: someone was first, and theirs stands."""

    def get(self, key: str, version_id: str | None = None) -> bytes:
        """The record of the key (its oldest version not sent in parts), or one version. Raises MissingObject."""

    def exists(self, key: str) -> bool:
        """Whether the archive holds a record under the key."""

    def list(self, prefix: str) -> Iterator[str]:
        """The keys that begin with the prefix and have a record, in sorted order."""

    def versions(self, prefix: str) -> Iterator[Version]:
        """All versions and delete markers under the prefix, sorted by key, then from oldest to newest."""

    def lock_of(self, key: str, version_id: str | None = None) -> Lock | None:
        """The lock on the record (or one version) of the key; None when it is not locked. Raises MissingObject."""
