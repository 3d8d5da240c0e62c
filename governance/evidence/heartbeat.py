"""The heartbeat: an hourly bundle that lists which runs were due, seen and missing.

It shows a run that never was made and, by its absence, a log whose tail was cut.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.report import Report
from governance.evidence.statement import Statement, aims_extension, utc_second

HEARTBEAT = "https://aims.example/attestation/heartbeat/v1"


def heartbeat_id(hour: datetime) -> str:
    """The id of the heartbeat of an hour: `heartbeat.20261124T05`. Two writers of one hour write one bundle."""
    return f"heartbeat.{hour.astimezone(UTC):%Y%m%dT%H}"


def heartbeat_statement(
    *,
    archive: str,
    key: str,
    created: datetime,
    start: datetime,
    end: datetime,
    registry: str,
    expected: Iterable[str],
    seen: Iterable[str],
    **more: Any,
) -> Statement:
    """Which runs were due in [start, end), and which of them stand in the log.

    Args:
        archive: origin of the archive.
        key: where the bundle will stand: `bundle_key(heartbeat_id(start), start)`.
        created: the claimed time of this statement.
        start: begin of the period (UTC).
        end: its end.
        registry: sha256 (hex) of the registry in force: the list of what is due comes from it.
        expected: keys of the bundles that were due.
        seen: those of them that stand in the log.
        more: further JSON values for the `aims` extension.
    """
    due, found = sorted(set(expected)), sorted(set(seen))
    predicate = {
        "period": {"start": utc_second(start), "end": utc_second(end)},
        "expected": due,
        "seen": found,
        "missing": sorted({*due} - {*found}),
        "aims": aims_extension(archive, key, created, **more),
    }
    return Statement(HEARTBEAT, {"registry": registry}, predicate)


def report_heartbeats(
    facts: Sequence[EntryFacts], logged: Set[str], report: Report, seconds: int | None, now: datetime
) -> None:
    """Runs that are missing, runs that a heartbeat saw and the log lacks, and silence longer than two beats."""
    beats = [fact for fact in facts if fact.predicate_type == HEARTBEAT]
    for fact in beats:
        for key in _keys(fact, "missing"):
            if key not in logged:
                report.add("MISSING RUN", key, f"due, and not made, says {fact.entry.key}", fails=False)
        for key in _keys(fact, "seen"):
            if key not in logged:
                report.add("MISSING RUN", key, f"{fact.entry.key} saw it, the log lacks it")
    if seconds:
        _report_silence([fact.claimed_at for fact in beats if fact.claimed_at], report, timedelta(seconds=seconds), now)


def _report_silence(times: list[datetime], report: Report, beat: timedelta, now: datetime) -> None:
    if not times:
        report.add("LOG SILENT", "", "the root file asks for a heartbeat, and there is none")
        return
    for before, after in pairwise(times):
        if after - before > 2 * beat:
            report.add("LOG SILENT", "", f"from {utc_second(before)} to {utc_second(after)}", fails=False)
    if now - times[-1] > 2 * beat:
        report.add("LOG SILENT", "", f"since {utc_second(times[-1])}: was the tail cut, or does nothing run?")


def _keys(fact: EntryFacts, name: str) -> list[str]:
    found = fact.predicate.get(name)
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []
