"""Everything an archive lists, taken once: each key with its versions and delete markers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, groupby

from governance.evidence.archive import Archive, Version


@dataclass
class Holding:
    """What the archive has under one key, oldest first."""

    versions: list[Version] = field(default_factory=list)
    markers: list[Version] = field(default_factory=list)

    @property
    def candidates(self) -> list[Version]:
        """Versions in the order in which they may be the record: those sent whole first, each oldest first."""
        if len(self.versions) == 1:
            return self.versions
        return sorted(self.versions, key=lambda version: version.is_multipart)

    @property
    def record(self) -> Version | None:
        """The oldest version that was not sent in parts."""
        return next((version for version in self.versions if not version.is_multipart), None)


class Inventory:
    """All keys of an archive, sorted; of a copy that holds other files too, those under some prefixes."""

    def __init__(self, archive: Archive, prefixes: Sequence[str] = ("",)) -> None:
        self._held: dict[str, Holding] = {}
        for version in chain.from_iterable(archive.versions(prefix) for prefix in prefixes):
            holding = self._held.setdefault(version.key, Holding())
            (holding.markers if version.is_marker else holding.versions).append(version)

    def __getitem__(self, key: str) -> Holding:
        return self._held.get(key, Holding())

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def under(self, prefix: str) -> list[str]:
        """The keys under a prefix that have any version."""
        return sorted(key for key, held in self._held.items() if key.startswith(prefix) and held.versions)


def newest_first(versions: Iterable[Version], markers: Iterable[Version]) -> Iterator[Version]:
    """By key: its versions in the order in which a store lists them, and its markers, a list of their own, among them.

    A store lists a key's versions from the newest to the oldest by their writing, and in a race the times of storing
    tell another order (measured on radosgw, 16 writers: for one key in six to eight). Only markers go by their times.
    """
    kept, hiding = _by_key(versions), _by_key(markers)
    for key in sorted({*kept, *hiding}):
        yield from merge(kept.get(key, []), hiding.get(key, []), key=lambda version: version.stored_at, reverse=True)


def _by_key(versions: Iterable[Version]) -> dict[str, list[Version]]:
    ordered = sorted(versions, key=lambda version: version.key)
    return {key: list(found) for key, found in groupby(ordered, key=lambda version: version.key)}
