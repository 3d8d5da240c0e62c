"""What people kept outside the archive: a checkpoint (a signed note or its three lines), or their own signed act.

An act that a person signed with their SSH key holds the checkpoint that they had before them. Their copy of its bundle
therefore shows, alone, that the log was cut, rewritten or begun anew before that act; and that the act is in the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.evidence.audit_log import LogKeys
from governance.evidence.bundle import read_bundle
from governance.evidence.decision import judge_decision, signed_at
from governance.evidence.log import Entry, entry_of
from governance.evidence.malformed import Malformed, malformed, reason
from governance.evidence.note import Checkpoint, parse_held, parse_note
from governance.evidence.report import Report
from governance.evidence.roots import Roots

CHECKPOINT, OWN_ACT = "checkpoint from outside", "signed act that its owner kept"
STRANGERS_ACT = "kept act by a key that the root file does not list"


@dataclass(frozen=True)
class Kept:
    """A checkpoint from outside; of an act also the line it must have in the log, and when the person says they acted.

    It is worth what its keeper is, so an act counts even when an archive that was begun anew denies its key.
    """

    head: Checkpoint
    kind: str = CHECKPOINT
    entry: Entry | None = None
    at: datetime | None = None


def read_kept(files: Mapping[str, bytes], roots: Roots | None, report: Report) -> dict[str, Kept]:
    """What was kept, by file name; what cannot be read, is signed wrongly or is of another log is reported."""
    found = {}
    for name, body in files.items():
        try:
            kept = _act(body, name, roots) if _is_tar(body) else _checkpoint(body, name, roots, report)
        except Malformed as error:
            report.add("BAD CHECKPOINT", name, reason(error))
            continue
        if kept is None:
            continue
        if roots and kept.head.origin != roots.newest.archive:
            said = f"its origin is {kept.head.origin}, the archive's is {roots.newest.archive}"
            report.add("FOREIGN CHECKPOINT", name, said)
        else:
            found[name] = kept
    return found


def report_lost_acts(kept: Mapping[str, Kept], entries: Sequence[Entry], report: Report) -> None:
    """A kept act is a line of the log, with these very bytes."""
    wanted = {name: each.entry for name, each in kept.items() if each.entry is not None}
    found = {*wanted.values()}.intersection(entries) if wanted else set()
    for name, entry in wanted.items():
        if entry not in found:
            report.add("NOT IN LOG", name, f"this signed act stood at {entry.key}; the log does not hold it")


def _is_tar(body: bytes) -> bool:
    return body[257:262] == b"ustar"


def _checkpoint(body: bytes, name: str, roots: Roots | None, report: Report) -> Kept | None:
    """Three bare lines are worth what their keeper is; a signature must be right."""
    head = parse_held(body, name)
    is_signed = "—".encode() in body
    if is_signed and roots and not LogKeys(roots.newest).judge(parse_note(body, name), head, name, report):
        return None
    return Kept(head)


def _act(body: bytes, name: str, roots: Roots | None) -> Kept:
    bundle = read_bundle(body, name)
    head, _, fault = judge_decision(bundle, {})
    if fault or head is None:
        mend = "Keep an act made with --sign, or three lines."
        raise malformed(name, "an act with a checkpoint, signed by a person's own key", fault or "another bundle", mend)
    key = bundle.aims["key"]
    is_listed = roots is not None and any(judge_decision(bundle, root.people)[1] for root in roots.versions)
    return Kept(head, OWN_ACT if is_listed else STRANGERS_ACT, entry_of(key, body), signed_at(bundle))
