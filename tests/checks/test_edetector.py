"""The e-detector: what its guarantee rests on, each part carried out by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from checks import edetector, wobble
from checks.edetector import Null, Scores

LEVEL = 10_000.0
SHARES = {
    "ten even bins": np.full(10, 0.1),
    "two categories": np.array([0.7, 0.3]),
    "a rare category": np.array([0.6, 0.39, 0.01]),
}


def scores(name: str) -> Scores:
    """Bets on a column with these shares."""
    return edetector.of_numbers(SHARES[name]) if name == "ten even bins" else edetector.of_categories(SHARES[name])


def null(bets: Scores, *, tau2: float = 0.0, error: float = 0.0, shift: float = 0.0, most: float = np.inf) -> Null:
    """A tolerance band that is equal for all scores."""
    every = np.ones(len(bets.values))
    return Null(tau2 * every, error * every, shift, float(np.log(LEVEL)), most)


def draw(rng: np.random.Generator, bets: Scores, rows: int, windows: int) -> NDArray[np.int64]:
    """Windows of the reference's own distribution."""
    return rng.multinomial(rows, bets.shares, windows)


@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("rows", [20, 500])
def test_no_bet_wins_on_average_where_nothing_drifts(name: str, rows: int) -> None:
    """Each e-value has a mean of at most 1 (40,000 windows; three standard errors are left)."""
    bets = scores(name)
    counts = draw(np.random.default_rng(1), bets, rows, 40_000)

    e = np.exp(edetector.log_e(bets, null(bets), counts))

    assert (e.mean(axis=0) <= 1 + 3 * e.std(axis=0) / 200).all()


@pytest.mark.parametrize("tau", [0.05, 0.1])
def test_no_bet_wins_on_average_where_windows_differ_by_themselves(tau: float) -> None:
    """Each window is moved by a normal effect; a band without that wobble loses its guarantee."""
    bets, rng, rows = scores("two categories"), np.random.default_rng(2), 500
    spread = np.sqrt(0.3 * 0.7)
    moved = 0.3 + spread * rng.normal(0, tau, 40_000)
    counts = np.array([rng.multinomial(rows, [1 - p, p]) for p in moved])

    e = np.exp(edetector.log_e(bets, null(bets, tau2=tau**2), counts))
    blind = np.exp(edetector.log_e(bets, null(bets), counts))

    assert (e.mean(axis=0) <= 1 + 4 * e.std(axis=0) / 200).all()
    assert blind.mean(axis=0).max() > 2


def test_a_shift_below_the_smallest_that_matters_wins_nothing() -> None:
    """Rows may lie anywhere inside the policy's band."""
    bets, rng = scores("two categories"), np.random.default_rng(3)
    share = 0.3 + 0.02 * np.sqrt(0.21)
    counts = rng.multinomial(500, [1 - share, share], 40_000)

    e = np.exp(edetector.log_e(bets, null(bets, shift=0.02), counts))

    assert (e.mean(axis=0) <= 1 + 3 * e.std(axis=0) / 200).all()


@pytest.mark.parametrize(("effect", "most"), [(0.2, 4), (0.4, 3)])
def test_a_lasting_shift_is_found_within_a_few_windows(effect: float, most: int) -> None:
    """The median of 50 streams of 500 rows."""
    bets, rng = scores("two categories"), np.random.default_rng(4)
    share = 0.3 + effect * np.sqrt(0.21)
    found = [rung_after(bets, rng.multinomial(500, [1 - share, share], 30)) for _ in range(50)]

    assert np.median(found) <= most


def rung_after(bets: Scores, windows: NDArray[np.int64], most: float = np.inf) -> int:
    """How many windows it took to an alarm."""
    state = edetector.fresh(bets)
    for number, logs in enumerate(edetector.log_e(bets, null(bets, most=most), windows), 1):
        state = edetector.step(state, logs, bets.weights, LEVEL)
        if edetector.evidence(state, bets.weights) >= LEVEL:
            return number
    return len(windows) + 1


def test_one_odd_window_is_no_lasting_shift() -> None:
    """Where a window counts for half an alarm at most, it takes others like it; where it counts in full, it alarms."""
    bets = scores("two categories")
    odd, half = np.array([[100, 400]]), float(np.log(LEVEL * bets.bets)) / 2

    assert rung_after(bets, odd) == 1
    assert rung_after(bets, odd, half) > 1
    assert rung_after(bets, np.repeat(odd, 3, axis=0), half) in (2, 3)


def test_an_alarm_ends_when_the_shift_does() -> None:
    """The state is cut at twice an alarm, so it falls again at once."""
    bets, rng = scores("two categories"), np.random.default_rng(5)
    state, band = edetector.fresh(bets), null(bets)
    for _ in range(200):
        state = edetector.step(state, edetector.log_e(bets, band, np.array([[100, 400]]))[0], bets.weights, LEVEL)
    rang = edetector.evidence(state, bets.weights)
    for _ in range(12):
        calm = edetector.log_e(bets, band, rng.multinomial(500, bets.shares)[None])[0]
        state = edetector.step(state, calm, bets.weights, LEVEL)

    assert rang >= LEVEL
    assert edetector.evidence(state, bets.weights) < LEVEL


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1e9), min_size=20, max_size=20))
def test_a_kept_state_is_never_above_the_state(values: list[float]) -> None:
    """Cutting digits makes no alarm sooner, and what is kept is read back as it is."""
    bets = scores("two categories")
    state = np.array(values).reshape(edetector.fresh(bets).shape)

    kept = edetector.pack(state)
    back = edetector.unpack(kept, bets)

    assert (back <= state).all()
    assert (back >= state * (1 - 1e-5) - edetector.LEAST_KEPT).all()
    assert edetector.pack(back) == kept


@pytest.mark.parametrize("kept", [None, "x", [], [1.0] * 3, [-1.0] * 20, [float("nan")] * 20, [True] * 20])
def test_a_state_that_is_none_starts_afresh(kept: object) -> None:
    """Foreign, short or impossible states count for nothing."""
    assert not edetector.unpack(kept, scores("two categories")).any()


def blocks(rng: np.random.Generator, number: int, tau: float, *, slow: float = 0.0) -> wobble.Blocks:
    """A reference of blocks of 1,000 rows whose share wobbles; `slow` is what the next keeps of its effect."""
    bets, effect, found = scores("two categories"), 0.0, []
    for _ in range(number):
        effect = slow * effect + np.sqrt(1 - slow**2) * rng.normal(0, tau)
        share = float(np.clip(0.3 + np.sqrt(0.21) * effect, 0.01, 0.99))
        found.append([*rng.multinomial(1000, [1 - share, share])])
    return wobble.measure(bets, np.array(found), 1000 * number)


def test_a_bin_that_is_empty_in_every_block_says_nothing_of_runs() -> None:
    """Rounding is no variation (a real reference was once taken to have six times the variance of its blocks)."""
    bets = edetector.of_categories(np.array([0.7, 0.3, 1e-5]))
    counts = np.column_stack([np.random.default_rng(6).multinomial(500, [0.7, 0.3], 200), np.zeros(200, int)])

    assert wobble.measure(bets, counts, 100_000).runs < 1.5


def test_a_steady_reference_shows_hardly_any_wobble() -> None:
    """What chance explains is taken off; the price of 200 blocks is a tenth of chance."""
    tau2, _ = wobble.variances(blocks(np.random.default_rng(7), 200, 0.0), 0.1, 15.0)

    assert tau2.max() < 0.6 / 1000


def test_the_wobble_of_a_reference_is_seen_and_never_underrated() -> None:
    """60 blocks that wobble by 0.1 standard deviations."""
    rng = np.random.default_rng(8)
    found = [wobble.variances(blocks(rng, 60, 0.1), 0.1, 15.0)[0][0] for _ in range(40)]

    assert np.mean(np.array(found) >= 0.01) > 0.9
    assert np.median(found) < 0.03


def test_days_that_are_like_their_neighbours_count_for_less() -> None:
    """A slow effect adds up over a run of windows, so the variance of runs is taken."""
    slow = blocks(np.random.default_rng(9), 200, 0.1, slow=0.9)

    assert slow.runs > 3


@pytest.mark.parametrize("number", [1, 2, 9])
def test_a_reference_of_few_blocks_does_not_know_its_wobble(number: int) -> None:
    """It is taken to be the policy's limit, and how many more blocks are needed is told."""
    few = blocks(np.random.default_rng(10), number, 0.0)
    tau2, _ = wobble.variances(few, 0.1, 15.0)

    assert not few.known
    assert few.missing == 10 - number
    assert (tau2 >= 0.01).all()
