"""Labels by score: whether rows with the same score still come true as often as in the reference.

The scores are cut by the reference's twelfths (a class: by the prediction). Within each cell the share of positive
labels (several classes: of predictions that came true; regression: the mean error) is compared with the reference's:

- d = difference of log odds (regression: of mean errors) in a cell, v its variance, D the mean of d weighted by 1/v;
- it moved, if the sum of d^2/v is beyond chance (chi-square at 1 in 10,000) and the cells' shares differ by at least
  two points on average (regression: a twentieth of the labels' standard deviation);
- it moved alike at every score, if D^2 (sum of 1/v) makes up at least four fifths of that sum: then the base rate
  changed, label or prior shift (Saerens, Latinne and Decaestecker, Neural Computation 14 (2002) 21-41). Else what a
  score means changed: concept shift (Gama and others, ACM Computing Surveys 46 (2014)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from checks import words
from checks.cause_columns import Cells, Values, cells_of
from checks.counted import Counted
from governance.registry.system import System

MOST = 200_000
CHANCE = 1e-4
ALIKE = 0.8
LEAST_POINTS = 0.02
LEAST_SPREAD = 0.05
LEAST_ROWS = 10


@dataclass(frozen=True)
class Relation:
    """How labels by score moved: whether it is proven, whether alike at every score, and the mean move in words.

    `by` is what they are looked at by: score or prediction.
    """

    moved: bool
    alike: bool
    told: str
    by: str = "score"


def measure(system: System, current: Counted, reference: Counted) -> Relation | None:
    """Compare labels by score in two files; None where there are too few labels to tell."""
    columns = system.columns
    by = columns.score if columns.score and system.task == "binary" else columns.prediction
    wanted = (by, columns.prediction, columns.label)
    if len(in_both(wanted, reference, current)) < len(set(wanted)):
        return None
    before, now = ({name: one.sample(name, MOST) for name in wanted} for one in (reference, current))
    cells = cells_of(before[by], now[by])
    if system.task != "regression":
        found = of_shares(cells, *(_came_true(system, one) for one in (before, now)))
    else:
        with np.errstate(all="ignore"):
            found = of_means(cells, *(_errors(system, one) for one in (before, now)), spread=_spread(system, before))
    return replace(found, by="score" if by == columns.score else "prediction") if found else None


def in_both(names: Sequence[str], reference: Counted, current: Counted) -> tuple[str, ...]:
    """Those of some columns that both files have, each once."""
    there = reference.kinds.keys() & current.kinds.keys()
    return tuple(name for name in dict.fromkeys(names) if name in there)


def _came_true(system: System, rows: Mapping[str, Values]) -> NDArray[np.float64]:
    """1 for a positive label (several classes: a prediction that came true), 0 for another, NaN for none."""
    label, made = (_text(rows[name]) for name in (system.columns.label, system.columns.prediction))
    hit = label == (made if system.task == "multiclass" else system.columns.positive)
    return np.where(label == "", np.nan, hit.astype(np.float64))


def _text(values: Values) -> Values:
    if values.dtype.kind != "f":
        return values
    return np.array(["" if value != value else f"{value:g}" for value in values.tolist()])  # noqa: PLR0124 - NaN


def _errors(system: System, rows: Mapping[str, Values]) -> NDArray[np.float64]:
    """Prediction minus label, NaN where either is missing or not finite."""
    error = _numbers(rows[system.columns.prediction]) - _numbers(rows[system.columns.label])
    return np.where(np.isfinite(error), error, np.nan)


def _numbers(values: Values) -> NDArray[np.float64]:
    """A column of numbers; one without any value may come as text."""
    return values if values.dtype.kind == "f" else np.full(len(values), np.nan)


def _spread(system: System, rows: Mapping[str, Values]) -> float:
    labels = _numbers(rows[system.columns.label])
    labels = labels[np.isfinite(labels)]
    return float(labels.std()) if len(labels) else 0.0


def of_shares(cells: Cells, before: NDArray[np.float64], now: NDArray[np.float64]) -> Relation | None:
    """The relation of labels that are 1, 0 or NaN."""
    counts = [_sums(one, codes, cells.width) for one, codes in ((before, cells.reference), (now, cells.current))]
    (m, y), (n, x) = counts
    use = (m >= LEAST_ROWS) & (n >= LEAST_ROWS)
    if not use.any():
        return None
    odds = [np.log((k[use] + 0.5) / (t[use] - k[use] + 0.5)) for t, k in counts]
    variance = sum(1 / (k[use] + 0.5) + 1 / (t[use] - k[use] + 0.5) for t, k in counts)
    size = float(np.average(np.abs(x[use] / n[use] - y[use] / m[use]), weights=n[use]))
    rates = [float(np.average(k[use] / t[use], weights=n[use])) for t, k in counts]
    told = (
        f"of rows with the same score {words.percent(rates[1])} come true, {words.percent(rates[0])} in the reference"
    )
    return _relation(odds[1] - odds[0], np.asarray(variance), enough=size >= LEAST_POINTS, told=told)


def of_means(cells: Cells, before: NDArray[np.float64], now: NDArray[np.float64], *, spread: float) -> Relation | None:
    """The relation of errors of a regression."""
    (m, first), (n, second) = (
        _sums(one, codes, cells.width) for one, codes in ((before, cells.reference), (now, cells.current))
    )
    use = (m >= LEAST_ROWS) & (n >= LEAST_ROWS)
    if not use.any() or not 0 < spread < np.inf:
        return None
    gap = second[use] / n[use] - first[use] / m[use]
    noise = np.nanvar(before) / m[use] + np.nanvar(now) / n[use]
    if not (np.isfinite(gap) & np.isfinite(noise)).all():
        return None
    mean = float(np.average(gap, weights=n[use]))
    size = float(np.average(np.abs(gap), weights=n[use]))
    told = f"predictions of the same size are off by {words.number(mean)} more than in the reference"
    return _relation(gap, noise, enough=size >= LEAST_SPREAD * spread, told=told)


def _sums(values: NDArray[np.float64], codes: NDArray[np.int64], width: int) -> tuple[Values, Values]:
    """Rows with a value, and their sum, by cell."""
    known = np.isfinite(values)
    return np.bincount(codes[known], minlength=width), np.bincount(codes[known], values[known], minlength=width)


def _relation(d: NDArray[np.float64], v: NDArray[np.float64], *, enough: bool, told: str) -> Relation:
    v = np.maximum(v, 1e-12)
    whole, weight = float((d**2 / v).sum()), float((1 / v).sum())
    common = float((d / v).sum()) ** 2 / weight
    moved = enough and bool(stats.chi2.sf(whole, len(d)) < CHANCE)
    return Relation(moved, moved and common >= ALIKE * whole, told)
