"""Time stamps over checkpoints (RFC 3161): somebody outside says that these entries existed at that time.

A token stands at `log/anchor/<size>/<name>.tsr` and is itself a line of the log. Verifying one needs an ASN.1 and X.509
library, so the caller brings it (`governance.adapters.timestamp`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from governance.evidence.address import ANCHORS, checkpoint_key
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.initialise import AUTHORITIES
from governance.evidence.log import Entry, Log
from governance.evidence.malformed import Malformed, reason
from governance.evidence.report import Report
from governance.evidence.sealing import seal

Timestamps = Callable[[bytes, bytes, bytes], datetime]
"""(checkpoint, token, authorities in PEM) -> the time in the token. Raises Malformed when it does not verify."""

_ANCHOR = re.compile(r"log/anchor/(\d{3,}/\d{3}/\d{3})/[A-Za-z0-9][A-Za-z0-9._-]{0,60}\.tsr")


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
    log: Log | None = None,
    retain_until: datetime | None = None,
) -> str:
    """Put a token over the checkpoint of `size` entries beside it, seal it, return its key. A name's first stands."""
    key = checkpoint_key(size).replace("log/checkpoint/", ANCHORS) + f"/{name}.tsr"
    archive.put_new(key, token, retain_until=retain_until)
    seal(archive, [key], log=log, retain_until=retain_until)
    return key


def read_anchors(archive: Archive, entries: list[Entry], timestamps: Timestamps | None, report: Report) -> list[Anchor]:
    """Every time stamp of the log that verifies. Those that do not are findings; without a verifier they are notes."""
    found = []
    for entry in entries:
        match = _ANCHOR.fullmatch(entry.key)
        if not match:
            continue
        if timestamps is None:
            report.add("UNCHECKED TIME STAMP", entry.key, "no verifier of time stamps is at hand", fails=False)
            continue
        try:
            note = archive.get(f"log/checkpoint/{match[1]}")
            time = timestamps(note, archive.get(entry.key), archive.get(AUTHORITIES))
        except (Malformed, MissingObject) as error:
            report.add("BAD TIME STAMP", entry.key, reason(error))
            continue
        found.append(Anchor(entry.key, int(match[1].replace("/", "")), time))
    return found
