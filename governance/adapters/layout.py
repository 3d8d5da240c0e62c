"""Which columns a window has, in which order and of which kind: the registry says so, the rows are never guessed.

Rules, first that fits
1. id, prediction and label are text as written; for a regression prediction and label are numbers.
2. The time column is a moment in UTC.
3. `columns.numeric` and the score are numbers (float64), also where a protected column is one of them (age).
4. All else is text as written.
"""

from enum import StrEnum

from governance.registry.system import System


class Kind(StrEnum):
    """What the cells of a column are decoded to."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


Layout = dict[str, Kind]


def kind_of(column: str, system: System) -> Kind:
    """The kind of one column of a system."""
    named = system.columns
    if column == named.id:
        return Kind.TEXT
    if column == named.time:
        return Kind.TIME
    if column in (named.prediction, named.label):
        return Kind.NUMBER if system.task == "regression" else Kind.TEXT
    return Kind.NUMBER if column in (*named.numeric, named.score) else Kind.TEXT


def predictions_layout(system: System) -> Layout:
    """Every column that predictions must have, without the label."""
    return {column: kind_of(column, system) for column in system.columns.wanted if column != system.columns.label}


def labels_layout(system: System) -> Layout:
    """The columns of labels that stand apart: id, label, and the time when it became known if the registry names it."""
    layout = {column: kind_of(column, system) for column in (system.columns.id, system.columns.label)}
    return layout | ({system.labels.time: Kind.TIME} if system.labels.time else {})


def window_layout(system: System) -> Layout:
    """The columns of a window: those of the predictions, and the label last."""
    return predictions_layout(system) | {system.columns.label: kind_of(system.columns.label, system)}
