"""Intake: the files of one source opened, and their rows poured, decoded, to whoever takes them."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from governance.adapters import files, frames
from governance.adapters.arrow import Unparsable
from governance.adapters.faults import MOST, broken
from governance.adapters.layout import Layout
from governance.adapters.places import open_store
from governance.adapters.rows import Rows, open_rows
from governance.adapters.stores import Item, Store, address
from governance.errors import Fault, SourceUnavailable, UnreadableInput
from governance.registry.system import Source, WindowPlan
from governance.window import Input

Bounds = tuple[datetime | None, datetime | None]
Take = Callable[["Portion"], None]


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a source.

    Attributes:
        needed, optional: the columns that must be there, and those read where they are.
        bounds: since and until (UTC); either may be None.
        prune: whether files that are named for other periods are left out.
    """

    source: Source
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    bounds: Bounds = (None, None)
    prune: bool = True


@dataclass(frozen=True)
class Opened:
    """One file whose header is known: its rows, what it is as an input, and its stamp when it was digested."""

    rows: Rows
    input: Input
    path: Path
    stamp: tuple[int, int, int]


@dataclass(frozen=True)
class Portion:
    """What one batch of a file gave: the batch, its wanted rows, and their numbers (from 0) in the file."""

    source: Opened
    batch: Any
    rows: frames.Frame
    numbers: Any


@dataclass(frozen=True)
class Pulled:
    """The opened files of a source, how many there are in all, and the faults of those that did not open."""

    shown: str
    opened: tuple[Opened, ...]
    listed: int
    faults: tuple[Fault, ...]
    bounded: bool = False

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What was read."""
        return tuple(one.input for one in self.opened)

    @property
    def whole(self) -> bool:
        """Whether these are all rows of the source, of whichever period."""
        return len(self.opened) == self.listed and not self.bounded


def open_source(wanted: Wanted, plan: WindowPlan, home: Path, scratch: Path) -> Pulled:
    """Bring all files that may hold wanted rows, digest them and read their headers.

    Raises:
        SourceUnavailable: the store does not answer.
    """
    source = wanted.source
    try:
        shown = address(source.address).shown
        store, some, listed = _listed(wanted, plan, home)
    except SourceUnavailable:
        raise
    except UnreadableInput as error:
        return Pulled("", (), 0, error.faults)
    opened: list[Opened] = []
    faults: list[Fault] = []
    for number, item in enumerate(some):
        try:
            opened.append(_opened(store, item, wanted, scratch / f"{len(list(scratch.iterdir()))}-{number}"))
        except SourceUnavailable:
            raise
        except UnreadableInput as error:
            faults += error.faults
    return Pulled(shown, tuple(opened), listed, tuple(faults), bounded="%(" in source.query)


def stamp_of(wanted: Wanted, plan: WindowPlan, home: Path) -> str:
    """A digest that changes whenever one of the files does that may hold wanted rows, told without fetching them.

    Empty where there is no such thing, or something cannot be read.

    Raises:
        SourceUnavailable: the store does not answer.
    """
    stamps = []
    try:
        store, some, _ = _listed(wanted, plan, home)
        for item in some:
            stamps.append(store.stamp(item))
            if not stamps[-1]:
                return ""
    except SourceUnavailable:
        raise
    except UnreadableInput:
        return ""
    return hashlib.sha256(json.dumps(stamps).encode()).hexdigest() if stamps else ""


def _listed(wanted: Wanted, plan: WindowPlan, home: Path) -> tuple[Store, list[Item], int]:
    """The store, the items that may hold wanted rows, and how many there are in all."""
    store = open_store(wanted.source, home, wanted.bounds)
    items = store.items()
    some = [one for one in items if not wanted.prune or files.concerns(one, *wanted.bounds, plan.length, plan.zone)]
    return store, some, len(items)


def _opened(store: Store, item: Item, wanted: Wanted, spare: Path) -> Opened:
    """One item, fetched, digested, its header read."""
    path = store.fetch(item, spare)
    seal = files.stamp(path)
    read = files.read_input(path, item.name)
    if files.vouched(path) not in ("", read.sha256):
        mend = "Copy the file again, or write its .sha256 file again."
        raise UnreadableInput(broken(item.name, "the bytes that its .sha256 file names", "other bytes", mend))
    plain = spare.with_name(f"{spare.name}.plain")
    rows = open_rows(path, item.name, wanted.source.format, needed=wanted.needed, optional=wanted.optional, spare=plain)
    return Opened(rows, read, path, seal)


def pour(files_: Iterable[Opened], layout: Layout, clock: frames.Clock | None, take: Take) -> list[Fault]:
    """Decode the wanted rows of each file and hand them on, batch by batch, until 20 faults are met.

    `take` gets each raw batch with its wanted rows; a file without an optional column gives rows without it.

    Returns:
        What could not be read, with file and line.
    """
    faults: list[Fault] = []
    for one in files_:
        faults += _pour_one(one, layout, clock, take)
        if len(faults) >= MOST:
            break
    return faults[:MOST]


def _pour_one(one: Opened, layout: Layout, clock: frames.Clock | None, take: Take) -> list[Fault]:
    """The rows of one file."""
    here = {column: kind for column, kind in layout.items() if column in one.rows.columns}
    bad: list[frames.Bad] = []
    faults: list[Fault] = []
    first, manner = 0, set[str]()
    try:
        for batch in one.rows.batches():
            decoded = frames.decode(batch, here, first, clock, manner)
            bad += decoded.bad
            take(Portion(one, batch, decoded.rows, decoded.numbers))
            first += batch.num_rows
            if len(bad) >= MOST or any(cell.row is None for cell in bad):
                break
    except UnreadableInput as error:
        faults += error.faults
    except Unparsable as error:
        faults.append(broken(one.input.name, "text, numbers and times", error.why, "Write the file again."))
    if files.stamp(one.path) != one.stamp:
        mend = "Write files under another name and rename them when they are complete."
        faults.append(broken(one.input.name, "a file at rest", "one that changed while it was read", mend))
    return faults + _told(bad, one)


def _told(bad: list[frames.Bad], one: Opened) -> list[Fault]:
    """Faulty cells as faults, in line order."""
    first = sorted(bad, key=lambda cell: -1 if cell.row is None else cell.row)[:MOST]
    lines = one.rows.lines({cell.row for cell in first if cell.row is not None})
    return [
        broken(
            one.input.name,
            cell.expected,
            cell.found,
            cell.mend,
            line=None if cell.row is None else lines.get(cell.row),
            column=cell.column,
        )
        for cell in first
    ]
