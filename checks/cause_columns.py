"""How columns moved: which ones moved together, and which look broken. From samples; only shares and factors leave.

Moved with. Both samples are cut into cells by the reference (twelfths of numbers, the eleven most frequent categories).
If only the shares of column A changed, and within each of its cells all else stayed, then B would have the shares

    q'(b) = sum over a of q(a) p(b | a)        p of the reference, q of the window

B moved with A as far as q' explains its move: 1 - |q' - q| / |p - q| (total variation). This is what reweighting the
reference to the window's A would do (Shimodaira, J. Stat. Planning and Inference 90 (2000) 227-244).

Broken. A column whose move a fault of the data explains wholly: one value only where the reference has twenty, values
missing, another unit (one factor brings it back), one value that fills in for others (the rest did not move), the same
categories in another spelling, or under other names with the same shares.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks import words
from checks.fairness_names import folded

CELLS = 12
STILL = 0.1
SHRUNK = 0.25
FACTOR = 3.0
FILLS = 0.05
LOST = 0.1
UNKNOWN = 0.9
VARIED = 20
ROUND = 0.05
LEAST_NAMES = 3
MOST_INPUTS = 40
RIDGE = 1e-3

Values = NDArray[Any]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """One column of both samples as cell numbers, of `width` cells."""

    reference: Codes
    current: Codes
    width: int

    @cached_property
    def shares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The shares p of the reference and q of the window."""
        p, q = (np.bincount(one, minlength=self.width) / max(1, len(one)) for one in (self.reference, self.current))
        return p, q

    def moved(self) -> float:
        """The total variation between both samples."""
        p, q = self.shares
        return float(np.abs(p - q).sum() / 2)


def cells_of(reference: Values, current: Values) -> Cells:
    """Cut one column; missing values have a cell of their own."""
    if reference.dtype.kind == "f":
        numbers = [np.asarray(one, np.float64) for one in (reference, current)]
        finite = numbers[0][np.isfinite(numbers[0])]
        edges = (
            np.unique(np.quantile(finite, np.arange(1, CELLS) / CELLS, method="inverted_cdf"))
            if len(finite)
            else np.empty(0)
        )
        before, now = (
            np.where(np.isfinite(one), np.searchsorted(edges, one, "left"), len(edges) + 1) for one in numbers
        )
        return Cells(before, now, len(edges) + 2)
    texts = [one.astype(str).tolist() for one in (reference, current)]
    rows = Counter(texts[0])
    place = {name: at for at, name in enumerate(sorted(rows, key=lambda name: (-rows[name], name))[: CELLS - 1])}
    first, second = (np.array([place.get(name, len(place)) for name in one], np.int64) for one in texts)
    return Cells(first, second, len(place) + 1)


def explained(lead: Cells, other: Cells) -> float:
    """How much of the move of `other` the move of `lead` explains: 1 all of it, 0 or less nothing."""
    return _share(lead, other, _joint(lead, other))


def either(one: Cells, other: Cells) -> float:
    """The greater of what either explains of the other's move."""
    joint = _joint(one, other)
    return max(_share(one, other, joint), _share(other, one, joint.T))


def _joint(one: Cells, other: Cells) -> NDArray[np.float64]:
    """Rows of the reference by the cells of both."""
    counts = np.bincount(one.reference * other.width + other.reference, minlength=one.width * other.width)
    return counts.reshape(one.width, other.width).astype(np.float64)


def _share(lead: Cells, other: Cells, joint: NDArray[np.float64]) -> float:
    p, q = other.shares
    rows = joint.sum(axis=1, keepdims=True)
    within = np.where(rows > 0, joint / np.maximum(rows, 1.0), p)
    gap = np.abs(p - q).sum()
    return float(1 - np.abs(lead.shares[1] @ within - q).sum() / gap) if gap > 0 else 0.0


def fault_of(reference: Values, current: Values) -> str:
    """What looks broken, in words; nothing when nothing does."""
    if not len(current) or not len(reference):
        return ""
    if reference.dtype.kind == "f":
        with np.errstate(all="ignore"):
            return _of_numbers(np.asarray(reference, np.float64), np.asarray(current, np.float64))
    return _of_names(reference.astype(str), current.astype(str))


def _missing(before: float, now: float) -> str:
    if now - before < LOST:
        return ""
    return f"{words.percent(now)} of its values are missing, {words.percent(before)} in the reference"


def _of_numbers(reference: NDArray[np.float64], current: NDArray[np.float64]) -> str:
    before, now = (one[np.isfinite(one)] for one in (reference, current))
    lost = _missing(1 - len(before) / len(reference), 1 - len(now) / len(current))
    if lost or len(before) < 2 or not len(now):
        return lost
    values, counts = np.unique(now, return_counts=True)
    if len(values) == 1 and len(np.unique(before)) >= VARIED:
        return "all of its values are the same"
    moved = cells_of(before, now).moved()
    return _unit(before, now, moved) or _filled(before, now, values[counts.argmax()])


def _unit(before: NDArray[np.float64], now: NDArray[np.float64], moved: float) -> str:
    middle, other = np.median(np.abs(before)), np.median(np.abs(now))
    if not middle or not other or 1 / FACTOR < other / middle < FACTOR:
        return ""
    factor = float(other / middle)
    left = cells_of(before, now / factor).moved()
    if left > min(STILL, SHRUNK * moved):
        return ""
    plain = float(f"{factor:.1g}")
    told = plain if abs(plain / factor - 1) < ROUND else float(f"{factor:.2g}")
    return f"its values are about {words.number(told)} times those of the reference, as in another unit"


def _filled(before: NDArray[np.float64], now: NDArray[np.float64], value: float) -> str:
    """One value that the reference hardly holds."""
    share, known = float((now == value).mean()), float((before == value).mean())
    rest = now[now != value]
    if share < FILLS or known > share / 50 or not len(rest) or cells_of(before, rest).moved() > STILL:
        return ""
    return f"one value that the reference hardly holds fills {words.percent(share)}, and the rest did not move"


def _of_names(before: Values, now: Values) -> str:
    lost = _missing(float((before == "").mean()), float((now == "").mean()))
    if lost:
        return lost
    names = np.unique(before)
    unknown = float((~np.isin(now, names)).mean())
    if unknown >= FILLS:
        spelt = [np.array([folded(name) for name in one], object) for one in (before, now)]
        if cells_of(spelt[0], spelt[1]).moved() <= min(STILL, SHRUNK * cells_of(before, now).moved()):
            return f"{words.percent(unknown)} of its values are known categories in another spelling"
    if unknown >= UNKNOWN and _alike(before, now):
        return f"{words.percent(unknown)} of its values are other names, with about the shares of the reference's"
    return ""


def _alike(before: Values, now: Values) -> bool:
    """Whether both have at least three categories with about the same shares, whatever their names."""
    shares = [np.sort(np.unique(one, return_counts=True)[1] / len(one))[::-1][:CELLS] for one in (before, now)]
    if min(len(one) for one in shares) < LEAST_NAMES:
        return False
    first, second = (np.pad(one, (0, CELLS - len(one))) for one in shares)
    return bool(np.abs(first - second).sum() / 2 <= STILL)


def linked(cells: Mapping[str, Cells], least: float) -> dict[tuple[str, str], float]:
    """Each pair of columns of which one explains at least `least` of the other's move, with the greater share."""
    names, found = list(cells), dict[tuple[str, str], float]()
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            share = either(cells[one], cells[other])
            if share >= least:
                found[one, other] = share
    return found


def accounted(inputs: Sequence[Cells], before: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """How much of the move of an output's mean the inputs' moves explain, by least squares on their cells.

    `before` and `now` are the output in the rows of the reference and of the window. 1 is all of it.
    """
    shift = float(now.mean() - before.mean())
    inputs = sorted(inputs, key=lambda one: -one.moved())[:MOST_INPUTS]
    if not inputs or not shift:
        return 0.0
    rows, centred = len(before), before - before.mean()
    together = np.block([[_joint(one, other)[1:, 1:] for other in inputs] for one in inputs])
    shares = np.diagonal(together) / rows
    normal = together - rows * np.outer(shares, shares) + RIDGE * rows * np.eye(len(shares))
    sums = [np.bincount(one.reference, centred, minlength=one.width)[1:] for one in inputs]
    slopes = np.linalg.solve(normal, np.concatenate(sums))
    moves = np.concatenate([(one.shares[1] - one.shares[0])[1:] for one in inputs])
    return float(moves @ slopes) / shift
