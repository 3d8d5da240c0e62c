"""Rules of sorting out of core: exact, whatever the sizes, ties and types."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import columns, drift, performance
from checks.columns import category_counts, sorted_finite
from checks.runs import Runs

NUMBERS = st.lists(st.sampled_from([-1e300, -2.5, 0.0, 1.0, 1.0000000000000002, 7.0, 1e300]) | st.floats(-9, 9))


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(NUMBERS, max_size=6),
    run=st.integers(1, 20),
    step=st.integers(1, 5),
    held=st.integers(0, 20),
    kind=st.sampled_from(["f8", "f4", "i8"]),
)
def test_merged_runs_are_the_sorted_whole(
    *, parts: list[list[float]], run: int, step: int, held: int, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any number of numbers in any order, in runs of any size, in memory or not, in the type they came in."""
    arrays = [np.clip(np.array(part, float), -1e9, 1e9).astype(kind) for part in parts]
    whole = np.concatenate([np.empty(0, kind), *arrays])
    with Runs(tmp_path_factory.getbasetemp(), len(whole), run=run, step=step) as made:
        for array in arrays:
            made.add(array)

        kept = made.kept(held)

    assert np.array_equal(kept(), np.sort(whole))
    assert not np.signbit(kept()[kept() == 0]).any()
    assert kept().dtype == np.dtype(kind) or not len(whole)
    assert isinstance(kept(), np.memmap) == (len(whole) > min(run, held))


def test_scratch_files_have_no_name(tmp_path: Path) -> None:
    """What a kill leaves behind is nothing: they hold rows."""
    with Runs(tmp_path, 10, run=5) as made:
        made.add(np.arange(5.0))
        made.add(np.arange(5.0))

        assert made.merged()[-1] == 4.0
        assert list(tmp_path.iterdir()) == []


def test_a_file_read_in_pieces_is_judged_as_one_read_at_once(
    make_system: Callable, make_loans: Callable, make_table: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted columns, counts, blocks, scores: all results of drift and performance."""
    system = make_system(window={"length": "PT1H", "zone": "Europe/Vienna", "since": "2026-01-01"})
    whole, again, now = make_table(make_loans(3000)), make_table(make_loans(3000)), make_table(make_loans(700, seed=2))

    def judged(reference: object) -> tuple[object, ...]:
        return drift.examine(system, now.path, reference, {}), performance.examine(system, now.path, reference, {}, "")  # type: ignore[arg-type]

    at_once = judged(whole)
    monkeypatch.setattr(columns, "PIECE", 256)

    assert judged(again) == at_once
    assert category_counts(now.path, "region")
    assert len(sorted_finite(now.path, "income")) == 700


def test_an_id_that_comes_again_in_another_piece_is_found(
    make_loans: Callable, make_table: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids that all differ are told from ids of which one repeats, wherever it stands."""
    monkeypatch.setattr(columns, "PIECE", 100)
    ids = [f"p{place}" for place in range(999)]

    told = [
        columns.all_differ(make_table(make_loans(1000, id=[*ids, last])).path, "id") for last in ("new", "p0", "p998")
    ]

    assert told == [True, False, False]


def test_a_sample_at_even_distances_is_the_same_in_pieces(
    make_loans: Callable, make_table: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third row, numbers and texts, wherever a piece begins."""
    frame = make_loans(1000)
    path = make_table(frame).path
    monkeypatch.setattr(columns, "PIECE", 100)

    found = {name: columns.evenly(path, name, 334).tolist() for name in ("income", "region")}

    assert found["income"] == frame["income"].gather_every(3).to_list()
    assert found["region"] == frame["region"].gather_every(3).to_list()
