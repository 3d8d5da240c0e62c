"""One cause for what moves together, and its kind: seeded worlds, one for each kind, and the examples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from checks import cause
from checks.cause import Named
from governance.verdict import Cause, Limit, Result, Status

ROWS = 4000
LATENT = [f"x{number}" for number in range(6)]
FREE = ["free0", "free1"]

World = dict[str, Any]
Examine = Callable[..., Named]


def world(seed: int, shift: float = 0.0, *, base: float = 0.0, turn: float = 1.0, rows: int = ROWS) -> World:
    """Six inputs of one latent cause, two free ones; labels by a logistic law of the latent, score its best guess.

    `shift` moves the latent, `base` the log odds of a label, `turn` multiplies what the latent means for labels.
    """
    rng = np.random.default_rng(seed)
    latent = rng.normal(shift, 1, rows)
    columns: World = {name: 0.8 * latent + 0.6 * rng.normal(0, 1, rows) for name in LATENT}
    columns |= {name: rng.normal(0, 1, rows) for name in FREE}
    guess = np.mean([columns[name] for name in LATENT], axis=0)
    score = 1 / (1 + np.exp(-1.5 * guess))
    truth = rng.random(rows) < 1 / (1 + np.exp(-1.5 * turn * latent - base))
    return {**columns, "score": score, "offered": np.where(score > 0.5, "1", "0"), "repaid": np.where(truth, "1", "0")}


def ring(check: str, subject: str, metric: str = "distance", **more: Any) -> Result:
    """An alarm as its check makes it."""
    causes = {"drift": "drift", "performance": "performance"}
    facts = {"cause": causes.get(check, f"{check}:{subject}"), **more}
    return Result(check, subject, metric, Status.ALARM, f"{subject} rings.", **facts)


@pytest.fixture
def examine(make_system: Callable, make_loans: Callable, make_window: Callable) -> Examine:
    """Name the causes of a window of a world against the world of the reference."""

    def run(
        now: World,
        alarms: list[Result],
        before: World | None = None,
        numeric: list[str] | None = None,
        protected: tuple[str, ...] = (),
        **more: Any,
    ) -> Named:
        reference = before or world(0)
        columns = {"numeric": numeric or [*LATENT, *FREE], "categorical": [], "protected": ["sex", *protected]}
        frames = [make_loans(len(one["score"]), **one) for one in (now, reference)]
        system = make_system(columns, **more.pop("system", {}))
        return cause.examine(system, make_window(*frames), alarms, **more)

    return run


def drifts(*names: str) -> list[Result]:
    """Columns that ring."""
    return [ring("drift", name) for name in names]


def only(named: Named) -> Cause:
    """The one cause."""
    (found,) = named.causes
    return found


def test_inputs_that_move_together_are_one_covariate_shift(examine: Examine) -> None:
    """With the score that follows from them; labels by score did not move."""
    found = only(examine(world(1, shift=0.7), drifts(*LATENT, "score", "offered")))

    assert found.kind == "covariate shift"
    assert found.lead in LATENT
    assert set(found.subjects) == {*LATENT, "score", "offered"}
    assert found.id == f"drift:{found.lead}"
    assert "and 7 other columns moved with it" in found.sentence
    assert "labels by score did not move" in found.sentence


def test_performance_that_follows_from_drift_goes_with_it(examine: Examine) -> None:
    """One finding, for labels by score did not move."""
    named = examine(world(1, shift=0.7), [*drifts(*LATENT), ring("performance", "binary", "accuracy")])

    assert {one.cause for one in named.results} == {only(named).id}


def test_labels_that_become_frequent_at_every_score_are_prior_shift(examine: Examine) -> None:
    """Inputs unmoved."""
    found = only(examine(world(2, base=1.2), [ring("performance", "binary", "accuracy")]))

    assert (found.id, found.kind) == ("performance", "label or prior shift")
    assert "labels by score moved, alike at every score" in found.sentence


def test_inputs_that_move_because_labels_do_are_prior_shift(examine: Examine) -> None:
    """Rows are drawn anew by their label: what is true of each class stays."""
    rows, rng = world(3, rows=12_000), np.random.default_rng(3)
    positive = rows["repaid"] == "1"
    chosen = np.where(positive, rng.random(12_000) < 0.85, rng.random(12_000) < 0.15)
    now = {name: values[chosen] for name, values in rows.items()}

    named = examine(now, [*drifts(*LATENT, "score"), ring("performance", "binary", "accuracy")])

    found = only(named)
    assert found.kind == "label or prior shift"
    assert {one.cause for one in named.results} == {found.id}


def test_a_score_that_means_something_else_is_concept_shift(examine: Examine) -> None:
    """The latent now speaks against the label; inputs unmoved."""
    found = only(examine(world(4, turn=-0.5), [ring("performance", "binary", "roc_auc")]))

    assert found.kind == "concept shift"
    assert "not alike at every score" in found.sentence


def test_a_score_that_moves_without_inputs_is_a_model_change(examine: Examine) -> None:
    """The registry's new version is named where it changed."""
    now = world(5)
    now["score"] = now["score"] ** 2
    history = {"causes": {"columns": {}, "fresh": [], "model": "loan-model 6", "performance": ""}}

    found = only(examine(now, drifts("score"), history=history))

    assert (found.kind, found.lead) == ("model change", "score")
    assert "the registry names loan-model 7, before it loan-model 6" in found.sentence


def test_a_score_that_moves_with_its_inputs_is_no_model_change(examine: Examine) -> None:
    """Even where no input rings by itself."""
    found = only(examine(world(6, shift=0.5), drifts("score", "offered")))

    assert found.kind == "covariate shift"


def test_a_protected_attribute_that_leads_is_a_mix_change(examine: Examine) -> None:
    """The group's share moved, and its inputs with it."""

    def mixed(seed: int, share: float) -> World:
        rng = np.random.default_rng(seed)
        group = np.where(rng.random(ROWS) < share, 1.0, 0.0)
        moved = {name: 0.9 * group + 0.3 * rng.normal(0, 1, ROWS) for name in LATENT[:3]}
        return {**world(seed), "group": group, **moved}

    numeric = ["group", *LATENT]
    found = only(
        examine(
            mixed(8, 0.8), drifts("group", *LATENT[:3]), before=mixed(7, 0.3), numeric=numeric, protected=("group",)
        )
    )

    assert (found.kind, found.lead) == ("mix change of groups", "group")


FAULTS = {
    "unit": (lambda values: values * 100, "about 100 times those of the reference"),
    "missing": (lambda values: np.where(np.arange(len(values)) % 3 == 0, np.nan, values), "33.4 % of its values are"),
    "constant": (lambda values: np.full(len(values), 31337.4242), "all of its values are the same"),
    "filled": (lambda values: np.where(np.arange(len(values)) % 5 == 0, -999.0, values), "hardly holds fills 20.0 %"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_broken_column_is_a_data_fault_of_its_own(examine: Examine, fault: str) -> None:
    """Beside a covariate shift of the same window; its values are not told."""
    now = world(9, shift=0.7)
    spoil, told = FAULTS[fault]
    now["free0"] = spoil(np.random.default_rng(1).lognormal(3, 0.5, ROWS))
    before = {**world(0), "free0": np.random.default_rng(2).lognormal(3, 0.5, ROWS)}

    named = examine(now, drifts(*LATENT, "free0"), before=before)

    kinds = {one.lead if one.kind == "data fault" else "others": one.kind for one in named.causes}
    assert kinds == {"free0": "data fault", "others": "covariate shift"}
    (broken,) = [one for one in named.causes if one.kind == "data fault"]
    assert told in broken.sentence
    assert not any(trace in broken.sentence for trace in ("31337", "999"))


def test_a_storm_of_two_hundred_columns_is_one_finding_a_cause(examine: Examine) -> None:
    """As many causes as there are latent ones."""
    factors = 3

    def storm(seed: int, shift: float) -> World:
        rng, rows = np.random.default_rng(seed), 1500
        latent = [rng.normal(shift, 1, rows) for _ in range(factors)]
        columns = {f"c{number}": 0.7 * latent[number % factors] + 0.7 * rng.normal(0, 1, rows) for number in range(200)}
        return {**world(seed, rows=rows), **columns}

    names = [f"c{number}" for number in range(200)]
    named = examine(storm(11, 0.8), drifts(*names), before=storm(10, 0.0), numeric=names)

    assert len(named.causes) == factors
    assert sorted(len(one.subjects) for one in named.causes) == sorted(
        len(range(part, 200, factors)) for part in range(factors)
    )
    for one in named.causes:
        assert len({int(name[1:]) % factors for name in one.subjects}) == 1


def test_a_storm_of_unrelated_columns_is_one_finding_too(examine: Examine) -> None:
    """What begins in the same window has hardly sixty causes."""

    def storm(seed: int, shift: float) -> World:
        rng = np.random.default_rng(seed)
        return {**world(seed), **{f"c{number}": rng.normal(shift, 1, ROWS) for number in range(60)}}

    names = [f"c{number}" for number in range(60)]
    found = only(examine(storm(11, 0.8), drifts(*names), before=storm(10, 0.0), numeric=names))

    assert "and 59 other columns moved with it, at the same time" in found.sentence


def test_a_cause_keeps_its_id_while_it_lasts(examine: Examine) -> None:
    """A column that joins, one that leaves, another that now moves most: the case stays the same."""
    first = examine(world(12, shift=0.7), drifts(*LATENT[:4]))

    second = examine(world(13, shift=0.9), drifts(*LATENT[1:]), history=first.state)

    assert only(second).id == only(first).id
    assert set(second.state["causes"]["columns"]) == set(LATENT[1:])


def test_performance_keeps_its_cause_while_it_lasts(examine: Examine) -> None:
    """First a shift of inputs, then labels by score move as well: still one case."""
    alarms = [*drifts(*LATENT), ring("performance", "binary", "accuracy")]
    first = examine(world(12, shift=0.7), alarms)

    second = examine(world(13, shift=0.7, turn=-0.5), alarms, history=first.state)

    assert only(second).id == only(first).id


def test_what_begins_later_is_another_cause(examine: Examine) -> None:
    """Two windows later, and linked with nothing."""
    now = world(14, shift=0.7)
    now["free0"] = now["free0"] + 1
    state = examine(now, drifts(*LATENT)).state
    state = examine(now, drifts(*LATENT), history=state).state

    named = examine(now, drifts(*LATENT, "free0"), history=state)

    assert {one.lead for one in named.causes} >= {"free0"}
    assert len(named.causes) == 2


def test_what_is_found_one_window_later_belongs_to_the_same_cause(examine: Examine) -> None:
    """A weaker move of the same day takes longer to prove."""
    now = world(14, shift=0.7)
    now["free0"] = now["free0"] + 0.3
    state = examine(now, drifts(*LATENT)).state

    assert "free0" in only(examine(now, drifts(*LATENT, "free0"), history=state)).subjects


def gap(reference: float | None, metric: str = "selection_rate_ratio") -> Result:
    """A fairness alarm with what the reference showed."""
    return ring("fairness", "sex", metric, value=0.5, limit=Limit(0.8, 1.25), reference=reference, group="f")


def test_a_gap_that_the_reference_shows_too_is_no_change(examine: Examine) -> None:
    """It stood before."""
    assert only(examine(world(15), [gap(0.55)])).kind == "standing gap"


def test_a_new_gap_where_inputs_moved_is_covariate_shift(examine: Examine) -> None:
    """The labels by score did not move."""
    named = examine(world(16, shift=0.7), [*drifts(*LATENT), gap(1.0)])

    assert {one.id: one.kind for one in named.causes}["fairness:sex"] == "covariate shift"


@pytest.mark.parametrize(
    ("metric", "kind"), [("spelling_variants", "data fault"), ("vanished_groups", "mix change of groups")]
)
def test_groups_themselves_have_kinds(examine: Examine, metric: str, kind: str) -> None:
    """Spelling is the data's; who is there is the mix."""
    assert only(examine(world(17), [ring("fairness", "sex", metric, cause="fairness:sex:groups")])).kind == kind


def test_early_labels_are_said_to_tell_nothing_yet(examine: Examine) -> None:
    """Never guessed."""
    found = only(examine(world(18, shift=0.7), drifts(*LATENT), waiting="labels are early"))

    assert "labels cannot tell more yet: labels are early" in found.sentence


def test_without_alarms_there_is_no_cause(examine: Examine) -> None:
    """And the state forgets."""
    history = {
        "causes": {"columns": {"x0": "drift:x0"}, "fresh": ["drift:x0"], "model": "loan-model 7", "performance": ""}
    }

    named = examine(world(19), [], history=history)

    assert named.causes == ()
    assert named.state["causes"]["columns"] == {}


@pytest.mark.parametrize("spoilt", [None, {}, {"causes": 1}, {"causes": {"columns": []}}])
def test_a_spoilt_state_is_a_fresh_start(examine: Examine, spoilt: Any) -> None:
    """Never an error."""
    assert only(examine(world(20, shift=0.7), drifts(*LATENT), history=spoilt)).kind == "covariate shift"


def test_categories_in_another_spelling_are_a_data_fault(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """Told without the names."""
    before, now = make_loans(2000), make_loans(2000, seed=1)
    now = now.with_columns(region=pl.col("region").str.to_uppercase())

    named = cause.examine(make_system(), make_window(now, before), drifts("region"))

    assert only(named).kind == "data fault"
    assert "known categories in another spelling" in only(named).sentence


def test_other_names_with_the_same_shares_are_a_data_fault(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """A new code list; but one new category alone is a shift of the inputs."""
    before, now = make_loans(2000), make_loans(2000, seed=1)
    codes = {"north": "1", "south": "2", "east": "3", "west": "4"}
    recoded = now.with_columns(region=pl.col("region").replace_strict(codes))
    moved = now.with_columns(region=pl.lit("abroad"))

    kinds = [
        only(cause.examine(make_system(), make_window(one, before), drifts("region"))).kind for one in (recoded, moved)
    ]

    assert kinds == ["data fault", "covariate shift"]


def test_a_regressions_labels_are_looked_at_by_prediction(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """Predictions fall short by the same amount at every size: prior shift."""
    rng = np.random.default_rng(1)
    frames = []
    for gap in (0.0, 2.0):
        truth = rng.normal(10, 3, 2000)
        frames.append(make_loans(2000, repaid=truth + gap, offered=truth + rng.normal(0, 1, 2000), score=truth))
    system = make_system(task="regression")

    found = only(cause.examine(system, make_window(frames[1], frames[0]), [ring("performance", "regression", "mae")]))

    assert found.kind == "label or prior shift"
    assert "labels by prediction moved, alike at every prediction" in found.sentence


def test_a_reference_without_labels_tells_less_and_never_fails(
    make_system: Callable, make_loans: Callable, make_window: Callable
) -> None:
    """The inputs still do."""
    before = make_loans(2000).drop("repaid")
    now = make_loans(2000, seed=1, income=[value * 1000 for value in make_loans(2000, seed=1)["income"]])

    found = cause.examine(make_system(), make_window(now, before), drifts("income", "score")).causes

    assert {one.lead for one in found} == {"income", "score"}
