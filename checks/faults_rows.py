"""Input faults of whole rows: repeated, replayed from the reference, contradicting, missing for part of the window."""

import math
from collections.abc import Iterator
from statistics import median

import numpy as np

from checks import words
from checks.counted import Counted, CountedReference
from checks.faults_columns import RARE, RESEND, Finding
from checks.faults_profile import SAMPLED as MOST_COUNTED
from checks.faults_profile import SECONDS, Keys, Profile, count_where, keys_of, row_key, twin_step
from checks.query import answer, quoted
from checks.scan import PARTS, parts_of_blocks, span_of
from governance.registry.system import System
from governance.window import Table, Window

SAMPLED = 100_000
EXCESS = 0.1
OFTEN = 3
LEAST_EMPTY = 2


def row_faults(system: System, window: Window, file: Counted, now: Profile, before: Profile) -> Iterator[Finding]:
    """Every fault of rows; the window and its reference must both be there."""
    assert window.current is not None  # noqa: S101 - the caller looked
    assert window.reference is not None  # noqa: S101
    yield from _contradicting(system, window.current, file)
    yield from _repeated(now, before)
    yield from _replayed(system, file, window.reference, before)
    yield from _missing_part(system, window, file, now)
    yield from _inverted(system, now, before)


def _contradicting(system: System, current: Table, file: Counted) -> Iterator[Finding]:
    """One id with two different rows."""
    if file.ids(system.columns.id).differ:
        return
    name, step = quoted(system.columns.id), math.ceil(current.rows / MOST_COUNTED)
    query = (
        f"select coalesce(sum(n), 0), count(*) from (select count(*) as n, count(distinct {row_key(system)}) as d "  # noqa: S608
        f"from read_parquet(?) where hash({name}) % {step} = 0 and {name} is not null group by {name}) where d > 1"
    )
    ((rows, ids),) = answer(query, [str(current.path)])
    if ids:
        rows, ids = rows * step, ids * step
        told = f"{words.count(int(rows))} share {words.count(ids, 'id')} and contradict one another"
        twice = f"select {name} from read_parquet(?) group by {name} having count(distinct {row_key(system)}) > 1"  # noqa: S608
        condition = f"{name} in ({twice})"
        _, first = count_where(current.path, condition, (str(current.path),))
        yield Finding(
            system.columns.id, "contradicting_rows", int(rows), told, "Deliver one row for each id.", first=first
        )


def _repeated(now: Profile, before: Profile) -> Iterator[Finding]:
    """Rows that say the same as another one, far more than in any block of the reference."""
    if before.rows < 2 or now.rows < 10:
        return
    likely = before.pair_share * now.rows * (now.rows - 1) / 2
    usual_top = now.rows * before.top_share
    many = now.again > OFTEN * likely + max(10.0, EXCESS * now.rows)
    stuck = now.top_share * now.rows > OFTEN * usual_top + max(10.0, EXCESS * now.rows)
    if many or stuck:
        told = f"{words.count(now.again)} say exactly what another row says, in all that the model saw and said"
        told += ", far more than in the reference"
        mend = "Look for a feed that stands still, or that delivers rows twice under new ids."
        yield Finding("rows", "repeated_rows", now.again, told, mend)


def _replayed(system: System, file: Counted, reference: Table, before: Profile) -> Iterator[Finding]:
    """Rows of the reference under another id or time; those with both their id and time are the reference itself."""
    known = CountedReference(reference)
    step = replay_step(file.rows, reference)
    usual = min(1.0, before.pair_share * before.rows)  # a row's chance of a twin among so many, if they were one block
    ours = _divided(keys_of(system, file, twin_step(file.rows), step)[0], step)
    theirs = known.once_for_all(
        f"{row_key(system)} % {step}", lambda: np.unique(_divided(keys_of(system, known, step)[0], step))
    )
    again, rows = int(np.isin(ours, theirs).sum()), len(ours)
    most = OFTEN * usual * rows + max(10.0, EXCESS * rows)
    if again > most:  # so many of the reference's rows; only now it matters which are those of the same id and time
        again = _under_another_id(system, file, reference, step)
    if again > most:
        told = f"About {words.percent(again / rows)} of the rows are rows of the reference under another id or time"
        yield Finding("rows", "replayed_rows", again * step, told, RESEND)


def replay_step(rows: int, reference: Table) -> int:
    """Replayed rows are looked for among one of so many parts of the rows."""
    return max(1, math.ceil(max(rows, reference.rows) / SAMPLED))


def _divided(keys: Keys, step: int) -> Keys:
    return keys if step == 1 else keys[keys % step == 0]


def _under_another_id(system: System, file: Counted, reference: Table, step: int) -> int:
    """Rows, of one part in so many, that say what a row of the reference says, but not by the same id and time."""
    key, columns = row_key(system), system.columns
    record = f"hash({quoted(columns.id)}, {quoted(columns.time)})"
    sample = f"select {key} as key, {record} as record from read_parquet(?) where {key} % {step} = 0"  # noqa: S608
    query = (
        f"with now as ({sample}), before as ({sample}) select "  # noqa: S608
        "count(*) filter (key in (select key from before) and record not in (select record from before)) from now"
    )
    ((again,),) = answer(query, [str(file.path), str(reference.path)])
    return int(again)


def _missing_part(system: System, window: Window, file: Counted, now: Profile) -> Iterator[Finding]:
    """Eighths of the window without a row, where every block of the reference has rows."""
    assert window.reference is not None  # noqa: S101 - the caller looked
    start, end = span_of(window.period)
    ours = parts_of_blocks(file, system.columns.time, start, end)
    if not ours:
        return
    length = SECONDS[system.window.length] * 1_000_000
    first = start % length
    known = CountedReference(window.reference)
    blocks = _blocks(parts_of_blocks(known, system.columns.time, first, first + length))
    if not blocks:
        return
    usual = [min(block[part] / sum(block) for block in blocks) for part in range(PARTS)]
    filled = {part: count for (_, part), count in ours.items()}
    empty = [part for part in range(PARTS) if not filled.get(part) and math.exp(-usual[part] * now.rows) < RARE]
    if len(empty) >= LEAST_EMPTY:
        told = f"No row lies in {len(empty)} of the window's {PARTS} equal parts, where the reference always has rows"
        yield Finding(system.columns.time, "missing_part", 0, told, "Find out where the feed stopped. " + RESEND)


def _blocks(eighths: dict[tuple[int, int], int]) -> list[list[int]]:
    """The blocks of a reference, without those that have less than half the usual rows: its first and last are cut."""
    numbers = sorted({block for block, _ in eighths})
    blocks = [[eighths.get((block, part), 0) for part in range(PARTS)] for block in numbers]
    usual = median(map(sum, blocks)) if blocks else 0
    return [block for block in blocks if 2 * sum(block) >= usual]


def _inverted(system: System, now: Profile, before: Profile) -> Iterator[Finding]:
    """Predictions that go against their own score, where the reference's go with it."""
    if now.leads is None or before.leads is None or not before.leads:
        return
    if now.leads / before.leads < -0.25:
        told = (
            f'"{system.columns.prediction}" goes against "{system.columns.score}": in the reference a higher score '
            "means the other prediction"
        )
        mend = "One of the two is turned round; correct it and deliver the window again."
        yield Finding(system.columns.prediction, "inverted_predictions", 0, told, mend)
