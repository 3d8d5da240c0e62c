"""Sorting more numbers than memory should hold: sorted runs in a scratch file, merged one range of values at a time.

A run is at most RUN numbers; up to one run nothing is written. Else every STEPth number of every run is a cut: between
two neighbouring cuts lie fewer than STEP numbers of each run, so that the part in memory is bounded whatever the rows;
numbers equal to a cut, of which there may be any number, need no sorting. The result is exact, and is mapped from a
file: its pages are the system's to drop. Scratch files are unlinked when they are made, so a run that is killed leaves
none, and lie beside the rows they are made of.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from weakref import finalize

import numpy as np

from checks.distances import Sorted

RUN = 1 << 24
STEP = 1 << 16


class Runs:
    """Sorted arrays of one type in, one sorted array out: `with Runs(folder) as runs: runs.add(...); runs.merged()`."""

    def __init__(self, folder: Path, step: int = STEP) -> None:
        """`folder` gets the scratch files; `step` is how many numbers of a run lie between two cuts."""
        self._folder, self._step, self._runs = folder, step, list[Sorted]()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "Runs":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, run: Sorted) -> None:
        """One more sorted run without NaN."""
        if self._runs and self._file is None:
            self._file = _scratch(self._folder)
            self._runs = [_spilled(self._file, one) for one in self._runs]
        self._runs.append(run if self._file is None else _spilled(self._file, run))

    def merged(self) -> Sorted:
        """All numbers in rising order; an array of no floats where nothing was added."""
        if len(self._runs) < 2:
            return self._runs[0] if self._runs else np.empty(0)
        with _scratch(self._folder) as out:
            _merge(self._runs, out, self._step)
            return _mapped(out, self._runs[0].dtype, 0, sum(map(len, self._runs)))


def on_disk(folder: Path, values: Sorted) -> Callable[[], Sorted]:
    """Numbers in a scratch file instead of memory: mapped anew each time they are asked for."""
    file, kind, length = _scratch(folder), values.dtype, len(values)
    values.tofile(file)
    file.flush()

    def mapped() -> Sorted:
        return _mapped(file, kind, 0, length)

    finalize(mapped, file.close)
    return mapped


def _scratch(folder: Path) -> IO[bytes]:
    """A file without a name; beside the rows, or in the system's place for scratch where that cannot be written."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError:
        return tempfile.TemporaryFile()


def _spilled(file: IO[bytes], run: Sorted) -> Sorted:
    """A run in the file instead of memory."""
    offset = file.seek(0, 2)
    run.tofile(file)
    file.flush()
    return _mapped(file, run.dtype, offset, len(run))


def _mapped(file: IO[bytes], kind: Any, offset: int, count: int) -> Sorted:
    if not count:
        return np.empty(0, kind)
    file.flush()
    return np.memmap(file, dtype=kind, mode="r", offset=offset, shape=(count,))


def _merge(runs: list[Sorted], out: IO[bytes], step: int) -> None:
    """Write all runs in order: what lies below each cut, sorted together, then what equals it."""
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
    np.sort(np.concatenate(parts), kind="stable").tofile(out)
