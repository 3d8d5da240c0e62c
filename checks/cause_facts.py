"""What is measured about a window where something drifts: samples of both files, read once and only when asked."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from checks import words
from checks.cause_columns import Cells, Values, accounted, cells_of, either, explained, fault_of
from checks.cause_groups import LINKED, lead_of
from checks.cause_relation import Relation, in_both, measure
from checks.counted import Counted, CountedReference
from governance.registry.system import System
from governance.window import Window

SAMPLE = 20_000
SMALL_SAMPLE = 5_000
MANY = 40
HALF = 0.5
LABELS_MOVED = 0.02


class Facts:
    """One window's measurements."""

    def __init__(self, system: System, window: Window, waiting: str, file: Counted | None = None) -> None:
        """`waiting` says why labels may not be trusted yet; `file` is the window's, if it is being read already."""
        self.system, self.waiting = system, waiting
        self._file = file or (Counted(window.current.path) if window.current else None)
        self._known = CountedReference(window.reference) if window.reference else None
        columns = system.columns
        self.outputs = frozenset(name for name in (columns.score, columns.prediction) if name)

    @property
    def readable(self) -> bool:
        """Whether both files are there."""
        return self._file is not None and self._known is not None

    @cached_property
    def _samples(self) -> tuple[Mapping[str, Values], Mapping[str, Values]]:
        """Rows of the reference and of the window: inputs, outputs, label."""
        columns = self.system.columns
        if self._known is None or self._file is None:
            return {}, {}
        wanted = (*columns.features, *sorted(self.outputs), columns.label)
        names = in_both(wanted, self._known, self._file)
        most = SAMPLE if len(names) <= MANY else SMALL_SAMPLE
        before, now = ({name: one.sample(name, most) for name in names} for one in (self._known, self._file))
        return before, now

    @cached_property
    def cells(self) -> dict[str, Cells]:
        """Every column in cells."""
        before, now = self._samples
        return {name: cells_of(before[name], now[name]) for name in before}

    def fault(self, name: str) -> str:
        """What looks broken in a column."""
        if not self.readable:
            return ""
        before, now = self._samples
        return fault_of(before[name], now[name])

    @cached_property
    def relation(self) -> Relation | None:
        """How labels by score moved; None where labels cannot tell."""
        if self.waiting or self._file is None or self._known is None:
            return None
        return measure(self.system, self._file, self._known)

    def explained_by(self, lead: str, names: Sequence[str]) -> list[str]:
        """Those of some columns whose move the lead's explains, or that explain the lead's."""
        if not self.readable:
            return []
        return [name for name in names if either(self.cells[lead], self.cells[name]) >= LINKED]

    def greatest(self, names: Sequence[str]) -> str:
        """The column that leads the others (checks/cause_groups.py)."""
        return lead_of(names, self.cells, self.outputs) if self.readable else names[0]

    def outputs_stand_alone(self, moved: Sequence[str]) -> bool:
        """Whether an output moved that the inputs explain by less than half."""
        outputs = [name for name in moved if name in self.outputs]
        return bool(outputs) and all(self._inputs_explain(name) < HALF for name in outputs)

    def inputs_explain_told(self, output: str) -> str:
        """The share in words."""
        return words.percent(min(1.0, max(0.0, self._inputs_explain(output))))

    def _inputs_explain(self, output: str) -> float:
        before, now = self._samples
        inputs = [self.cells[name] for name in self.system.columns.features if name in self.cells]
        return accounted(inputs, _ranked(before[output], before[output]), _ranked(before[output], now[output]))

    def labels_explain(self, lead: str) -> bool:
        """Whether the labels' shares moved, and their move explains at least half of the lead's."""
        labels = self.cells.get(self.system.columns.label)
        return labels is not None and labels.moved() >= LABELS_MOVED and explained(labels, self.cells[lead]) >= HALF


def _ranked(reference: Values, values: Values) -> NDArray[np.float64]:
    """Numbers as their rank in the reference, 0 to 1; text as whether it is the reference's most frequent."""
    if reference.dtype.kind != "f":
        names, counts = np.unique(reference.astype(str), return_counts=True)
        return np.asarray(values.astype(str) == names[counts.argmax()], np.float64)
    finite = np.sort(reference[np.isfinite(reference)])
    known = values[np.isfinite(values)]
    middle = (
        (np.searchsorted(finite, known, "left") + np.searchsorted(finite, known, "right")) / 2 / max(1, len(finite))
    )
    ranks = np.full(len(values), 0.5)
    ranks[np.isfinite(values)] = middle
    return ranks
