"""Holm's step-down with intervals."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from checks.comparison import Comparison, stepped
from checks.intervals import Share
from governance.verdict import Limit, Status

LIMIT = Limit(-0.1, 0.1)


def compare(x: int, n: int, y: int = 500, m: int = 1000, limit: Limit = LIMIT) -> Comparison:
    """A share against a reference group's."""
    return Comparison("g", "r", "selection_rate", "difference", Share(x, n), Share(y, m), limit)


def p_value(comparison: Comparison) -> float:
    """The least level whose interval still touches the limit, by bisection on z."""
    from scipy.stats import norm

    low, high = 0.0, 20.0
    for _ in range(80):
        z = (low + high) / 2
        bounds = comparison.interval(z)
        past = bounds[0] > 0.1 or bounds[1] < -0.1
        low, high = (z, high) if past else (low, z)
    return float(2 * norm.sf(low))


@pytest.mark.parametrize("seed", range(8))
def test_it_rejects_what_holm_rejects_by_p_values(seed: int) -> None:
    """The same comparisons are alarms as with statsmodels' Holm on the intervals' own p-values."""
    rng = np.random.default_rng(seed)
    family = [compare(int(rng.binomial(200, p)), 200) for p in rng.choice([0.5, 0.3, 0.27, 0.33], 9)]

    alarms = [one.status is Status.ALARM for one in stepped(family)]

    rejected = multipletests([p_value(one) for one in family], 0.05, method="holm")[0]
    assert alarms == list(rejected)


def test_more_groups_need_more_evidence() -> None:
    """A gap that alarms alone does not among forty."""
    doubtful = compare(134, 400)

    alone, among = stepped([doubtful])[0], stepped([doubtful, *[compare(200, 400)] * 39])[0]

    assert (alone.status, among.status) == (Status.ALARM, Status.INSUFFICIENT)


def test_a_gap_inside_the_limit_with_enough_rows_passes() -> None:
    """Wholly inside is a pass."""
    assert stepped([compare(10_000, 20_000, 10_100, 20_000)])[0].status is Status.PASS


def test_what_cannot_be_told_says_how_many_rows_are_missing() -> None:
    """With the rows it asks for, and the same rates, it can be told."""
    short = stepped([compare(20, 40, 400, 800)])[0]
    factor = -(-(40 + (short.needed or 0)) // 40)

    enough = stepped([compare(20 * factor, 40 * factor, 400 * factor, 800 * factor)])[0]

    assert (short.status, enough.status) == (Status.INSUFFICIENT, Status.PASS)


@pytest.mark.parametrize(("n", "m"), [(400, 4000), (2000, 2000)])
def test_the_gap_it_says_it_would_see_is_seen_in_about_8_of_10_windows(n: int, m: int) -> None:
    """The power statement holds in seeded windows that have just that gap."""
    gap = compare(n // 2, n, m // 2, m).visible(1.959964)
    rng = np.random.default_rng(5)
    windows = [(int(rng.binomial(n, 0.5 - gap)), int(rng.binomial(m, 0.5))) for _ in range(600)]

    seen = np.mean([stepped([compare(x, n, y, m)])[0].status is Status.ALARM for x, y in windows])

    assert 0.72 <= seen <= 0.93
