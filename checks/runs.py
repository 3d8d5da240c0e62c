"""Sorting more numbers than memory should hold: sorted runs in a scratch file, merged one range of values at a time.

A run is at most RUN numbers, gathered piece by piece in one array and sorted there; numbers that fill no more than one
run are merged with nothing. Else every STEPth number of every run is a cut: between two neighbouring cuts lie fewer
than STEP numbers of each run, so that the part in memory is bounded whatever the rows; numbers equal to a cut, of which
there may be any number, need no sorting. The result is exact, and is mapped from a file: its pages are the system's to
drop. Scratch files are unlinked when they are made, so a run that is killed leaves none, and lie beside the rows they
are made of.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from weakref import finalize

import numpy as np

from checks.distances import Sorted

RUN = 1 << 27
STEP = 1 << 16


class Runs:
    """Numbers of one type in, one sorted array out: `with Runs(folder, rows) as runs: runs.add(...); runs.merged()`."""

    def __init__(self, folder: Path, most: int, *, run: int = RUN, step: int = STEP) -> None:
        """Nothing is sorted yet.

        Args:
            folder: gets the scratch files.
            most: how many numbers there may be.
            run: how many numbers are sorted at once.
            step: how many numbers of a run lie between two cuts.
        """
        self._folder, self._size, self._step = folder, max(1, min(run, most)), step
        self._run, self._filled, self._spilled = np.empty(0), 0, list[Sorted]()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "Runs":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, numbers: Sorted) -> None:
        """More numbers, in any order, without NaN; a negative zero becomes zero."""
        while len(numbers):
            if self._filled == self._size:
                self._spill()
            if not len(self._run):
                self._run = np.empty(self._size, numbers.dtype)
            part = numbers[: self._size - self._filled]
            np.add(part, 0, out=self._run[self._filled : self._filled + len(part)])
            self._filled, numbers = self._filled + len(part), numbers[len(part) :]

    def merged(self) -> Sorted:
        """All numbers in rising order; an array of no floats where nothing was added."""
        return self.kept(self._size)()

    def kept(self, most: int) -> Callable[[], Sorted]:
        """The same, in memory up to `most`; more lie in a scratch file, mapped anew each time they are asked for."""
        run = self._sorted()
        if not self._spilled and len(run) <= most:
            return lambda: run
        file, runs = _scratch(self._folder), [*self._spilled, run]
        _merge(runs, file, self._step)
        kind, count = run.dtype, sum(map(len, runs))

        def mapped() -> Sorted:
            return _mapped(file, kind, 0, count)

        finalize(mapped, file.close)
        return mapped

    def _sorted(self) -> Sorted:
        """The run that is being filled, sorted where it lies."""
        run = self._run[: self._filled]
        run.sort()
        return run

    def _spill(self) -> None:
        """A full run into the file."""
        self._file = self._file or _scratch(self._folder)
        run, offset = self._sorted(), self._file.seek(0, 2)
        run.tofile(self._file)
        self._spilled.append(_mapped(self._file, run.dtype, offset, len(run)))
        self._filled = 0


def _scratch(folder: Path) -> IO[bytes]:
    """A file without a name; beside the rows, or in the system's place for scratch where that cannot be written."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError:
        return tempfile.TemporaryFile()


def _mapped(file: IO[bytes], kind: Any, offset: int, count: int) -> Sorted:
    file.flush()
    return np.memmap(file, dtype=kind, mode="r", offset=offset, shape=(count,))


def _merge(runs: list[Sorted], out: IO[bytes], step: int) -> None:
    """Write all runs in order: what lies below each cut, sorted together, then what equals it."""
    if len(runs) == 1:
        runs[0].tofile(out)
        return
    cuts = np.unique(np.concatenate([run[::step] for run in runs]))
    starts = np.zeros(len(runs), np.int64)
    below = np.array([np.searchsorted(run, cuts, "left") for run in runs])
    upto = np.array([np.searchsorted(run, cuts, "right") for run in runs])
    for low, high in zip(below.T, upto.T, strict=True):
        _write(out, [run[start:end] for run, start, end in zip(runs, starts, low, strict=True)])
        for run, start, end in zip(runs, low, high, strict=True):
            run[start:end].tofile(out)
        starts = high
    _write(out, [run[start:] for run, start in zip(runs, starts, strict=True)])


def _write(out: IO[bytes], parts: list[Sorted]) -> None:
    """Some sorted parts as one."""
    np.sort(np.concatenate(parts)).tofile(out)
