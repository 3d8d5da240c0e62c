"""Which names of categories and groups may be shown.

Rule: a name leaves a check only if the registry declares it (a contract's closed list, a reference group, a cut of a
number) or if at least ten rows of the reference bear it. All others are pooled as `(other)`: a rare value may point
at one person (EU GDPR Art. 5(1)(c)). A missing value is `(missing)`.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from governance.registry.system import System

OTHER = "(other)"
MISSING = "(missing)"
LEAST_ROWS = 10


def _digits(cut: float) -> str:
    return f"{cut:g}"


def cut_names(cuts: tuple[float, ...]) -> tuple[str, ...]:
    """The names of the groups that cut points make: (25, 60) gives <25, 25-59, 60+; with fractions `0.5 to <1`."""
    inner = [
        f"{_digits(low)}-{_digits(high - 1)}"
        if float(low).is_integer() and float(high).is_integer() and high - low > 1
        else f"{_digits(low)} to <{_digits(high)}"
        for low, high in pairwise(cuts)
    ]
    return (f"<{_digits(cuts[0])}", *inner, f"{_digits(cuts[-1])}+")


def declared(system: System, column: str) -> set[str]:
    """The names of one column that the registry itself spells out."""
    rule = system.checks.contract.columns.get(column)
    names = set(rule.values if rule else ())
    if column in system.checks.fairness.reference_group:
        names.add(system.checks.fairness.reference_group[column])
    if column in (system.columns.prediction, system.columns.label):
        names.add(system.columns.positive)
    if column in system.columns.groups:
        names |= set(cut_names(tuple(sorted(system.columns.groups[column]))))
    return names


def shown(name: str | None, allowed: Iterable[str]) -> str:
    """The name, or what stands for it."""
    if name is None:
        return MISSING
    return name if name in allowed else OTHER


def allowed_names(system: System, column: str, reference: Mapping[str, int]) -> set[str]:
    """All names of one column that may be shown, from its counts in the reference."""
    return declared(system, column) | {name for name, rows in reference.items() if rows >= LEAST_ROWS}
