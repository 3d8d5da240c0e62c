"""The verdicts that the archive holds, read by what the log names; what is damaged is passed over."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from governance.compliance.proof import window_key
from governance.evidence import Archive, Entry, Log, Malformed, MissingObject, read_bundle
from governance.evidence.statement import parse_utc_second
from governance.registry.system import System
from governance.verdict import Verdict
from governance.window import Period


def read_verdict(archive: Archive, entry: Entry) -> Verdict | None:
    """The verdict in a run's bundle; None unless its bytes are those that the log names.

    Raises:
        ArchiveUnavailable: the store did not answer.
    """
    try:
        body = archive.get(entry.key)
        if sha256(body).hexdigest() != entry.digest:
            return None
        return Verdict.from_json(read_bundle(body, entry.key).members["verdict.json"])
    except (Malformed, MissingObject, KeyError, ValueError):
        return None


def newest_verdicts(system: System, archive: Archive, log: Log, now: datetime) -> Iterator[Verdict]:
    """The newest revision of each window in the log, the newest window first; each is read when it is asked for."""
    for period in reversed(system.window.due(now)):
        found = revisions(system, period, log)
        if found and (verdict := read_verdict(archive, found[-1])):
            yield verdict


def revisions(system: System, period: Period, log: Log) -> list[Entry]:
    """The log's entries of a window's verdicts, from revision 0 on."""
    found: list[Entry] = []
    while (key := window_key(system.id, period, len(found))) in log:
        found.append(log.entries[log.index(key)])
    return found


def judged_at(archive: Archive, entry: Entry) -> datetime | None:
    """The time that a run's bundle claims; None where it cannot be read.

    Raises:
        ArchiveUnavailable: the store did not answer.
    """
    try:
        return parse_utc_second(str(read_bundle(archive.get(entry.key), entry.key).aims["timeCreated"]))
    except (Malformed, MissingObject, KeyError):
        return None
