"""Distances between two samples: Evidently's default values, exactly, from sorted columns and category counts.

Rules (Evidently 0.7.23, legacy/calculations/stattests; values agree to 1e-9)
1. Rows are counted after nulls and infinite numbers are dropped; the number of reference rows chooses the method.
2. Above 1000 reference rows: Wasserstein distance over the reference's standard deviation for numbers with more than
   five distinct values, else the Jensen-Shannon distance (natural logarithm, square root) of the value counts.
3. Up to 1000: Kolmogorov-Smirnov p for numbers, chi-square p for three and more categories, Z-test p for fewer.
4. The standard deviation has n in its denominator and is rounded to the column's own float type.

The Wasserstein distance needs no merge: it is the integral over u in [0, 1] of |F^-1(u) - G^-1(u)|, whose breakpoints
i/m and j/n do not depend on the data.
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Sorted = NDArray[Any]
Counts = Mapping[Any, int]

WASSERSTEIN = "Wasserstein distance (normed)"
JENSEN_SHANNON = "Jensen-Shannon distance"
KOLMOGOROV_SMIRNOV = "K-S p_value"
CHI_SQUARE = "chi-square p_value"
Z_TEST = "Z-test p_value"

LARGE_REFERENCE = 1000
FEW_VALUES = 5
LEAST_DEVIATION = 0.001
_BLOCK = 1 << 16


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def deviation(values: Sorted) -> float:
    """The standard deviation as numpy gives it for the column: two passes in blocks, rounded to the column's type."""
    n = len(values)
    mean = math.fsum(float(values[part].sum(dtype=np.float64)) for part in _blocks(n, _BLOCK)) / n
    square = math.fsum(float(np.square(values[part] - mean, dtype=np.float64).sum()) for part in _blocks(n, _BLOCK))
    variance = np.float64(square / n)
    return float(np.sqrt(variance.astype(values.dtype) if values.dtype.kind == "f" else variance))


def wasserstein(reference: Sorted, current: Sorted) -> float:
    """The first Wasserstein distance of two sorted samples, in the unit of the column.

    Of m and n <= m numbers: while u passes from i/m to (i+1)/m, where the longer sample has its number i, the shorter
    one has its number i*n//m, and at most one more. Memory is constant: i is taken block by block.
    """
    longer, shorter = (reference, current) if len(reference) >= len(current) else (current, reference)
    m, n, total = len(longer), len(shorter), 0.0
    for part in _blocks(m, _BLOCK):
        start = np.arange(part.start, part.stop, dtype=np.int64) * n
        place = start // m
        width = np.minimum((place + 1) * m - start, n).astype(np.float64)
        first, second = (
            np.abs(np.subtract(longer[part], shorter.take(at, mode="clip"), dtype=np.float64))
            for at in (place, place + 1)
        )
        total += float((first * width + second * (n - width)).sum())
    return total / n / m


def few_values(values: Sorted, most: int = FEW_VALUES) -> dict[float, int] | None:
    """The distinct values of a sorted sample with their counts, or None when there are more than `most`."""
    counts: dict[float, int] = {}
    start = 0
    while start < len(values):
        if len(counts) == most:
            return None
        end = int(np.searchsorted(values, values[start], "right"))
        counts[values[start].item()] = end - start
        start = end
    return counts


def aligned(reference: Counts, current: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two tables of counts over the categories of both, in one order."""
    keys = sorted(set(reference) | set(current), key=str)
    return (
        np.array([reference.get(key, 0) for key in keys], dtype=np.float64),
        np.array([current.get(key, 0) for key in keys], dtype=np.float64),
    )


def jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Jensen-Shannon distance along the last axis of two arrays of counts (0 to sqrt(ln 2) = 0.83)."""
    p, q = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    middle = (p + q) / 2
    divergence = (special.rel_entr(p, middle) + special.rel_entr(q, middle)).sum(axis=-1) / 2
    return np.sqrt(np.maximum(divergence, 0.0))  # type: ignore[no-any-return]


def kolmogorov_smirnov_p(reference: Sorted, current: Sorted) -> float:
    """The two-sample Kolmogorov-Smirnov p-value (exact for small samples, as scipy chooses)."""
    from scipy.stats import ks_2samp  # noqa: PLC0415  a second to import, and seldom needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says when it falls back to the asymptotic p, which Evidently keeps too
        return float(ks_2samp(reference, current).pvalue)


def chi_square_p(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Pearson's chi-square p of current counts `q` against reference counts `p` scaled to their sum."""
    expected = p * (q.sum() / p.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = float(((q - expected) ** 2 / expected).sum())
    return float(special.chdtrc(len(p) - 1, statistic))


def z_test_p(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """The two-sided Z-test p for the share of the second of at most two categories."""
    if len(p) == 1:
        return 1.0
    n, m = float(p.sum()), float(q.sum())
    first, second = 1 - p[0] / n, 1 - q[0] / m
    pooled = (first * n + second * m) / (n + m)
    z = (first - second) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return float(2 * (1 - special.ndtr(abs(z))))


def of_categories(reference: Counts, current: Counts) -> tuple[str, float]:
    """Evidently's default method for categories, and its value."""
    p, q = aligned(reference, current)
    if p.sum() > LARGE_REFERENCE:
        return JENSEN_SHANNON, float(jensen_shannon(p, q))
    return (CHI_SQUARE, chi_square_p(p, q)) if len(p) > 2 else (Z_TEST, z_test_p(p, q))


def of_numbers(reference: Sorted, current: Sorted, distance: float) -> tuple[str, float]:
    """Evidently's default method for numbers with more than five values; `distance` is their normed Wasserstein."""
    if len(reference) > LARGE_REFERENCE:
        return WASSERSTEIN, distance
    return KOLMOGOROV_SMIRNOV, kolmogorov_smirnov_p(reference, current)
