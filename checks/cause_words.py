"""The kinds of causes, and the sentence that names one with its measured reason."""

from collections.abc import Sequence
from enum import StrEnum

from checks import words
from checks.cause_relation import Relation

SHOWN = 5


class Kind(StrEnum):
    """What kind of change a cause is; `standing gap` is none: the reference shows it too."""

    DATA = "data fault"
    COVARIATE = "covariate shift"
    PRIOR = "label or prior shift"
    CONCEPT = "concept shift"
    MIX = "mix change of groups"
    MODEL = "model change"
    STANDING = "standing gap"
    UNKNOWN = "not known"


def of_kind(kind: Kind, told: str) -> str:
    """`Covariate shift: ...`."""
    return f"{kind.capitalize()}: {told}."


def led(lead: str, explained: Sequence[str], others: Sequence[str]) -> str:
    """The lead, how many moved with it, and of how many that is measured."""
    if not explained and not others:
        return f'"{lead}" moved, alone'
    count = len(explained) + len(others)
    told = f'"{lead}" leads, and {words.count(count, "other column")} moved with it'
    if explained:
        told += f" ({_listed(explained)} as far as its move explains theirs"
        told += f"; {_listed(others)} at the same time)" if others else ")"
    return told if explained else f"{told}, at the same time ({_listed(others)})"


def _listed(names: Sequence[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    if len(quoted) > SHOWN:
        return f"{', '.join(quoted[:SHOWN])} and {len(quoted) - SHOWN} more"
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def by_labels(relation: Relation | None, waiting: str) -> str:
    """What the labels by score say."""
    if relation is None:
        return f"labels cannot tell more yet: {waiting}" if waiting else "there are too few labels to tell more"
    if not relation.moved:
        return f"labels by {relation.by} did not move"
    how = "alike" if relation.alike else "not alike"
    return f"labels by {relation.by} moved, {how} at every {relation.by}: {relation.told}"
