"""Who is compared with whom: each group with the reference group, or with all others.

The reference group is the policy's, else the largest (the first by name among equals, pooled groups last); of a
crossing the one where the reference groups of its attributes meet, if it has enough rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.comparison import Comparison
from checks.fairness_groups import Compared
from checks.fairness_policy import Ask
from checks.fairness_results import REST
from checks.names import MISSING, OTHER
from checks.rates import Group, Sums, together
from governance.registry.system import System


@dataclass(frozen=True, eq=False)
class Pair:
    """A group against another on one question."""

    compared: Compared
    ask: Ask
    group: Group
    against: Group
    ours: Sums
    theirs: Sums

    @property
    def comparison(self) -> Comparison:
        """Their figures."""
        names = (" & ".join(self.group), " & ".join(self.against))
        metric, form, limit = self.ask.metric, self.ask.form, self.ask.limit
        return Comparison(*names, metric, form, self.ours.rate(metric), self.theirs.rate(metric), limit)

    @property
    def name(self) -> str:
        """`SEX=2:selection_rate_ratio`."""
        return f"{self.compared.subject}={' & '.join(self.group)}:{self.ask.name}"


def reference_group(system: System, compared: Compared, before: Mapping[str, Group]) -> tuple[str, Group]:
    """Why nothing can be judged (or nothing), and the group that the others are compared with.

    Args:
        system: names the reference groups.
        compared: an attribute or a crossing.
        before: the reference groups of single attributes, by name.
    """
    groups, policy = compared.groups, system.checks.fairness
    if not compared.asked:
        return "the policy sets no limit for it; set checks.fairness.difference in the registry", ()
    ranked = sorted(groups, key=lambda name: (OTHER in name or MISSING in name, -groups[name].rows, name))
    against = ranked[0] if ranked else ()
    if len(compared.attributes) == 1:
        named = policy.reference_group.get(compared.attributes[0])
        against = against if named is None else (named,)
    else:
        meeting = tuple(before[name][0] if name in before else "" for name in compared.attributes)
        against = meeting if meeting in groups and groups[meeting].rows >= policy.min_group else against
    if not groups:
        return "no row has a usable prediction", ()
    if against not in groups and policy.compare == "rest":
        against = ranked[0]
    if against not in groups:
        return f"its reference group {' & '.join(against)} has no row in this window", ()
    return "" if len(groups) > 1 else "the window holds only one group, so there is nothing to compare", against


def pairs_of(system: System, compared: Compared, against: Group, asks: Sequence[Ask]) -> Iterator[Pair]:
    """All comparisons of an attribute."""
    for group, other, ours, theirs in _matches(system, compared, against):
        yield from (Pair(compared, ask, group, other, ours, theirs) for ask in asks)


def _matches(system: System, compared: Compared, against: Group) -> Iterator[tuple[Group, Group, Sums, Sums]]:
    """Who is compared with whom: with the reference group, or each with all others (two groups once)."""
    groups = compared.groups
    for group, sums in groups.items():
        if system.checks.fairness.compare == "rest" and len(groups) > 2:
            yield group, REST, sums, together(other for name, other in groups.items() if name != group)
        elif group != against:
            yield group, against, sums, groups[against]


def others_of(groups: Mapping[Group, Sums], pair: Pair) -> Sums | None:
    """Whom the group of a pair is compared with, among other sums of the same groups."""
    if pair.against != REST:
        return groups.get(pair.against)
    rest = [sums for name, sums in groups.items() if name != pair.group]
    return together(rest) if rest else None
