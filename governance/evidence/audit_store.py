"""Verification of what the store holds beside the logged objects: strangers, and versions of the log's own objects."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from governance.evidence.address import CHECKPOINTS, SEALS, slot_size
from governance.evidence.archive import Archive
from governance.evidence.audit_bundle import weak_lock
from governance.evidence.audit_race import is_seal_of, judge_versions
from governance.evidence.canary import PREFIX as CANARIES
from governance.evidence.inventory import Holding, Inventory
from governance.evidence.log import Entry, Log
from governance.evidence.malformed import Malformed
from governance.evidence.parallel import by_threads
from governance.evidence.report import Finding, Report
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
    for findings in by_threads(partial(_slot, archive, inventory, root, logged), [*filter(_is_slot, inventory)]):
        report.findings += findings


def _slot(
    archive: Archive, inventory: Inventory, root: Root | None, logged: Mapping[str, str], key: str
) -> list[Finding]:
    held = inventory[key]
    in_parts = [version for version in held.versions if version.is_multipart]
    whole = [version for version in held.versions if not version.is_multipart]
    text = "multipart version {}: never a record in log/"
    found = [Finding("IGNORED", key, text.format(version.version_id[:8])) for version in in_parts]
    if len(whole) > 1:
        found += judge_versions(archive, Holding(whole), whole[0], is_seal_of(key, logged))
    if held.markers:
        said = "someone hid it; the record is still there" if whole else "it is gone"
        found.append(Finding("DELETE MARKER", key, said))
    weak = weak_lock(archive, root, whole[0]) if whole else None
    return [*found, weak] if weak else found
