"""Rates equal Fairlearn's to 1e-12, on every example and on awkward frames."""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.fairness_groups import numbers
from checks.rates import RATES, margin, together
from checks.scan import cells, error_cells

DATA = Path(__file__).parents[1] / "data"
EXAMPLES = Path(__file__).parents[2] / "deployments" / "data"
MISSING = "(missing)"
LABELS = ("0", "1")

FRAMES = st.integers(1, 40).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "a": st.lists(st.sampled_from(["f", "m", "F ", "", None, "only-one"]), min_size=rows, max_size=rows),
            "b": st.lists(st.sampled_from(["x", "y", None]), min_size=rows, max_size=rows),
            "made": st.one_of(*_columns(rows)),
            "truth": st.one_of(*_columns(rows)),
        }
    )
)


def _columns(rows: int) -> Iterator[st.SearchStrategy[list[str]]]:
    """All positive, all negative, constant groups, mixed."""
    yield st.just(["1"] * rows)
    yield st.just(["0"] * rows)
    yield st.lists(st.sampled_from(LABELS), min_size=rows, max_size=rows)


@contextmanager
def parquet(frame: pl.DataFrame) -> Iterator[Path]:
    """The frame as a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "frame.parquet"
        frame.write_parquet(path)
        yield path


def ours(
    frame: pl.DataFrame, attributes: tuple[str, ...], positive: str = "1"
) -> dict[tuple[str, ...], dict[str, Any]]:
    """Every rate of every group, nothing pooled."""
    with parquet(frame) as path:
        counted = cells(path, dict.fromkeys(attributes, ((), ())), "made", "truth", positive)
    groups = margin(counted, lambda names: tuple(MISSING if name is None else name for name in names))
    return {group: {metric: sums.rate(metric) for metric in RATES} for group, sums in groups.items()}


def fairlearns(frame: pl.DataFrame, attributes: tuple[str, ...], positive: str = "1") -> Any:
    """Fairlearn's MetricFrame by group, a null group under its own name (Fairlearn would drop its rows)."""
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    metrics = {
        "selection_rate": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "fnr": false_negative_rate,
        "ppv": lambda truth, made: precision_score(truth, made, zero_division=0),
        "accuracy": accuracy_score,
    }
    truth, made = ((frame[name] == positive).cast(pl.Int8).to_numpy() for name in ("truth", "made"))
    sensitive = frame.select(pl.col(attributes).fill_null(MISSING)).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MetricFrame(metrics=metrics, y_true=truth, y_pred=made, sensitive_features=sensitive).by_group


def compare(
    frame: pl.DataFrame, attributes: tuple[str, ...], positive: str = "1", *, skip: tuple[str, ...] = ()
) -> int:
    """Compare both, and say how many figures were compared; where nobody is counted ours is not a number."""
    theirs, count = fairlearns(frame, attributes, positive), 0
    for group, rates in ours(frame, attributes, positive).items():
        for metric, share in rates.items():
            if metric in skip:
                continue
            if not share.n:
                assert math.isnan(share.value)
                continue
            assert share.value == pytest.approx(theirs.loc[group if len(group) > 1 else group[0], metric], abs=1e-12)
            count += 1
    return count


def awkward(drawn: dict[str, list[Any]]) -> None:
    """One awkward frame, by one attribute and crossed."""
    frame = pl.DataFrame(drawn, schema=dict.fromkeys(("a", "b", "made", "truth"), pl.String))

    assert compare(frame, ("a",)) > 0
    assert compare(frame, ("a", "b")) > 0


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(FRAMES)
def test_awkward_frames_give_fairlearns_rates(drawn: dict[str, list[Any]]) -> None:
    """Null groups, groups of one row, spaces, one class only, constant predictions."""
    awkward(drawn)


@pytest.mark.long
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(FRAMES)
def test_two_hundred_awkward_frames_give_fairlearns_rates(drawn: dict[str, list[Any]]) -> None:
    """The same, more often."""
    awkward(drawn)


def german() -> pl.DataFrame:
    """German credit."""
    return pl.read_parquet(DATA / "german-credit" / "applications.parquet").rename({"granted": "made", "good": "truth"})


def employment() -> pl.DataFrame:
    """Employment in Massachusetts, 2016, with its labels."""
    folder = EXAMPLES / "employment-ma"
    frame = pl.read_parquet(folder / "predictions-2016.parquet").join(
        pl.read_parquet(folder / "labels-2016.parquet"), on="id"
    )
    names = {"prediction": "made", "employed": "truth"}
    return frame.rename(names).select(pl.col("made", "truth", "SEX", "DIS", "RAC1P").cast(pl.String))


def bank() -> pl.DataFrame:
    """The bank's calls of November 2008, by age group."""
    folder = EXAMPLES / "bank-calls"
    frame = pl.read_csv(folder / "calls-2008-11.csv.gz").join(pl.read_csv(folder / "answers.csv.gz"), on="call")
    age = pl.when(pl.col("age") < 25).then(pl.lit("<25")).when(pl.col("age") < 60).then(pl.lit("25-59"))
    return frame.select(
        age=age.otherwise(pl.lit("60+")),
        made=pl.col("prediction").cast(pl.String),
        truth=pl.col("subscribed").cast(pl.String),
    )


@pytest.mark.parametrize(
    ("rows", "attributes"),
    [
        (german, ("sex",)),
        (german, ("sex", "foreign_worker")),
        pytest.param(employment, ("DIS", "SEX"), marks=pytest.mark.long),
        pytest.param(employment, ("RAC1P",), marks=pytest.mark.long),
        pytest.param(bank, ("age",), marks=pytest.mark.long),
    ],
)
def test_the_examples_give_fairlearns_rates(rows: Callable[[], pl.DataFrame], attributes: tuple[str, ...]) -> None:
    """Real records."""
    assert compare(rows(), attributes) >= 9


def test_each_class_of_several_gives_fairlearns_rates() -> None:
    """One class against the rest; accuracy is that of all classes together."""
    rng = np.random.default_rng(3)
    names = {name: rng.choice(list("pqr"), 400).tolist() for name in ("made", "truth")}
    frame = pl.DataFrame({"a": rng.choice(["f", "m"], 400).tolist(), **names})

    assert sum(compare(frame, ("a",), one, skip=("accuracy",)) for one in "pqr") == 30


def test_a_regressions_means_are_fairlearns() -> None:
    """Mean error, mean absolute error and mean prediction by group, over a null label and a prediction that is none."""
    from fairlearn.metrics import MetricFrame, mean_prediction
    from sklearn.metrics import mean_absolute_error

    rng = np.random.default_rng(4)
    frame = pl.DataFrame(
        {"a": rng.choice(["f", "m"], 300), "made": rng.normal(5, 2, 300), "truth": rng.normal(4, 2, 300)}
    ).with_columns(made=pl.when(pl.int_range(300) == 7).then(math.nan).otherwise("made"))
    frame = frame.with_columns(truth=pl.when(pl.int_range(300) < 5).then(None).otherwise("truth"))
    with parquet(frame) as path:
        errors, made = (error_cells(path, {"a": ((), ())}, "made", label) for label in ("truth", ""))
    groups = numbers(errors, made, lambda names: (str(names[0]),))

    usable = frame.filter(pl.col("made").is_finite()).to_pandas()
    both = usable.dropna()
    metrics = {
        "mean_absolute_error": mean_absolute_error,
        "mean_error": lambda truth, made: float((made - truth).mean()),
    }
    of_errors = MetricFrame(
        metrics=metrics, y_true=both["truth"], y_pred=both["made"], sensitive_features=both["a"]
    ).by_group
    of_made = MetricFrame(
        metrics=mean_prediction, y_true=usable["made"], y_pred=usable["made"], sensitive_features=usable["a"]
    ).by_group
    for group, sums in groups.items():
        for metric in metrics:
            assert sums.rate(metric).value == pytest.approx(of_errors.loc[group[0], metric], abs=1e-12)
        assert sums.rate("mean_prediction").value == pytest.approx(of_made.loc[group[0]], abs=1e-12)


def test_the_greatest_gap_between_groups_is_fairlearns() -> None:
    """Demographic parity difference and ratio, from the same counts."""
    from fairlearn.metrics import demographic_parity_difference, demographic_parity_ratio

    frame = german()
    shares = [rates["selection_rate"].value for rates in ours(frame, ("sex",)).values()]

    truth, made = (frame[name].cast(pl.Int8).to_numpy() for name in ("truth", "made"))
    chosen = {"sensitive_features": frame["sex"].to_numpy()}
    assert max(shares) - min(shares) == pytest.approx(demographic_parity_difference(truth, made, **chosen), abs=1e-12)
    assert min(shares) / max(shares) == pytest.approx(demographic_parity_ratio(truth, made, **chosen), abs=1e-12)


def test_the_rest_of_a_group_is_everybody_else() -> None:
    """The sums of all other groups, added up."""
    with parquet(german()) as path:
        counted = cells(path, {"job": ((), ())}, "made", "truth", "1")
    groups = margin(counted, lambda names: (str(names[0]),))

    everybody, others = together(groups.values()), together(s for name, s in groups.items() if name != ("A173",))

    assert everybody.rows - others.rows == groups[("A173",)].rows
    assert everybody.rate("tpr").x - others.rate("tpr").x == groups[("A173",)].rate("tpr").x
