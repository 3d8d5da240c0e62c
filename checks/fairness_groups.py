"""The groups of protected attributes and of their crossings, with their sums, under the names that may be shown.

Rules
1. Everything is rolled up from one group-by at the finest intersection of the attributes (checks/rates.py).
2. A single attribute's group is named by checks/names.py. A crossing is named if all of its parts are, and at least ten
   rows of the reference lie in it; all other crossings are pooled: a rare crossing of common groups may be one person.
3. Crossings go to the policy's depth. Groups that each attribute hides can differ where they cross (Kearns, Neel, Roth
   and Wu, "Preventing fairness gerrymandering", ICML 2018).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from checks.counted import Counted, CountedReference, File, counted
from checks.fairness_policy import Ask, asked, of_class
from checks.names import LEAST_ROWS, OTHER, allowed_names, cut_names, shown
from checks.rates import Errors, Group, Numbers, Sums, margin, together
from checks.scan import Cell, Cuts, ErrorCell, all_cells, cells, error_cells, group_counts
from governance.registry.system import System
from governance.window import Table

MOST_CLASSES = 20

Cells = Sequence[Cell] | Sequence[ErrorCell]
Key = Callable[[tuple[str | None, ...]], Group]


@dataclass(frozen=True)
class Compared:
    """One attribute, or some that are crossed, with the groups' sums and the questions asked.

    `for_class` is the class that counts as positive, where there are `several`; empty: all of them together.
    `strata` holds the groups' sums within each value of a declared column.
    """

    attributes: tuple[str, ...]
    groups: dict[Group, Sums]
    asked: tuple[Ask, ...]
    for_class: str = ""
    several: bool = False
    strata: dict[str, list[dict[Group, Sums]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`SEX`, `SEX & DIS`."""
        return " & ".join(self.attributes)

    @property
    def subject(self) -> str:
        """The subject of its results: `SEX`, `SEX for class b`."""
        return f"{self.name} for class {self.for_class}" if self.for_class else self.name

    @property
    def cause(self) -> str:
        """One case an attribute or crossing."""
        return f"fairness:{self.name}"

    def people(self, group: Group) -> str:
        """`SEX=2 and DIS=1`; a pooled crossing is `SEX & DIS=(other)`."""
        if len(group) != len(self.attributes):
            return f"{self.name}={group[0]}"
        return " and ".join(f"{attribute}={one}" for attribute, one in zip(self.attributes, group, strict=True))


def group_name(group: Group) -> str:
    """A group as a result carries it: `2`, `2 & 1`."""
    return " & ".join(group)


def cuts_of(system: System, attribute: str) -> tuple[Cuts, tuple[str, ...]]:
    """The cut points of a numeric attribute and the names of its groups; none when its values are the groups."""
    cuts = tuple(sorted(system.columns.groups.get(attribute, ())))
    return cuts, cut_names(cuts) if cuts else ()


Finest = dict[str, tuple[Cuts, tuple[str, ...]]]


def finest(system: System, refused: Collection[str] = ()) -> Finest:
    """How rows are put into groups at the finest intersection of protected attributes and declared strata."""
    names = dict.fromkeys((*system.columns.protected, *system.checks.fairness.stratify_by))
    return {name: cuts_of(system, name) for name in names if name not in refused}


class Population:
    """The usable protected attributes of a system, and what the reference knows of their groups."""

    def __init__(
        self, system: System, attributes: Sequence[str], reference: Table | None, strata: Sequence[str] = ()
    ) -> None:
        self.system, self.attributes, self.reference = system, tuple(attributes), reference
        self.before = CountedReference(reference) if reference else None
        self.grouping = {name: cuts_of(system, name) for name in attributes}
        self.strata = tuple(strata)
        self.finest = self.grouping | {name: cuts_of(system, name) for name in strata}

    @cached_property
    def known(self) -> dict[tuple[str | None, ...], int]:
        """Rows of the reference at each finest intersection."""
        return self.rows_by_group(self.before) if self.before else {}

    def rows_by_group(self, rows: Counted) -> dict[tuple[str | None, ...], int]:
        """Rows of a file at each finest intersection of the attributes, with a prediction or without."""
        columns = self.system.columns
        if self.system.task == "regression":
            return group_counts(rows, self.grouping)
        found: dict[tuple[str | None, ...], int] = {}
        for cell in all_cells(rows, self.finest, columns.prediction, columns.label, columns.positive):
            groups = cell.groups[: len(self.grouping)]
            found[groups] = found.get(groups, 0) + cell.n
        return found

    def rows_before(self, attribute: str) -> dict[str, int]:
        """Rows of the reference by the group of one attribute."""
        place, found = self.attributes.index(attribute), dict[str, int]()
        for groups, rows in self.known.items():
            name = groups[place]
            if name is not None:
                found[name] = found.get(name, 0) + rows
        return found

    @cached_property
    def allowed(self) -> list[set[str]]:
        """The names that may be shown, by attribute."""
        return [allowed_names(self.system, name, self.rows_before(name)) for name in self.attributes]

    def naming(self, chosen: tuple[str, ...]) -> Key:
        """How the groups of some attributes are named (rule 2)."""
        places = [self.attributes.index(name) for name in chosen]

        def parts(groups: tuple[str | None, ...]) -> Group:
            return tuple(shown(groups[place], self.allowed[place]) for place in places)

        if len(chosen) == 1:
            return parts
        before: dict[Group, int] = {}
        for groups, rows in self.known.items():
            before[parts(groups)] = before.get(parts(groups), 0) + rows
        return lambda groups: here if before.get(here := parts(groups), 0) >= LEAST_ROWS else (OTHER,)

    def crossed(self) -> Iterator[tuple[str, ...]]:
        """Each attribute, then each crossing up to the policy's depth."""
        for depth in range(1, self.system.checks.fairness.depth + 1):
            yield from combinations(self.attributes, depth)

    def compared(self, current: File) -> Iterator[Compared]:
        """Every attribute and crossing with its sums in a window's file, by class where there are several."""
        task, current = self.system.task, counted(current)
        if task == "regression":
            yield from self._of_numbers(current)
            return
        asks = asked(self.system)
        classes = self.classes()[:MOST_CLASSES] if task == "multiclass" else []
        yield from self._of_class(current, "", of_class(asks, one_class=False) if classes else asks)
        for one in classes:
            yield from self._of_class(current, one, of_class(asks, one_class=True))

    def _of_class(self, current: Counted, one: str, asks: tuple[Ask, ...]) -> Iterator[Compared]:
        """The groups with one class as the positive one; without a class that of the registry."""
        columns, several = self.system.columns, self.system.task == "multiclass"
        counted = cells(current, self.finest, columns.prediction, columns.label, one or columns.positive)
        for attributes in self.crossed():
            key = self.naming(attributes)
            strata = self._strata(attributes, lambda part, key=key: {**margin(part, key)}, counted)
            yield Compared(attributes, {**margin(counted, key)}, asks, one, several, strata)

    def _strata(
        self, attributes: tuple[str, ...], sums: Callable[..., dict[Group, Sums]], *counted: Cells
    ) -> dict[str, list[dict[Group, Sums]]]:
        """The sums of a single attribute's groups within each value of each declared column."""
        found: dict[str, list[dict[Group, Sums]]] = {}
        for column in self.strata if len(attributes) == 1 and attributes[0] not in self.strata else ():
            place = list(self.finest).index(column)
            values = dict.fromkeys(cell.groups[place] for cells_ in counted for cell in cells_)
            found[column] = [
                sums(*([cell for cell in part if cell.groups[place] == value] for part in counted)) for value in values
            ]
        return found

    def classes(self) -> list[str]:
        """The classes that may be named, the most frequent predictions of the reference first."""
        column = self.system.columns.prediction
        before = self.before.counts(column) if self.before else {}
        names = allowed_names(self.system, column, before)
        names -= {self.system.columns.positive} - set(before) if before else set()
        return sorted(names, key=lambda name: (-before.get(name, 0), name))

    def _of_numbers(self, current: Counted) -> Iterator[Compared]:
        """The groups of a regression."""
        asks = asked(self.system, self._reference_sums())
        errors, made = self._numbers(current)
        for attributes in self.crossed():
            key = self.naming(attributes)
            strata = self._strata(
                attributes, lambda of_errors, of_made, key=key: numbers(of_errors, of_made, key), errors, made
            )
            yield Compared(attributes, numbers(errors, made, key), asks, strata=strata)

    def _numbers(self, rows: Counted) -> tuple[Cells, Cells]:
        columns = self.system.columns
        return (
            error_cells(rows, self.finest, columns.prediction, columns.label),
            error_cells(rows, self.finest, columns.prediction, ""),
        )

    def _reference_sums(self) -> Numbers | None:
        """All rows of a regression's reference together."""
        if self.before is None:
            return None
        groups = numbers(*self._numbers(self.before), lambda _: ("all",))
        whole = together(groups.values()) if groups else None
        return whole if isinstance(whole, Numbers) else None


def numbers(errors: Cells, made: Cells, key: Key) -> dict[Group, Sums]:
    """The groups' sums of errors and of predictions."""
    of_errors, of_made = margin(errors, key), margin(made, key)
    found: dict[Group, Sums] = {}
    for group, sums in of_made.items():
        known = of_errors.get(group, Errors())
        if isinstance(sums, Errors) and isinstance(known, Errors):
            found[group] = Numbers(known, sums)
    return found
