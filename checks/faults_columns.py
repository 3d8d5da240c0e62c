"""Input faults of single columns: pure rules that compare a window's profile with its reference's.

Each rule asks for what drift does not do: a column that matches the reference exactly once its unit is undone, two
columns that match it once they are exchanged, one value where there were many, a marker such as -999.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from checks import words
from checks.faults_profile import QUANTILES, Names, Numbers, Profile
from governance.registry.system import System
from governance.verdict import InputFault

RARE = 1e-9
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
CHANGED, ALIKE = 0.5, 0.12
MORE = 0.01
LEAST_STILL = 200  # rows; a smaller window may well hold one value of a column
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0, -32768.0, 2147483647.0)
NULL_WORDS = frozenset(("na", "n/a", "nan", "null", "none", "nil", "nat", "<na>", "#n/a", "undefined", "-", "?"))
UNITS = (
    (100.0, 0.0, "a hundred times the reference, as per cent against a fraction or cents against the whole"),
    (1000.0, 0.0, "a thousand times the reference, as grams against kilograms or metres against kilometres"),
    (10.0, 0.0, "ten times the reference"),
    (1e6, 0.0, "a million times the reference"),
    (1e9, 0.0, "a thousand million times the reference"),
    (60.0, 0.0, "sixty times the reference, as seconds against minutes or minutes against hours"),
    (3600.0, 0.0, "3,600 times the reference, as seconds against hours"),
    (24.0, 0.0, "24 times the reference, as hours against days"),
    (12.0, 0.0, "twelve times the reference, as months against years"),
    (365.25, 0.0, "365 times the reference, as days against years"),
    (2.54, 0.0, "2.54 times the reference, as centimetres against inches"),
    (3.2808, 0.0, "3.28 times the reference, as feet against metres"),
    (1.609344, 0.0, "1.61 times the reference, as kilometres against miles"),
    (2.2046, 0.0, "2.2 times the reference, as pounds against kilograms"),
    (1.8, 32.0, "the reference in degrees Fahrenheit against Celsius"),
    (1.0, 273.15, "the reference in kelvin against degrees Celsius"),
    (-1.0, 0.0, "the reference with the sign turned"),
)
RESEND = "Find what changed in the feed, and deliver the window again."


@dataclass(frozen=True)
class Finding:
    """One input fault.

    Attributes:
        column: where, or what of the window.
        metric: its name.
        rows: how many rows show it; 0 where the column as a whole does.
        told: what was found, as a sentence without its end.
        mend: what to do.
        first: the number (from 0) of the first such row, where rows show it.
        condition: SQL (of the column's name as %s) that these rows meet, if they are still to be counted.
        values: the values that these rows have, if the first one is still to be found.
        refused: why no other check may judge the column; nothing if they may.
    """

    column: str
    metric: InputFault
    rows: int
    told: str
    mend: str
    first: int | None = None
    condition: str = ""
    values: tuple[str, ...] = ()
    refused: str = ""


def column_faults(system: System, now: Profile, before: Profile) -> Iterator[Finding]:
    """Every fault of a single column or of two exchanged ones; new groups are fairness's matter."""
    columns = system.columns
    listed = {name for name, rule in system.checks.contract.columns.items() if rule.values} | {*columns.protected}
    pairs = [(name, now.numbers[name], before.numbers[name]) for name in now.numbers if name in before.numbers]
    texts = [(name, now.names[name], before.names[name]) for name in now.names if name in before.names]
    swapped = list(_swapped(pairs, texts))
    yield from swapped
    others = {finding.column for finding in swapped}
    yield from _missing(now, before, columns.label)
    for name, ours, theirs in pairs:
        yield from _infinite(name, ours, theirs)
        yield from _still_number(name, ours, theirs)
        yield from _sentinel(name, ours, theirs)
        if name not in others:
            yield from _unit(name, ours, theirs)
        if name == columns.score:
            yield from _beyond_one(name, ours, theirs)
    for name, mine, usual in texts:
        yield from _still_name(name, mine, usual)
        if name not in others | listed:
            yield from _unseen(name, mine, usual, is_class=name in (columns.prediction, columns.label))
    yield from _forms(now, before)


def _missing(now: Profile, before: Profile, label: str) -> Iterator[Finding]:
    """Values that are missing (null or not a number) in more rows than chance and one in a hundred allow."""
    for name in (*now.numbers, *now.names):
        ours, theirs = absent(now, name), absent(before, name)
        if name == label or theirs is None or ours is None or not before.rows or now.rows in (0, ours):
            continue
        rate = (theirs + 3 * math.sqrt(theirs + 1) + 3) / before.rows
        if ours / now.rows - theirs / before.rows > MORE and _poisson_tail(ours, rate * now.rows) < RARE:
            shares = f"{words.percent(ours / now.rows)}, in the reference {words.percent(theirs / before.rows)}"
            told = f'{words.count(ours)} have no value in "{name}" ({shares})'
            yield Finding(name, "missing_values", ours, told, "Find out which step of the feed loses the values.")


def absent(profile: Profile, name: str) -> int | None:
    """Rows without a value in a column; None where the column is not in the profile."""
    if name in profile.numbers:
        return profile.rows - profile.numbers[name].n - profile.numbers[name].infinite
    return profile.rows - profile.names[name].n if name in profile.names else None


def _infinite(name: str, now: Numbers, before: Numbers) -> Iterator[Finding]:
    if now.infinite and not before.infinite:
        told = f'{words.count(now.infinite)} of "{name}" hold an infinite number, and the reference has none'
        mend = "Look for a division by zero or an overflow before the feed."
        yield Finding(name, "infinite_values", now.infinite, told, mend, condition="abs(%s) = 'infinity'::double")


def _chance_of_one_value(n: int, share: float) -> float:
    """How likely n rows are all of one value that the reference has in this share of rows."""
    return math.exp(n * math.log(share)) if 0 < share < 1 else float(share >= 1)


def _still_number(name: str, now: Numbers, before: Numbers) -> Iterator[Finding]:
    if now.n < LEAST_STILL or now.low < now.high or before.low == before.high or before.still_blocks:
        return
    share = (1 + sum(value == now.low for value in before.quantiles)) / len(QUANTILES)
    if _chance_of_one_value(now.n, share) < RARE:
        yield _still(name, now.n)


def _still_name(name: str, now: Names, before: Names) -> Iterator[Finding]:
    if now.n < LEAST_STILL or len(now.rows) != 1 or len(before.rows) < 2 or before.still_blocks:
        return
    (value,) = now.rows
    share = (1 + before.rows.get(value, 0)) / (1 + before.n)
    if _chance_of_one_value(now.n, share) < RARE:
        yield _still(name, now.n)


def _still(name: str, rows: int) -> Finding:
    told = f'All {rows:,} rows that have a "{name}" have the same, and in the reference it varies'
    return Finding(name, "constant_column", rows, told, "Look for a default or a sensor that stands still.")


def _sentinel(name: str, now: Numbers, before: Numbers) -> Iterator[Finding]:
    for value in SENTINELS:
        below, above = value == now.low < before.low, value == now.high > before.high
        gap = before.low - value if below else value - before.high
        far = gap > (before.high - before.low) / 2 or (below and value < 0 <= before.low)
        if (below or above) and far:
            told = f'"{name}" holds {value:g} where the reference never comes near it: a marker for a missing value?'
            mend = "Leave the cell empty where there is no value."
            yield Finding(name, "sentinel_value", 1, told, mend, condition=f"%s = {value!r}")


def distance(ours: tuple[float, ...], theirs: tuple[float, ...]) -> float:
    """The Kolmogorov-Smirnov distance of two hundred-quantile profiles: 0 alike, 1 apart; steps of about 1 %."""
    first, second = (np.sort([float(f"{value:.9g}") for value in side]) for side in (ours, theirs))
    marks = np.union1d(first, second)
    return float(np.abs(_below(first, marks) - _below(second, marks)).max())


def _below(quantiles: NDArray[np.float64], marks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of a profile at or below each mark, as the middle of the steps that it covers."""
    under, upto = (np.searchsorted(quantiles, marks, side) for side in _SIDES)
    return np.asarray((under + upto) / 2 / len(quantiles))


def _unit(name: str, now: Numbers, before: Numbers) -> Iterator[Finding]:
    if distance(now.quantiles, before.quantiles) < CHANGED:
        return
    for factor, shift, meaning in UNITS:
        for told, undone in (
            (f'"{name}" is {meaning}', [(value - shift) / factor for value in now.quantiles]),
            (
                f'The reference of "{name}" is {meaning.replace("the reference", "this window")}',
                [value * factor + shift for value in now.quantiles],
            ),
        ):
            if distance(tuple(sorted(undone)), before.quantiles) <= ALIKE:
                mend = "Deliver it in the unit of the reference."
                yield Finding(name, "unit_change", 0, told, mend, refused="it holds another unit than the reference")
                return


def _swapped(pairs: list[tuple[str, Numbers, Numbers]], texts: list[tuple[str, Names, Names]]) -> Iterator[Finding]:
    """Two columns that each look like the other's reference and not like their own."""
    for (one, now, before), (other, its, usual) in combinations(pairs, 2):
        if min(distance(now.quantiles, before.quantiles), distance(its.quantiles, usual.quantiles)) < CHANGED:
            continue
        if max(distance(now.quantiles, usual.quantiles), distance(its.quantiles, before.quantiles)) <= ALIKE:
            yield from _exchanged(one, other)
    for (one, mine, known), (other, theirs, common) in combinations(texts, 2):
        if max(_overlap(mine, known), _overlap(theirs, common)) > 0.5:
            continue
        if min(_overlap(mine, common), _overlap(theirs, known)) > 0.9:
            yield from _exchanged(one, other)


def _overlap(now: Names, before: Names) -> float:
    """The share of rows whose value the reference has."""
    return sum(count for value, count in now.rows.items() if value in before.rows) / max(1, now.n)


def _exchanged(one: str, other: str) -> Iterable[Finding]:
    told = f'"{one}" and "{other}" look exchanged: each is like the other in the reference'
    mend = "Put each under its own name."
    return [
        Finding(name, "swapped_columns", 0, told, mend, refused=f'it looks exchanged with "{partner}"')
        for name, partner in ((one, other), (other, one))
    ]


def _beyond_one(name: str, now: Numbers, before: Numbers) -> Iterator[Finding]:
    if 0 <= before.low <= before.high <= 1 and (now.low < 0 or now.high > 1):
        told = f'"{name}" leaves 0 to 1, where all scores of the reference lie'
        mend = "Deliver probabilities between 0 and 1, as in the reference."
        yield Finding(name, "score_range", 1, told, mend, condition="(%s < 0 or %s > 1)")


def _unseen(name: str, now: Names, before: Names, *, is_class: bool) -> Iterator[Finding]:
    """Values that the reference does not have: more rows than chance allows, or any at all among classes."""
    new = [value for value in now.rows if value not in before.rows]
    if not new or not before.rows or not (now.whole and before.whole):
        return
    rows = sum(now.rows[value] for value in new)
    absent = [value for value in new if value.strip().casefold() in NULL_WORDS]
    variants = {value.strip().casefold() for value in before.rows}
    respelled = all(value.strip().casefold() in variants for value in new)
    singles = sum(count == 1 for count in before.rows.values())
    rate = (singles + 3 * math.sqrt(singles + 1) + 3) / before.n  # Good-Turing, with room for its own error
    if not (is_class or absent or respelled) and _poisson_tail(rows, rate * now.n) > RARE:
        return
    if absent:
        what, mend = "a word for a missing value", "Leave the cell empty where there is no value."
    elif respelled:
        what, mend = "a value of the reference in another spelling", "Spell it as the reference does."
    else:
        what = "a value that the reference does not have"
        mend = "Correct the feed; or approve a new reference, if the value is right."
    told = f'{words.count(rows)} of "{name}" hold {what}'
    whole = rows == now.n and is_class
    refused = "its values are spelled otherwise than in the reference" if whole else ""
    yield Finding(name, "unseen_values", rows, told, mend, values=tuple(new), refused=refused)


def _poisson_tail(count: int, mean: float) -> float:
    """The chance of at least `count` events where `mean` are expected (Chernoff's bound)."""
    if count <= mean:
        return 1.0
    return math.exp(count - mean - count * math.log(count / mean)) if mean else 0.0


def _forms(now: Profile, before: Profile) -> Iterator[Finding]:
    for form, rows in now.odd_ids.items():
        if rows and not before.odd_ids.get(form):
            told = f"{words.count(rows)} have an id with {form}, and the reference has none"
            mend = "Export ids as text; a spreadsheet has changed them and they no longer join."
            yield Finding("", "id_form", rows, told, mend, condition=f"form:{form}")
