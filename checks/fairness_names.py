"""The groups themselves: one group under several spellings, new groups, vanished groups, a changed mix.

Rules
1. Spellings: two values of an attribute that are the same but for letter case, spaces, or how a letter is encoded
   (Unicode NFKC) are one group under two names, and every rate of both is wrong: an alarm. Nothing is merged: which
   spelling is right is for the people who write the column.
2. New: a group that the reference does not hold. An alarm where chance would hardly put all its rows into the window
   (k rows, the window n of n + N: at most (n/(n + N))^k), else insufficient.
3. Vanished: a group of at least ten rows of the reference of which the window has none. An alarm where chance would
   hardly leave it out ((1 - share)^n), else insufficient, with the rows that would tell.
4. Mix: the Jensen-Shannon distance of the groups' shares, judged as drift judges a category in one window, with what
   the reference's own blocks differ by (checks/drift.py). Not for a column that drift watches, nor for a cut number.
Chance would hardly do what it does less often than once in a thousand, and than a tenth of the window's level for false
alarms (checks/fairness_policy.py) shared among the groups of all attributes.

A name is given only where checks/names.py allows it; of all others the number is told, and not below ten rows. A window
of fewer than ten rows is not judged: who is missing would tell who is there.

EU AI Act Art. 10(2)(f); ISO/IEC 42001 A.7.4 (quality of data).
"""

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace

from checks import distances, drift, noise, words
from checks.counted import File, counted
from checks.decision import decide
from checks.fairness_groups import Population
from checks.fairness_policy import level
from checks.names import LEAST_ROWS, shown
from checks.sequential import Follower
from governance.verdict import Limit, Result, Status

NONE = Limit(max=0, basis="the same groups as in the reference, under the same names")
UNLIKELY = 0.001
METHOD = "Jensen-Shannon distance"


def examine(population: Population, current: File) -> list[Result]:
    """Judge the groups of each attribute in a window's file."""
    if population.reference is None:
        return []
    rows_by_group = population.rows_by_group(counted(current))
    results = list[Result]()
    for place, attribute in enumerate(population.attributes):
        now: dict[str, int] = {}
        for names, rows in rows_by_group.items():
            name = names[place]
            if name is not None:
                now[name] = now.get(name, 0) + rows
        results.extend(judge(population, attribute, population.rows_before(attribute), now))
    return results


def judge(
    population: Population, attribute: str, before: Mapping[str, int], now: Mapping[str, int]
) -> Iterator[Result]:
    """The results of one attribute, from its counts by raw name in the reference and in the window."""
    if not before or not now:
        return
    if sum(now.values()) < LEAST_ROWS:
        told = f'The groups of "{attribute}" cannot be judged: the window has fewer than {LEAST_ROWS} rows.'
        few = _result(attribute, "vanished_groups", Status.INSUFFICIENT, told, 0)
        yield replace(few, value=None, needed=LEAST_ROWS)
        return
    allowed = population.allowed[population.attributes.index(attribute)]
    yield _spellings(attribute, before, now, allowed)
    chances = 10 * len(population.attributes) * len({*before, *now})
    unlikely = math.log(min(UNLIKELY, level(population.system) / chances))
    yield _new(attribute, before, now, unlikely)
    yield _vanished(attribute, before, now, unlikely)
    system = population.system
    if attribute not in drift.watched(system) and attribute not in system.columns.groups:
        yield from _mix(population, attribute, before, now)


def folded(name: str) -> str:
    """A name without letter case, outer and repeated spaces, and variants of encoding."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _result(attribute: str, metric: str, status: Status, sentence: str, value: float) -> Result:
    cause = f"fairness:{attribute}:groups"
    return Result("fairness", attribute, metric, status, sentence, cause, float(value), limit=NONE)


def _spellings(attribute: str, before: Mapping[str, int], now: Mapping[str, int], allowed: set[str]) -> Result:
    """Rule 1, over the names of the window and those it should have."""
    groups: dict[str, set[str]] = {}
    for name in (*now, *before):
        groups.setdefault(folded(name), set()).add(name)
    several = {key: names for key, names in groups.items() if len(names) > 1 and any(name in now for name in names)}
    rows = sum(now.get(name, 0) for names in several.values() for name in names)
    told = f'No group of "{attribute}" is written in two ways.'
    if several:
        shown_names = sorted(shown(name, allowed) for names in several.values() for name in names)
        listed = ", ".join(f'"{name}"' for name in dict.fromkeys(shown_names))
        told = (
            f'{words.count(len(several), "group")} of "{attribute}" are written in several ways ({listed}) that differ '
            "only by letter case, spaces or encoding, so the rates of each are wrong. "
            f"{_rows(rows)} of this window are concerned; write one spelling where the column is made."
        )
    status = Status.ALARM if several else Status.PASS
    return _result(attribute, "spelling_variants", status, told, len(several))


def _new(attribute: str, before: Mapping[str, int], now: Mapping[str, int], unlikely: float) -> Result:
    """Rule 2; `unlikely` is the logarithm of what chance would hardly do."""
    known_names = set(map(folded, before))
    unheard = {name: rows for name, rows in now.items() if folded(name) not in known_names}
    n, known = sum(now.values()), sum(before.values())
    chance = min((rows * math.log(n / (n + known)) for rows in unheard.values()), default=0.0)
    told, status = f'Every group of "{attribute}" is known to the reference.', Status.PASS
    if unheard:
        status = Status.ALARM if chance <= unlikely else Status.INSUFFICIENT
        told = (
            f'{words.count(len(unheard), "group")} of "{attribute}" in this window are not in the reference '
            f"({_rows(sum(unheard.values()))}): "
        )
        told += (
            "too many for chance. Add them to the reference, or mend the column."
            if status is Status.ALARM
            else "so few that chance may explain it."
        )
    return _result(attribute, "new_groups", status, told, len(unheard))


def _vanished(attribute: str, before: Mapping[str, int], now: Mapping[str, int], unlikely: float) -> Result:
    """Rule 3."""
    seen = set(map(folded, now))
    n, known = sum(now.values()), sum(before.values())
    gone = {name: rows / known for name, rows in before.items() if rows >= LEAST_ROWS and folded(name) not in seen}
    sure = sorted(name for name, share in gone.items() if n * _log_rest(share) <= unlikely)
    unsure = sorted(set(gone) - set(sure))
    if sure:
        told = (
            f"{_listed(attribute, sure)}: no row in this window of {words.count(n)}, "
            "though the reference has some: too few for chance."
        )
        return _result(attribute, "vanished_groups", Status.ALARM, told, len(gone))
    if unsure:
        needed = max(math.ceil(unlikely / _log_rest(gone[name])) for name in unsure) - n
        told = (
            f"{_listed(attribute, unsure)}: no row in this window, which may be chance; "
            f"{words.count(needed, 'more row')} would tell."
        )
        return replace(_result(attribute, "vanished_groups", Status.INSUFFICIENT, told, len(gone)), needed=needed)
    told = f'Every group of "{attribute}" that the reference knows is in this window.'
    return _result(attribute, "vanished_groups", Status.PASS, told, 0)


def _log_rest(share: float) -> float:
    return math.log1p(-share) if share < 1 else -math.inf


def _listed(attribute: str, names: list[str]) -> str:
    """`SEX=1, SEX=2 and 3 more`; every name has ten rows of the reference."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"{attribute}={name}" for name in names[:5]) + more


def _rows(rows: int) -> str:
    return words.count(rows) if rows >= LEAST_ROWS else f"fewer than {LEAST_ROWS} rows"


def _mix(population: Population, attribute: str, before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[Result]:
    """Rule 4."""
    system, n = population.system, sum(now.values())
    if min(n, sum(before.values())) < LEAST_ROWS or population.before is None:
        return
    p, q = distances.aligned(dict(before), dict(now))
    distance, chance = float(distances.jensen_shannon(p, q)), noise.of_categories(p, q)
    kept = population.before.kept
    days = Follower(system, kept, columns=len(drift.watched(system)), digest="").categories(attribute, now)
    ordinary = replace(chance, scale=math.hypot(chance.scale, math.sqrt(days.wobble)))
    limit = Limit(max=system.checks.drift.limit, basis="the limit of drift")
    low = max(0.0, distance - ordinary.above(drift.level(system)))
    high = max(distance + chance.below(), noise.unseen(p, q))
    status = decide(low, high, limit)
    starts = {Status.ALARM: "beyond", Status.PASS: "inside", Status.INSUFFICIENT: "too uncertain to tell against"}
    told = (
        f'The shares of the groups of "{attribute}" differ from the reference by a distance of '
        f"{words.number(distance)} {words.between(low, high)}, {starts[status]} the limit {words.number(limit.max)}."
    )
    if days.missing:
        told += " The reference covers too few windows to show how much they differ by themselves; "
        told += f"{days.missing} more would."
    yield replace(
        _result(attribute, "group_mix", status, told, distance), low=low, high=high, limit=limit, n=n, method=METHOD
    )
