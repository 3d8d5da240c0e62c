"""What a reference was made of, so that one whose store says it is unchanged is not fetched again.

Kept beside the reference's file as `<file>.fetched.json`: a digest of all that the store tells of the objects, and the
name, digest and size of each. An S3 store tells ETag, version, length and time of change of an object at a HEAD; where
one of them has no ETag, and of a query, nothing is told, and it is fetched. The note goes where the reference goes.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from governance.window import Input

ENDING = ".fetched.json"


@dataclass(frozen=True)
class Fetched:
    """The objects of a reference.

    Attributes:
        stamp: what the store told of all of them before and after they were fetched (`intake.stamp_of`).
        inputs: what was read.
        joined: whether labels that stand apart were joined to them.
    """

    stamp: str
    inputs: tuple[Input, ...]
    joined: bool


def remember(table: Path, fetched: Fetched, scratch: Path) -> None:
    """Keep it beside a reference, whole or not at all."""
    partial = scratch / f"{table.name}{ENDING}"
    partial.write_text(json.dumps(asdict(fetched)), "utf-8")
    partial.replace(table.with_name(partial.name))


def recall(references: Path, system: str, stamp: str) -> Iterator[Fetched]:
    """What was kept of a system's references whose objects had this stamp; a note that is damaged is passed over."""
    for note in sorted(references.glob(f"{system}.*{ENDING}")):
        try:
            told = json.loads(note.read_text("utf-8"))
            if told["stamp"] == stamp:
                yield Fetched(stamp, tuple(Input(**one) for one in told["inputs"]), bool(told["joined"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
