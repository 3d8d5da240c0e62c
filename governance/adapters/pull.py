"""Pull: the rows of one window, its reference and its labels, as local parquet files with their digests.

Only path and digest travel between tasks; no row does. Data faults never raise: they come back in the window, up to
20 at once, and what they spoil is None. A store that does not answer raises `SourceUnavailable`.

Rules of labels that stand apart
1. All their files are read for each window: labels come when they come, a file's name says nothing of it.
2. They are joined by id. An id with two different labels has none, and is counted as a contradiction.
3. An orphan is a label whose id is in no prediction row that was pulled, of whichever window. Orphans are counted only
   where all predictions were pulled: no file was left out by its name, no query was cut by %(start)s or %(end)s.
4. While the window is not mature, labels that are missing or cannot be read are simply null.
5. A reference keeps the labels that its own files hold; those apart are joined only to files that have none.
6. Where labels have times (labels.time), a later one corrects an earlier one, and those that became known after the
   moment of judging are not there yet. Only labels of one moment can contradict each other.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from governance.adapters import arrow, fetched, files, frames, working
from governance.adapters.faults import MOST, broken
from governance.adapters.intake import Portion, Pulled, Wanted, open_source, pour, stamp_of
from governance.adapters.layout import labels_layout, predictions_layout, window_layout
from governance.adapters.origins import Origins
from governance.errors import Fault
from governance.registry.system import System
from governance.window import Input, LabelCounts, Period, Table, Window

FORMAT = "aims-window/1"
AHEAD = timedelta(days=366)  # a forecast may be about times to come, but not so far


def pull_window(system: System, period: Period, *, home: Path, into: Path, as_of: datetime) -> Window:
    """What can be read for one period.

    `home` is the registry's folder, where relative addresses start. `into` is the working folder; it gets
    windows/<one for each pull>/<system>.<window>.parquet, which the caller drops (adapters/working.py), and
    references/<system>.<digest>.parquet. `as_of` is the moment of judging (UTC); it decides whether labels must be
    there.

    Raises:
        SourceUnavailable: a store did not answer; another try may succeed.
    """
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=working.SCRATCH, dir=into) as scratch:
            pull = Pull(system, period, home, into, Path(scratch), as_of, max(as_of, datetime.now(UTC)) + AHEAD)
            faults = pull.read_labels(mature=system.matured(period, as_of))
            reference, reference_faults = pull.reference()  # first: a store that is silent here leaves no window behind
            current, current_faults = pull.current()
    except OSError as error:
        found = (os.strerror(error.errno) if error.errno else type(error).__name__).lower()
        full = broken("", "a working folder with room to write", found, "Free space, or set another working folder.")
        return Window(system.id, period, as_of, None, None, (full,))
    told = tuple(dict.fromkeys([*faults, *current_faults, *reference_faults]))[:MOST]
    window = Window(system.id, period, as_of, current, reference, told, pull.label_counts)
    if faults and current:
        working.drop(into, window)
        return replace(window, current=None)
    return window


@dataclass
class Pull:
    """One pull at work: where it reads and writes, and the labels once they are read."""

    system: System
    period: Period
    home: Path
    into: Path
    scratch: Path
    as_of: datetime | None = None
    latest: datetime | None = None
    label_counts: LabelCounts = field(default_factory=LabelCounts)
    _truth: frames.Truth | None = None
    _label_inputs: tuple[Input, ...] = ()

    def read_labels(self, *, mature: bool) -> list[Fault]:
        """Read labels that stand apart (rules 1, 2 and 4)."""
        source = self.system.labels.source
        if source is None:
            return []
        layout = labels_layout(self.system)
        pulled = self._open(Wanted(source, tuple(layout), bounds=(self.period.start, self.period.end), prune=False))
        parts: list[frames.Frame] = []
        faults = [
            *pulled.faults,
            *pour(pulled.opened, layout, self._known_by(), lambda portion: parts.append(portion.rows)),
        ]
        if faults:
            return faults if mature else []
        self._truth, self._label_inputs = frames.Truth(parts, layout), pulled.inputs
        return []

    def _known_by(self) -> frames.Clock | None:
        """Labels known at the moment of judging, if they have times (rule 6)."""
        labels, zone = self.system.labels, self.system.window.zone
        if not labels.time:
            return None
        return frames.Clock(labels.time, labels.time_format, zone, until=self.as_of, latest=self.latest)

    def current(self) -> tuple[Table | None, list[Fault]]:
        """The window's rows."""
        system, apart = self.system, self.system.labels.source is not None
        needed = tuple(predictions_layout(system) if apart else window_layout(system))
        bounds = (self.period.start, self.period.end)
        pulled = self._open(Wanted(system.predictions, needed, bounds=bounds))
        truth = self._truth

        def seen(batch: Any) -> None:
            if truth and pulled.whole:
                truth.saw(frames.texts(batch, system.columns.id))

        path = working.place_for_window(self.into, f"{system.id}.{self.period.name}.parquet")
        table, faults = self._write(pulled, bounds, path, self._label_inputs, seen)
        if truth:
            self.label_counts = truth.counts(orphans=pulled.whole)
        return table, faults

    def reference(self) -> tuple[Table | None, list[Fault]]:
        """The reference, written once for each set of inputs (rule 5) and fetched only where these may differ."""
        system, label = self.system, self.system.columns.label
        source = system.reference
        bounds = (self._midnight(source.since), self._midnight(source.until))
        layout = predictions_layout(system) if system.labels.source else window_layout(system)
        wanted = Wanted(source, tuple(layout), (label,), bounds)
        stamp = stamp_of(wanted, system.window, self.home)
        if stamp and (unchanged := self._unchanged(stamp)):
            return unchanged, []
        pulled = self._open(wanted)
        joined = any(label not in one.rows.columns for one in pulled.opened)
        labels = self._label_inputs if joined else ()
        table, faults = None if pulled.faults else self._kept(pulled.inputs, labels), list[Fault]()
        if table is None:
            path = self._reference_path(pulled.inputs, labels)
            table, faults = self._write(pulled, bounds, path, labels, lambda _batch: None)
        if table and stamp and stamp == stamp_of(wanted, system.window, self.home):
            fetched.remember(table.path, fetched.Fetched(stamp, pulled.inputs, joined), self.scratch)
        return table, faults

    def _unchanged(self, stamp: str) -> Table | None:
        """The reference that was made of objects of this stamp, if it is there (and its labels are the same)."""
        for known in fetched.recall(self.into / "references", self.system.id, stamp):
            if table := self._kept(known.inputs, self._label_inputs if known.joined else ()):
                return table
        return None

    def _kept(self, inputs: tuple[Input, ...], labels: tuple[Input, ...]) -> Table | None:
        """The reference that was written from these inputs, if it is there; it is then kept for another day."""
        path = self._reference_path(inputs, labels)
        with working.locked(self.into):
            rows = _rows_of(path) if working.use(path) else 0
        return Table(path, files.digest(path), rows, inputs + labels) if rows else None

    def _reference_path(self, inputs: tuple[Input, ...], labels: tuple[Input, ...]) -> Path:
        """Where the reference of these inputs lies."""
        return self.into / "references" / f"{self.system.id}.{self._key(inputs, labels)}.parquet"

    def _open(self, wanted: Wanted) -> Pulled:
        """A source of this system, opened."""
        return open_source(wanted, self.system.window, self.home, self.scratch)

    def _midnight(self, day: date | None) -> datetime | None:
        """The start of a day in the window's zone, in UTC."""
        zone = ZoneInfo(self.system.window.zone)
        return datetime.combine(day, time(), zone).astimezone(UTC) if day else None

    def _key(self, inputs: tuple[Input, ...], labels: tuple[Input, ...]) -> str:
        """Twelve hex digits that stand for all that a reference's bytes depend on."""
        system = self.system
        reading = [
            system.columns.time,
            system.columns.time_format,
            system.window.zone,
            system.reference.model_dump_json(),
        ]
        if labels and system.labels.time:
            reading.append(str(self.as_of))
        digests = [[one.sha256 for one in some] for some in (inputs, labels)]
        text = json.dumps([FORMAT, window_layout(system), system.columns.id, reading, digests])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def _write(
        self,
        pulled: Pulled,
        bounds: tuple[Any, Any],
        path: Path,
        labels: tuple[Input, ...],
        seen: Callable[[Any], None],
    ) -> tuple[Table | None, list[Fault]]:
        """Write the rows within bounds to a parquet file, or tell why not."""
        columns, layout = self.system.columns, window_layout(self.system)
        clock = frames.Clock(columns.time, columns.time_format, self.system.window.zone, *bounds, self.latest)
        partial = self.scratch / path.name
        origins = Origins()
        sink = arrow.Sink(partial, layout, plain=(columns.id,))

        def take(portion: Portion) -> None:
            seen(portion.batch)
            rows = portion.rows
            origins.add(portion.source.input.name, portion.numbers)
            if self._truth and columns.label not in rows.columns:
                rows = self._truth.join(rows, columns.time if bounds[0] == self.period.start else "")
            sink.write(frames.arranged(rows, layout))

        faults = [*pulled.faults, *pour(pulled.opened, layout, clock, take)][:MOST]
        sink.close()
        if not sink.rows and not faults:
            faults = [self._no_rows(pulled, "this window" if bounds[0] == self.period.start else "the reference")]
        if faults:
            return None, faults
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.replace(path)
        origins.keep(path, {one.input.name: one.rows.first_line for one in pulled.opened})
        return Table(path, files.digest(path), sink.rows, pulled.inputs + labels), []

    def _no_rows(self, pulled: Pulled, what: str) -> Fault:
        """A window or reference without any row."""
        read = sum(one.rows.rows for one in pulled.opened)
        name = pulled.opened[0].input.name if len(pulled.opened) == 1 else pulled.shown
        line = pulled.opened[0].rows.header_line if len(pulled.opened) == 1 and not read else None
        found = f"{read} rows, none of them in it" if read else "no rows"
        if not pulled.opened:
            found = f"no file for it among {pulled.listed}"
        mend = f"Check that rows of {self.period.name} were delivered, and columns.time_format and the window's zone."
        return broken(name, f"rows for {what}", found, mend, line=line)


def _rows_of(path: Path) -> int:
    """How many rows a reference written before has; 0 where it cannot be read."""
    try:
        return arrow.parquet_rows(path)
    except arrow.Unparsable:
        return 0
