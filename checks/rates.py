"""Rates of groups, rolled up from the cells of one group-by.

Definitions (positive = the registry's positive value): selection rate = selected / all; TPR and FNR over rows whose
truth is positive; FPR over rows whose truth is not; PPV over labelled rows that were selected; accuracy over labelled
rows. With several classes each class in turn is the positive one. For regression: mean error and mean absolute error of
prediction - label over labelled rows, and the mean prediction over all.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass

from checks.intervals import Mean, Share
from checks.scan import Cell, ErrorCell

Figure = Share | Mean
Group = tuple[str, ...]
RATES = ("selection_rate", "tpr", "fpr", "fnr", "ppv", "accuracy")
ERRORS = ("mean_error", "mean_absolute_error", "mean_prediction")
UNLABELLED = ("selection_rate", "mean_prediction")


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
        """One of RATES as a share, the same as Fairlearn's to the last digit; not a number where nobody is counted."""
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

    @property
    def labelled(self) -> int:
        """All of them."""
        return self.rows

    def rate(self, metric: str) -> Mean:
        """Mean error or mean absolute error."""
        return Mean(self.rows, self.total if metric == "mean_error" else self.absolute, self.squares)


@dataclass(frozen=True)
class Numbers:
    """One group of a regression: sums of its errors (labelled rows) and of its predictions (all rows)."""

    errors: Errors
    made: Errors

    @property
    def rows(self) -> int:
        """Rows with a usable prediction."""
        return self.made.rows

    @property
    def labelled(self) -> int:
        """Those of them with a known label."""
        return self.errors.rows

    def rate(self, metric: str) -> Mean:
        """One of ERRORS as a mean."""
        if metric == "mean_prediction":
            return Mean(self.made.rows, self.made.total, self.made.squares)
        return self.errors.rate(metric)


Sums = Tally | Errors | Numbers


def tally(cells: Iterable[Cell]) -> Tally:
    """The sum of some cells."""
    counts = dict.fromkeys(("rows", "selected", "tp", "fp", "fn", "tn", "hits"), 0)
    for cell in cells:
        counts["rows"] += cell.n
        counts["selected"] += cell.n * bool(cell.selected)
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
    cells: Sequence[Cell] | Sequence[ErrorCell], key: Callable[[tuple[str | None, ...]], Group]
) -> dict[Group, Tally | Errors]:
    """The sums of each group, in the order of their names; `key` names the group that a cell's attributes belong to."""
    groups: dict[Group, list[Cell | ErrorCell]] = {}
    for cell in cells:
        groups.setdefault(key(cell.groups), []).append(cell)
    return {group: _summed(groups[group]) for group in sorted(groups)}


def _summed(cells: list[Cell | ErrorCell]) -> Tally | Errors:
    counted = [cell for cell in cells if isinstance(cell, Cell)]
    return tally(counted) if counted else errors(cell for cell in cells if isinstance(cell, ErrorCell))


def together(parts: Iterable[Sums]) -> Sums:
    """The sums of several groups of one kind as one group's."""
    listed = list(parts)
    if isinstance(listed[0], Numbers):
        numbers = [one for one in listed if isinstance(one, Numbers)]
        return Numbers(_added([one.errors for one in numbers]), _added([one.made for one in numbers]))
    if isinstance(listed[0], Errors):
        return _added([one for one in listed if isinstance(one, Errors)])
    tallies = [astuple(one) for one in listed if isinstance(one, Tally)]
    return Tally(*(sum(column) for column in zip(*tallies, strict=True)))


def _added(parts: Iterable[Errors]) -> Errors:
    return Errors(*(sum(column) for column in zip(*map(astuple, parts), strict=True)))
