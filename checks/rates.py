"""Rates of groups, rolled up from the cells of one group-by.

Definitions (positive = the registry's positive value): selection rate = selected / all; TPR and FNR over rows whose
truth is positive; FPR over rows whose truth is not; PPV over labelled rows that were selected; accuracy over labelled
rows. For regression: mean error and mean absolute error of prediction - label.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from checks.intervals import Mean, Share
from checks.scan import Cell, ErrorCell

Figure = Share | Mean
RATES = ("selection_rate", "tpr", "fpr", "fnr", "ppv", "accuracy")
ERRORS = ("mean_error", "mean_absolute_error")
UNLABELLED = ("selection_rate",)


@dataclass(frozen=True)
class Tally:
    """Counts of one group: rows, selected rows, and of the labelled ones the confusion table and the hits."""

    rows: int = 0
    selected: int = 0
    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0
    hits: int = 0

    @property
    def labelled(self) -> int:
        """Rows with a known label."""
        return self.tp + self.fp + self.fn + self.tn

    def rate(self, metric: str) -> Share:
        """One of RATES as a share."""
        table = {
            "selection_rate": (self.selected, self.rows),
            "tpr": (self.tp, self.tp + self.fn),
            "fpr": (self.fp, self.fp + self.tn),
            "fnr": (self.fn, self.tp + self.fn),
            "ppv": (self.tp, self.tp + self.fp),
            "accuracy": (self.hits, self.labelled),
        }
        return Share(*table[metric])


@dataclass(frozen=True)
class Errors:
    """Sums over the labelled rows of one group."""

    rows: int = 0
    total: float = 0.0
    absolute: float = 0.0
    squares: float = 0.0
    fourths: float = 0.0

    def rate(self, metric: str) -> Mean:
        """One of ERRORS as a mean."""
        return Mean(self.rows, self.total if metric == "mean_error" else self.absolute, self.squares)


def tally(cells: Iterable[Cell]) -> Tally:
    """The sum of some cells."""
    counts = dict.fromkeys(("rows", "selected", "tp", "fp", "fn", "tn", "hits"), 0)
    for cell in cells:
        counts["rows"] += cell.n
        counts["selected"] += cell.n * cell.selected
        counts["hits"] += cell.n * bool(cell.hit)
        if cell.favourable is not None:
            counts[("t" if cell.selected == cell.favourable else "f") + ("p" if cell.selected else "n")] += cell.n
    return Tally(**counts)


def errors(cells: Iterable[ErrorCell]) -> Errors:
    """The sum of some cells of errors."""
    listed = list(cells)
    return Errors(
        sum(cell.n for cell in listed),
        sum(cell.total for cell in listed),
        sum(cell.absolute for cell in listed),
        sum(cell.squares for cell in listed),
        sum(cell.fourths for cell in listed),
    )


def margin(
    cells: Sequence[Cell] | Sequence[ErrorCell], place: int, name: Callable[[str | None], str]
) -> dict[str, Tally | Errors]:
    """The sums by group of the attribute at `place`, under the names that may be shown, in the order of the names."""
    groups: dict[str, list[Cell | ErrorCell]] = {}
    for cell in cells:
        groups.setdefault(name(cell.groups[place]), []).append(cell)
    return {group: _summed(groups[group]) for group in sorted(groups)}


def _summed(cells: list[Cell | ErrorCell]) -> Tally | Errors:
    counted = [cell for cell in cells if isinstance(cell, Cell)]
    return tally(counted) if counted else errors(cell for cell in cells if isinstance(cell, ErrorCell))
