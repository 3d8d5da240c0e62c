"""Which columns go together: by what moved with what, by when it began, and by what they belonged to before."""

from collections.abc import Collection, Mapping, Sequence

from checks.cause_columns import Cells, explained, linked

LINKED = 0.25
MANY_LINKED = 3

Links = Mapping[tuple[str, str], float]


def gather(
    cells: Mapping[str, Cells],
    *,
    faulty: Sequence[str] = (),
    alone: Sequence[str] = (),
    outputs: Collection[str] = (),
    before: Mapping[str, str] | None = None,
    fresh: Sequence[str] = (),
) -> dict[str, str]:
    """The cause of each column that rings.

    Args:
        cells: the columns that are to be put together.
        faulty: columns that a fault explains: one cause.
        alone: outputs that no input explains: one cause.
        outputs: score and prediction, which lead only where no input moved with them.
        before: the causes in the window before; a column that is still there keeps its own.
        fresh: the causes that began in the window before, the greatest first.
    """
    known = before or {}
    found = {name: known[name] for name in (*cells, *faulty, *alone) if name in known}
    for together in (faulty, alone):
        new = [name for name in together if name not in found]
        found |= dict.fromkeys(new, f"drift:{new[0]}" if new else "")
    links = linked(cells, LINKED)
    for name in [name for name in cells if name not in found]:
        ties = [(share, next(iter({*pair} - {name}))) for pair, share in links.items() if name in pair]
        old = [(share, other) for share, other in ties if other in found]
        if old:
            found[name] = found[max(old)[1]]
    return found | _begun([name for name in cells if name not in found], cells, links, outputs, _alive(fresh, found))


def _alive(fresh: Sequence[str], found: Mapping[str, str]) -> str:
    """The greatest cause that began in the window before and still rings."""
    return next((cause for cause in fresh if cause in found.values()), "")


def _begun(
    new: Sequence[str], cells: Mapping[str, Cells], links: Links, outputs: Collection[str], last: str
) -> dict[str, str]:
    """The causes of columns that began in this window (rule 1)."""
    found: dict[str, str] = {}
    groups = _components(new, links)
    many = [group for group in groups if len(group) >= MANY_LINKED]
    for group in many:
        found |= dict.fromkeys(group, f"drift:{lead_of(group, cells, outputs)}")
    others = [name for group in groups if len(group) < MANY_LINKED for name in group]
    if others:
        greatest = last or (found[many[0][0]] if many else f"drift:{lead_of(others, cells, outputs)}")
        found |= dict.fromkeys(others, greatest)
    return found


def _components(names: Sequence[str], links: Links) -> list[list[str]]:
    """Columns that links join, the largest group first."""
    group = {name: [name] for name in names}
    for one, other in links:
        if one in group and other in group and group[one] is not group[other]:
            group[one].extend(group[other])
            for name in group[other]:
                group[name] = group[one]
    distinct = {id(members): members for members in group.values()}
    return sorted(distinct.values(), key=lambda members: (-len(members), members[0]))


def lead_of(names: Sequence[str], cells: Mapping[str, Cells], outputs: Collection[str]) -> str:
    """The column whose move, with what it explains of the others' moves, is the greatest; an input before an output."""
    inputs = [name for name in names if name not in outputs] or list(names)

    def weight(name: str) -> float:
        others = (other for other in names if other != name)
        return cells[name].moved() + sum(
            max(0.0, explained(cells[name], cells[other])) * cells[other].moved() for other in others
        )

    return max(inputs, key=lambda name: (weight(name), name))
