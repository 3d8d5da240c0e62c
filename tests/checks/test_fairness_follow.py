"""A gap too small for one window is found over windows; parity never rings; the evidence keeps its promise exactly."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

from checks import fairness_evidence
from checks.comparison import Comparison
from checks.fairness import judge
from checks.fairness_evidence import log_e
from checks.fairness_follow import Follower, handed_on
from checks.fairness_groups import Compared
from checks.fairness_policy import asked
from checks.intervals import Mean, Share
from checks.rates import Tally
from governance.registry.system import System
from governance.verdict import Limit, Result, Status
from governance.window import Length, Period, periods

DAYS = list(periods(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), Length.DAY, "UTC"))


def share_pair(counts: tuple[int, int, int, int], form: str, limit: Limit) -> Comparison:
    """Two shares: x of n, y of m."""
    x, n, y, m = counts
    return Comparison("g", "r", "selection_rate", form, Share(x, n), Share(y, m), limit)


@pytest.mark.parametrize(
    ("form", "limit", "p", "q"),
    [
        ("difference", Limit(-0.1, 0.1), 0.35, 0.45),
        ("difference", Limit(-0.1, 0.1), 0.55, 0.45),
        ("difference", Limit(-0.1, 0.1), 0.9, 0.97),
        ("ratio", Limit(0.8, 1.25), 0.4, 0.5),
        ("ratio", Limit(0.8, 1.25), 0.08, 0.1),
        ("ratio", Limit(0.8, 1.25), 0.5, 0.5),
        ("ratio", Limit(0.8, 1.25), 0.25, 0.2),
    ],
)
@pytest.mark.parametrize("sizes", [(4, 9, 0.45), (9, 4, 0.2), (7, 7, 0.8)])
def test_inside_the_limit_no_bet_gains_on_average(
    form: str, limit: Limit, p: float, q: float, sizes: tuple[int, int, float]
) -> None:
    """Every outcome enumerated: the mean of each e-value is at most 1, at the limit too, whatever came before."""
    n, m, before = sizes
    outcomes = list(product(range(n + 1), range(m + 1)))
    chance = np.array([stats.binom.pmf(x, n, p) * stats.binom.pmf(y, m, q) for x, y in outcomes])

    bets = log_e([share_pair((x, n, y, m), form, limit) for x, y in outcomes], np.full(len(outcomes), before))

    means = np.nansum(np.exp(bets) * chance[:, None, None], axis=0)
    assert means.max() <= 1 + 1e-9
    assert np.isfinite(bets).any()


def test_a_gap_past_the_limit_gains() -> None:
    """The logarithm grows, on the side of the gap alone."""
    bets = log_e([share_pair((200, 1000, 400, 1000), "difference", Limit(-0.1, 0.1))], np.array([0.4]))[0]

    assert bets[0].max() > 5
    assert bets[1].max() < 0


def test_nothing_is_bet_before_the_other_groups_rate_is_known() -> None:
    """The first window only learns."""
    assert np.isnan(log_e([share_pair((1, 100, 50, 100), "ratio", Limit(0.8, 1.25))], np.array([np.nan]))).all()


def test_a_mean_inside_its_limit_gains_nothing_on_average() -> None:
    """Differences of means at the limit, seeded."""
    rng = np.random.default_rng(6)
    samples = rng.normal(0, 1, (4000, 2, 60)) + np.array([0.2, 0.0])[None, :, None]
    figures = [[Mean(60, float(half.sum()), float((half**2).sum())) for half in both] for both in samples]
    limit = Limit(-0.2, 0.2)

    bets = log_e([Comparison("g", "r", "mean_error", "difference", *both, limit) for both in figures], np.zeros(4000))

    assert np.exp(bets).mean(axis=0).max() < 1.1


def year(
    system: System, rates: dict[str, float], rows: dict[str, int], seed: int, days: int = 365
) -> Iterator[list[Result]]:
    """A year of days with these selection rates and rows."""
    rng, history = np.random.default_rng(seed), dict[str, Any]()
    for day in DAYS[:days]:
        groups: dict[tuple[str, ...], Any] = {}
        for name, rate in rates.items():
            x = int(rng.binomial(rows[name], rate))
            groups[(name,)] = Tally(rows=rows[name], selected=x)
        follower = Follower(system, day, history)
        yield judge(system, [Compared(("sex",), groups, asked(system))], "labels are early", follower)
        history = follower.state


def ringing(results: list[Result]) -> list[str]:
    """The alarms' names."""
    return [one.name for one in results if one.status is Status.ALARM]


@pytest.fixture
def daily(make_system: Callable) -> System:
    """A system with a window a day."""
    window = {"length": "P1D", "zone": "UTC", "since": "2026-01-01"}
    return make_system(window=window, checks={"fairness": {"reference_group": {"sex": "m"}}})


def test_parity_does_not_ring_for_a_year(daily: System) -> None:
    """Three groups of different sizes with the same rate, every day of a year."""
    rates, rows = {"f": 0.3, "m": 0.3, "x": 0.3}, {"f": 120, "m": 200, "x": 15}

    assert [name for results in year(daily, rates, rows, seed=1) for name in ringing(results)] == []


def test_a_lasting_gap_that_no_day_could_show_is_found_over_days(daily: System) -> None:
    """Rates .21 and .30, a ratio of .7, at 60 rows a day: one day in a thousand would prove it, three weeks do."""
    rates, rows = {"f": 0.21, "m": 0.30}, {"f": 60, "m": 200}

    days = [ringing(results) for results in year(daily, rates, rows, seed=2)]

    first = next(place for place, names in enumerate(days) if names)
    assert 20 < first < 200
    assert set(days[first]) == {"fairness:sex=f:selection_rate_ratio"}
    assert np.mean([bool(names) for names in days[first:]]) > 0.9


def test_a_group_too_small_for_one_window_is_judged_over_windows(daily: System) -> None:
    """Twelve rows a day are never enough by themselves."""
    rates, rows = {"x": 0.1, "m": 0.5}, {"x": 12, "m": 200}

    last = list(year(daily, rates, rows, seed=3, days=60))[-1]

    (ratio,) = [one for one in last if one.metric == "selection_rate_ratio"]
    assert ratio.status is Status.ALARM
    assert "counted up to this window shows a lasting gap past the limit" in ratio.sentence


def follow(system: System, period: Period, history: dict[str, Any], x: int = 10) -> tuple[set[str], dict[str, Any]]:
    """One window of one comparison."""
    follower = Follower(system, period, history)
    limit = Limit(0.8, 1.25)
    return follower.follow({"t": share_pair((x, 100, 50, 100), "ratio", limit)}), follower.state


def after(system: System, days: int) -> dict[str, Any]:
    """The state after so many days of a glaring gap."""
    state: dict[str, Any] = {}
    for day in DAYS[:days]:
        _, state = follow(system, day, state)
    return state


def test_a_window_judged_again_counts_once(daily: System) -> None:
    """The same history, the same state."""
    before = after(daily, 3)

    once = follow(daily, DAYS[3], before)
    again = follow(daily, DAYS[3], once[1])

    assert again == once


def test_what_rang_begins_anew_when_its_case_is_closed(daily: System) -> None:
    """`restart` in the part."""
    state = after(daily, 12)
    assert state["fairness"]["selection"]["rang"] == ["t"]
    state["fairness"]["selection"]["restart"] = True

    rings, told = follow(daily, DAYS[12], state, x=50)

    assert rings == set()
    assert max(told["fairness"]["selection"]["tests"]["t"][2:]) < 10
    assert "restart" not in told["fairness"]["selection"]


@pytest.mark.parametrize("spoilt", [None, [], {"fairness": []}, {"fairness": {"selection": {"tests": 1}}}])
def test_a_spoilt_history_is_a_fresh_start(daily: System, spoilt: Any) -> None:
    """Never an error."""
    assert handed_on(spoilt if isinstance(spoilt, dict) else None) == {}
    assert follow(daily, DAYS[0], spoilt if isinstance(spoilt, dict) else {})[0] == set()


def test_another_policy_begins_anew(daily: System, make_system: Callable) -> None:
    """Evidence against one limit says nothing of another."""
    other = make_system(
        window={"length": "P1D", "zone": "UTC", "since": "2026-01-01"},
        checks={"fairness": {"ratio": {"selection_rate": 0.9}}},
    )

    _, told = follow(other, DAYS[5], after(daily, 5))

    assert told["fairness"]["selection"]["after"] == ""


def test_early_labels_leave_the_evidence_of_errors_as_it_is(daily: System) -> None:
    """Only selection is counted; the other part is handed on."""
    kept = {"after": "", "basis": "x", "end": "2025-12-31T00:00:00Z", "rang": [], "tests": {}, "window": "2025-12-30"}

    _, told = follow(daily, DAYS[0], {"fairness": {"errors": kept}})

    assert told["fairness"]["errors"] == kept


def test_fewer_than_ten_rows_are_never_counted(daily: System) -> None:
    """The state would tell of them."""
    follower = Follower(daily, DAYS[0], {})

    follower.follow({"t": share_pair((3, 9, 50, 100), "ratio", Limit(0.8, 1.25))})

    assert follower.state == {}


def test_evidence_is_capped_so_that_an_alarm_can_end() -> None:
    """At twice the alarm level."""
    state = fairness_evidence.stepped(np.zeros((1, 2, 4)), np.full((1, 2, 4), 900.0), 100.0)

    assert fairness_evidence.evidence(state) == pytest.approx([1600.0])
