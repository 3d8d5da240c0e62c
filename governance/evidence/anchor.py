"""Anchors of checkpoints: somebody outside says that these entries existed at that time.

An RFC 3161 time stamp stands at `log/anchor/<size>/<name>.tsr`, a witness's cosignature (c2sp.org/tlog-cosignature) at
`log/anchor/<size>/<name>.cosig`; both are lines of the log. Verifying a time stamp needs an ASN.1 and X.509 library, so
the caller brings it (`governance.adapters.timestamp`).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from governance.evidence.address import ANCHORS, CHECKPOINTS, checkpoint_key
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.initialise import AUTHORITIES
from governance.evidence.log import Entry, Log
from governance.evidence.malformed import Malformed, reason
from governance.evidence.note import Checkpoint, parse_checkpoint, parse_note, parse_signatures
from governance.evidence.note_key import NoteKey, signed_time
from governance.evidence.report import Report
from governance.evidence.sealing import seal

Timestamps = Callable[[bytes, bytes, bytes], datetime]
"""(checkpoint, token, authorities in PEM) -> the time in the token. Raises Malformed when it does not verify."""

TIME_STAMP, COSIGNATURE = "tsr", "cosig"
_ANCHOR = re.compile(r"log/anchor/(\d{3,}/\d{3}/\d{3})/[A-Za-z0-9][A-Za-z0-9._-]{0,60}\.(tsr|cosig)")


@dataclass(frozen=True)
class Anchor:
    """Somebody outside says that the first `size` entries existed at `time`: a time stamp, or a cosignature."""

    key: str
    size: int
    time: datetime
    kind: str = "time stamp"


def store_anchor(
    archive: Archive,
    size: int,
    name: str,
    token: bytes,
    *,
    kind: str = TIME_STAMP,
    log: Log | None = None,
    retain_until: datetime | None = None,
) -> str:
    """Put a token over the checkpoint of `size` entries beside it, seal it, return its key. A name's first stands."""
    key = checkpoint_key(size).replace("log/checkpoint/", ANCHORS) + f"/{name}.{kind}"
    archive.put_new(key, token, retain_until=retain_until)
    seal(archive, [key], log=log, retain_until=retain_until)
    return key


def read_anchors(
    archive: Archive,
    entries: list[Entry],
    timestamps: Timestamps | None,
    report: Report,
    witnesses: Sequence[NoteKey] = (),
) -> list[Anchor]:
    """Every anchor of the log that verifies. Those that do not are findings; without a verifier they are notes."""
    found: list[Anchor] = []
    for entry in entries:
        match = _ANCHOR.fullmatch(entry.key)
        if not match:
            continue
        try:
            note, body = archive.get(f"{CHECKPOINTS}{match[1]}"), archive.get(entry.key)
            if match[2] == COSIGNATURE:
                head = parse_checkpoint(parse_note(note, entry.key).text, entry.key)
                found += _cosignatures(entry.key, head, body, witnesses, report)
            elif timestamps is None:
                report.add("UNCHECKED TIME STAMP", entry.key, "no verifier of time stamps is at hand", fails=False)
            else:
                found.append(
                    Anchor(entry.key, int(match[1].replace("/", "")), timestamps(note, body, archive.get(AUTHORITIES)))
                )
        except (Malformed, MissingObject) as error:
            word = "BAD COSIGNATURE" if match[2] == COSIGNATURE else "BAD TIME STAMP"
            report.add(word, entry.key, reason(error))
    return found


def _cosignatures(
    key: str, head: Checkpoint, body: bytes, witnesses: Sequence[NoteKey], report: Report
) -> list[Anchor]:
    """The cosignatures of known witnesses. A wrong one by a known key is a finding, an unknown witness is a note."""
    found = []
    for line in parse_signatures(body, key):
        witness = next((each for each in witnesses if each.wrote(line)), None)
        if witness is None:
            report.add("UNKNOWN WITNESS", key, f"the root file does not list {line.name}", fails=False)
        elif not witness.verifies(line, head) or not (seconds := signed_time(line)):
            report.add("BAD COSIGNATURE", key, f"not a dated cosignature by {witness.name} over this checkpoint")
        else:
            found.append(Anchor(key, head.size, datetime.fromtimestamp(seconds, UTC), "witness cosignature"))
    return found
