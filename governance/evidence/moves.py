"""An archive that was copied into another store: its objects are younger than what people knew of them, and rightly so.

Only the holders can say so. A version of the root file, signed by enough of them, names the moment by which the first
`size` entries had been put again; dates of the store up to then prove nothing any more, and what is put later is
STORED LATER THAN ANCHORED as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.evidence.audit_bundle import EntryFacts
from governance.evidence.report import Report
from governance.evidence.root import Root
from governance.evidence.statement import parse_utc_second


@dataclass(frozen=True)
class _Move:
    size: int
    at: datetime


def pass_over_moved(facts: Sequence[EntryFacts], root: Root | None, report: Report) -> None:
    """Forget the store's date of each entry that a move explains; one note tells how many, and until when."""
    moves = [_Move(move.size, at) for move in (root.moves if root else ()) if (at := parse_utc_second(move.at))]
    moved = 0
    for fact in facts if moves else ():
        date = fact.stored_at.replace(microsecond=0) if fact.stored_at else None  # as whole seconds, as a move says it
        if date and any(fact.index < move.size and date <= move.at for move in moves):
            fact.stored_at, moved = None, moved + 1
    if root and moved:
        text = f"{moved} objects put into this store again by {root.moves[-1].at}, as the holders signed"
        report.add("MOVED", f"trust/root/{root.version:04d}.json", text, fails=False)
