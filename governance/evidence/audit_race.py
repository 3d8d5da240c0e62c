"""Versions that honest losers of a race leave behind on a store that ignores If-None-Match (radosgw of Debian 12).

There the loser's put succeeds, and only then does it see that its version is not the oldest. The record stands, nothing
is lost, and no lock lets the loser take its version away again. Such versions are a note, LOST RACE, when each of them

1. was stored within `RACE` of the record, and not in parts;
2. says only what the log stands by: the record's own bytes (a loser lays them over its version, so that a plain GET
   finds the record), a seal whose lines all stand in the log, or a whole bundle for this very key, rightly signed.

Whatever else is laid over a record is OVERWRITTEN.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from governance.evidence.address import SEALS
from governance.evidence.archive import Archive, MissingObject, Version
from governance.evidence.inventory import Holding
from governance.evidence.log import parse_seal
from governance.evidence.malformed import Malformed
from governance.evidence.report import Finding

RACE = timedelta(minutes=2)  # a put with all its repeats


def judge_versions(
    archive: Archive, held: Holding, record: Version, is_honest: Callable[[bytes], bool]
) -> list[Finding]:
    """The finding about the versions beside the record of a key, if there are any: LOST RACE (a note) or OVERWRITTEN.

    `is_honest` says whether the bytes of another version may stand there by rule 2; equal bytes always may.
    """
    others = [version for version in held.versions if version is not record]
    if not others:
        return []
    current = "the record" if record.is_latest else "NOT the record"
    said = f"record is version {record.version_id[:8]} of {record.stored_at:%Y-%m-%dT%H:%M:%SZ}"
    text = f"{said}; {len(others)} other; current is {current}"
    if _are_lost(archive, others, record, is_honest):
        return [Finding("LOST RACE", record.key, f"{text}; the others came at once and are honest", fails=False)]
    return [Finding("OVERWRITTEN", record.key, text)]


def is_seal_of(key: str, logged: Mapping[str, str]) -> Callable[[bytes], bool]:
    """Whether bytes are a seal whose every line stands in the log; `logged` is key to sha256 of all lines."""

    def judge(body: bytes) -> bool:
        try:
            return key.startswith(SEALS) and all(logged.get(one.key) == one.digest for one in parse_seal(body, key))
        except Malformed:
            return False

    return judge


def _are_lost(archive: Archive, others: list[Version], record: Version, is_honest: Callable[[bytes], bool]) -> bool:
    if any(version.is_multipart or abs(version.stored_at - record.stored_at) > RACE for version in others):
        return False
    try:
        stands = archive.get(record.key, record.version_id)
        bodies = [archive.get(record.key, version.version_id) for version in others]
    except MissingObject:
        return False
    return all(body == stands or is_honest(body) for body in bodies)
