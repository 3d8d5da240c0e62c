"""Verification of what the store holds beside the logged objects: strangers, and versions of the log's own objects."""

from contextlib import suppress

from governance.evidence.address import CHECKPOINTS, SEALS, slot_size
from governance.evidence.archive import Archive
from governance.evidence.audit_bundle import weak_lock
from governance.evidence.audit_race import is_seal_of, judge_versions
from governance.evidence.canary import PREFIX as CANARIES
from governance.evidence.inventory import Holding, Inventory
from governance.evidence.log import Entry, Log
from governance.evidence.malformed import Malformed
from governance.evidence.report import Report
from governance.evidence.root import Root


def report_strangers(archive: Archive, inventory: Inventory, entries: list[Entry], report: Report) -> None:
    """Objects that the log does not name, looked up once more in seals written while we read."""
    logged = {entry.key for entry in entries}
    strangers = [key for key in inventory if not _is_slot(key) and not key.startswith(CANARIES) and key not in logged]
    if not strangers:
        return
    log = Log(entries)
    with suppress(Malformed):
        log.refresh(archive)
    for key in strangers:
        if key not in log:
            report.add("NOT IN LOG", key, "no seal names it; `aims checkpoint` seals a bundle left by a kill")


def _is_slot(key: str) -> bool:
    return key.startswith((SEALS, CHECKPOINTS)) and slot_size(key) is not None


def report_log_objects(
    archive: Archive, inventory: Inventory, root: Root | None, entries: list[Entry], report: Report
) -> None:
    """Versions, markers and locks of seals and checkpoints: the log cannot name them, so they are looked at here."""
    logged = {entry.key: entry.digest for entry in entries}
    for key in filter(_is_slot, inventory):
        held = inventory[key]
        for version in held.versions:
            if version.is_multipart:
                report.add("IGNORED", key, f"multipart version {version.version_id[:8]}: never a record in log/")
        whole = [version for version in held.versions if not version.is_multipart]
        if len(whole) > 1:
            report.findings += judge_versions(archive, Holding(whole), whole[0], is_seal_of(key, logged))
        if held.markers:
            report.add("DELETE MARKER", key, "someone hid it; the record is still there" if whole else "it is gone")
        finding = weak_lock(archive, root, whole[0]) if whole else None
        report.findings += [finding] if finding else []
