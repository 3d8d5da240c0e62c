"""Where each object stands in an archive. A key is decided by what the object is about, never by who writes it.

bundle/<yyyy>/<mm>/<dd>/<hh>/<id>.tar    log/seal/000/001/234    log/checkpoint/000/001/239
trust/root/0001.json                     log/anchor/000/001/239/<name>.tsr
"""

import re
from datetime import UTC, datetime

from governance.errors import EvidenceError, Fault, Place

BUNDLES, TRUST, SEALS, CHECKPOINTS, ANCHORS = "bundle/", "trust/", "log/seal/", "log/checkpoint/", "log/anchor/"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
LOGGED = re.compile(r"(?:bundle|trust|log/anchor)(?:/[A-Za-z0-9_][A-Za-z0-9._@+=,-]{0,200}){1,8}")
_BUNDLE = re.compile(r"bundle/(\d{4})/(\d\d)/(\d\d)/(\d\d)/([A-Za-z0-9][A-Za-z0-9._-]{0,150})\.tar")
_SLOT = re.compile(r"log/(?:seal|checkpoint)/(\d{3,})/(\d{3})/(\d{3})")


def bundle_key(bundle_id: str, hour: datetime) -> str:
    """The key of a bundle: `bundle/<yyyy>/<mm>/<dd>/<hh>/<id>.tar`, the hour in UTC.

    The hour belongs to what the bundle is about (the end of a run's window, the opening of an act's case), so whoever
    repeats the work meets the same key. Raises EvidenceError for a naive hour or an id outside `ID`.
    """
    if not ID.fullmatch(bundle_id):
        found = repr(bundle_id[:60])
        raise EvidenceError(Fault(Place(), f"a bundle id like {ID.pattern}", found, "Build the id from slugs."))
    if hour.tzinfo is None:
        raise EvidenceError(Fault(Place(), "an hour with its time zone", "a naive time", "Give it in UTC."))
    return f"bundle/{hour.astimezone(UTC):%Y/%m/%d/%H}/{bundle_id}.tar"


def bundle_id(key: str) -> str | None:
    """The id in a bundle's key, or None when the key is not one that `bundle_key` makes."""
    match = _BUNDLE.fullmatch(key)
    return match[5] if match else None


def _slot(size: int) -> str:
    return f"{size // 1_000_000:03d}/{size // 1000 % 1000:03d}/{size % 1000:03d}"


def seal_key(size: int) -> str:
    """The key of the seal that follows `size` lines: the name is the count, so a hole shows without a chain."""
    return SEALS + _slot(size)


def checkpoint_key(size: int) -> str:
    """The key of the checkpoint over the first `size` lines."""
    return CHECKPOINTS + _slot(size)


def slot_size(key: str) -> int | None:
    """The number of lines that a seal's or checkpoint's key states, or None when it is not such a key."""
    match = _SLOT.fullmatch(key)
    if not match:
        return None
    size = int("".join(match.groups()))
    return size if key in (seal_key(size), checkpoint_key(size)) else None


def root_key(version: int) -> str:
    """The key of version `version` (from 1) of the root file."""
    return f"trust/root/{version:04d}.json"
