"""Distances equal Evidently's own defaults, on awkward columns."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import distances

SIZES = [(5_000, 5_000), (5_000, 3_137), (2_001, 77), (1_001, 2_000), (1_000, 1_500), (800, 800), (300, 5_000)]
KINDS = [
    "normal",
    "lognormal",
    "ints",
    "few4",
    "few2",
    "halves",
    "ties",
    "constant",
    "nulls",
    "infinite",
    "big",
    "i25",
    "f32",
]


def column(kind: str, rows: int, seed: int) -> np.ndarray:
    """One awkward numeric column."""
    rng = np.random.default_rng(seed)
    made = {
        "normal": lambda: rng.normal(0.2 * (seed % 2), 1, rows),
        "lognormal": lambda: rng.lognormal(1, 2, rows),
        "ints": lambda: rng.integers(0, 100, rows),
        "few4": lambda: rng.integers(seed % 2, 4 + seed % 2, rows),
        "few2": lambda: rng.integers(0, 2, rows),
        "halves": lambda: rng.integers(0, 5, rows) / 2,
        "ties": lambda: np.round(rng.normal(0, 1, rows), 1),
        "constant": lambda: np.ones(rows),
        "nulls": lambda: np.where(rng.random(rows) < 0.1, np.nan, rng.normal(0, 1, rows)),
        "infinite": lambda: np.where(rng.random(rows) < 0.01, np.inf, rng.normal(3, 1, rows)),
        "big": lambda: rng.normal(1e9, 1, rows),
        "i25": lambda: rng.integers(0, 25, rows),
        "f32": lambda: rng.normal(0, 1, rows).astype(np.float32),
    }
    return made[kind]()


def theirs(reference: pd.Series, current: pd.Series, kind: str) -> tuple[str, float]:
    """Evidently's default test: its display name and value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations.stattests import get_stattest
        from evidently.legacy.core import ColumnType

        of = ColumnType.Numerical if kind == "num" else ColumnType.Categorical
        test = get_stattest(reference, current, of, None)
        return test.display_name, float(test(reference, current, of, None).drift_score)


def ours(reference: np.ndarray, current: np.ndarray) -> tuple[str, float]:
    """The same from sorted finite numbers."""
    x, y = (np.sort(values[np.isfinite(values)]) for values in (reference, current))
    few = [distances.few_values(values) for values in (x, y)]
    if few[0] is not None and few[1] is not None and len(set(few[0]) | set(few[1])) <= distances.FEW_VALUES:
        return distances.of_categories(few[0], few[1])
    norm = max(distances.deviation(x), distances.LEAST_DEVIATION)
    return distances.of_numbers(x, y, distances.wasserstein(x, y) / norm)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_have_evidentlys_method_and_value(kind: str, sizes: tuple[int, int]) -> None:
    """Method and value are the same to 1e-9, whatever the column."""
    reference, current = column(kind, sizes[0], 2), column(kind, sizes[1], 3)

    method, value = ours(reference, current)

    finite = [pd.Series(values[np.isfinite(values)]) for values in (reference, current)]
    their_method, their_value = theirs(finite[0], finite[1], "num")
    assert method == their_method
    assert value == pytest.approx(their_value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize(
    ("before", "now"), [("ab", "ab"), ("abc", "abc"), ("abcdef", "bcdefz"), ("a", "a"), ("abc", "a")]
)
def test_categories_have_evidentlys_method_and_value(before: str, now: str, sizes: tuple[int, int]) -> None:
    """Also with new and vanished categories."""
    rng = np.random.default_rng(7)
    reference, current = (pd.Series(rng.choice(list(names), n)) for names, n in zip((before, now), sizes, strict=True))

    method, value = distances.of_categories(reference.value_counts().to_dict(), current.value_counts().to_dict())

    their_method, their_value = theirs(reference, current, "cat")
    assert method == their_method
    assert value == pytest.approx(their_value, rel=1e-9, abs=1e-9)


def test_wasserstein_of_different_sizes_equals_scipys_across_blocks() -> None:
    """More rows than one block holds."""
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(0)
    x, y = np.sort(rng.normal(0, 1, 1_200_003)), np.sort(rng.normal(0.1, 1, 70_001))

    assert distances.wasserstein(x, y) == pytest.approx(wasserstein_distance(x, y), rel=1e-10)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two samples of one kind of column, or of two, with some values of each put into the other."""
    kinds = draw(st.sampled_from(KINDS)), draw(st.sampled_from(KINDS))
    kinds = kinds if draw(st.booleans()) else (kinds[0], kinds[0])
    sizes = [draw(st.sampled_from([2, 3, 29, 400, 1_000, 1_001, 2_500])) for _ in kinds]
    seed = draw(st.integers(0, 1000))
    reference, current = (
        column(kind, size, seed + place).astype(np.float64)
        for place, (kind, size) in enumerate(zip(kinds, sizes, strict=True))
    )
    shared = min(draw(st.sampled_from([0, 1, 20])), *sizes)
    current[:shared] = reference[:shared]
    return reference[np.isfinite(reference)], current[np.isfinite(current)]


def held_to_evidently(reference: np.ndarray, current: np.ndarray) -> None:
    """Numbers, and the same numbers taken as categories, to 1e-9."""
    if not len(reference) or not len(current):
        return
    texts = [pd.Series(values).astype(str) for values in (reference, current)]
    method, value = ours(reference, current)
    named, share = distances.of_categories(texts[0].value_counts().to_dict(), texts[1].value_counts().to_dict())
    their_method, their_value = theirs(pd.Series(reference), pd.Series(current), "num")
    their_name, their_share = theirs(texts[0], texts[1], "cat")
    assert (method, named) == (their_method, their_name)
    assert value == pytest.approx(their_value, rel=1e-9, abs=1e-9)
    assert share == pytest.approx(their_share, rel=1e-9, abs=1e-9, nan_ok=True)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_random_awkward_columns_have_evidentlys_value(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """Also where the two samples are of different kinds."""
    held_to_evidently(*pair)


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_two_hundred_random_awkward_columns_have_evidentlys_value(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """The same, far more often."""
    held_to_evidently(*pair)
