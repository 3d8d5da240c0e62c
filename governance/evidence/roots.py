"""The versions of the root file that count, and the position of each in the log: who could sign an act, and when."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.evidence.address import root_key
from governance.evidence.log import Entry
from governance.evidence.root import Root


@dataclass(frozen=True)
class Roots:
    """At least one version, oldest first, and from which line of the log on each is in force."""

    versions: tuple[Root, ...]
    starts: tuple[int, ...]

    @property
    def newest(self) -> Root:
        """The version in force at the end of the log; it holds the range of every key that ever signed."""
        return self.versions[-1]

    def people_at(self, index: int) -> Mapping[str, str]:
        """Whose signed acts count at a line of the log: id to SSH public key."""
        return self.versions[max(bisect_right(self.starts, index) - 1, 0)].people


def placed(versions: Sequence[Root], entries: Sequence[Entry]) -> Roots | None:
    """The versions with their positions; one that the log does not name is in force nowhere. None without any."""
    if not versions:
        return None
    keys = {root_key(root.version) for root in versions}
    found = {entry.key: index for index, entry in enumerate(entries) if entry.key in keys}
    starts = [found.get(root_key(root.version), len(entries)) for root in versions]
    return Roots(tuple(versions), tuple(max(starts[: at + 1]) for at in range(len(starts))))
