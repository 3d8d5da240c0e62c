"""The monitor flow on a real Prefect server: every window ends in a signed bundle, and the run says how."""

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import pytest

from governance.adapters.workplace import Workplace
from governance.evidence import read_bundle, verify_archive
from tests.prefect_server import Run, begin

pytestmark = pytest.mark.servers


def ask(api: str, path: str, **body: Any) -> Any:
    """What Prefect's API answers to a filter."""
    request = Request(f"{api}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.load(answer)


@pytest.fixture
def newest_run(prefect_server: str) -> Callable[[str], dict[str, Any]]:
    """The newest flow run of a system, as the UI shows it."""

    def find(system: str) -> dict[str, Any]:
        wanted = {"tags": {"all_": [f"system:{system}"]}}
        found: dict[str, Any] = ask(prefect_server, "flow_runs/filter", flow_runs=wanted, sort="START_TIME_DESC")[0]
        return found

    return find


def test_a_run_is_named_tagged_and_ended_by_its_verdict(
    workplace: Workplace, runs: Run, newest_run: Callable[[str], dict[str, Any]]
) -> None:
    """The list of runs reads like a logbook."""
    told = runs(workplace.settings.state, "bike-demand", "2012Q3")

    run = newest_run("bike-demand")
    assert told["name"] == "Findings"
    assert run["name"] == "bike-demand 2012Q3 alarm"
    assert {"system:bike-demand", "verdict:alarm", "owner:dmitri-haas"} <= set(run["tags"])
    assert run["state"]["name"] == "Findings"
    assert run["state"]["type"] == "COMPLETED"


def test_an_unreadable_window_ends_in_a_signed_bundle_and_a_case(
    workplace: Workplace, runs: Run, newest_run: Callable[[str], dict[str, Any]]
) -> None:
    """A truncated file is told by name, archived and put before the owner."""
    told = runs(workplace.settings.state, "bank-calls", "2010-12")

    key = "bundle/2011/01/01/00/bank-calls.2010-12.r0.tar"
    bundle = read_bundle(workplace.archive.get(key), key)
    workplace.index.sync(workplace.archive)
    [case] = workplace.index.open_cases("bank-calls")
    assert told["name"] == "Unreadable"
    assert newest_run("bank-calls")["name"] == "bank-calls 2010-12 error"
    assert bundle.predicate["result"] == "FAILED"
    assert b"calls-2010-12.csv.gz" in bundle.members["verdict.json"]
    assert case.owner == "carla-reyes"
    assert verify_archive(workplace.archive).ok


def test_artifacts_stand_under_stable_keys(workplace: Workplace, runs: Run, prefect_server: str) -> None:
    """Verdict, page, Evidently's page, receipt and cases are found again under the same keys."""
    runs(workplace.settings.state, "bike-demand", "2011Q2")

    found = ask(prefect_server, "artifacts/latest/filter", artifacts={"key": {"like_": "%bike-demand"}})
    assert {one["key"] for one in found} == {
        f"{kind}-bike-demand" for kind in ("verdict", "page", "evidently", "receipt", "cases")
    }


def test_a_window_run_twice_is_one_bundle_one_case_and_one_message(workplace: Workplace, runs: Run) -> None:
    """Repeating a run adds nothing to the archive."""
    state = workplace.settings.state
    runs(state, "bike-demand", "2011Q2")
    before = sorted(workplace.archive.list("bundle/"))
    runs(state, "bike-demand", "2011Q2")

    assert sorted(workplace.archive.list("bundle/")) == before
    assert len((state / "notifications.jsonl").read_text().splitlines()) == 1


def test_a_run_leaves_no_rows_but_its_reference_and_no_old_page(workplace: Workplace, runs: Run) -> None:
    """The copy of the window goes when it is judged, so that an hourly schedule fills no disk."""
    pages = workplace.reports / "bike-demand"
    (pages / "2010Q4").mkdir(parents=True)
    os.utime(pages / "2010Q4", (0, 0))
    runs(workplace.settings.state, "bike-demand", "2011Q2")

    assert [path.name for path in pages.iterdir()] == ["2011Q2"]
    assert not list((workplace.working / "windows").iterdir())
    assert len(list((workplace.working / "references").glob("*.parquet"))) == 1


def test_missed_windows_are_made_up_for_and_each_is_a_run_of_its_own(workplace: Workplace, runs: Run) -> None:
    """Without a name every due window that is not done is judged, oldest first; then there is nothing to do."""
    state = workplace.settings.state
    runs(state, "bike-demand", "2011Q2")
    told = runs(state, "bike-demand")
    again = runs(state, "bike-demand")

    windows = [key.split(".")[1] for key in workplace.archive.list("bundle/") if "/bike-demand." in key]
    assert windows == ["2011Q2", "2011Q3", "2011Q4", "2012Q1", "2012Q2", "2012Q3", "2012Q4"]
    assert told["name"] == "Findings"
    assert again["name"] == "Idle"


def test_an_archive_that_stays_away_leaves_the_signed_bundle_in_the_outbox(workplace: Workplace, runs: Run) -> None:
    """The run says that nothing was stored, and the next one delivers."""
    state = workplace.settings.state
    aside = state / "archive-away"
    (state / "archive").rename(aside)
    (state / "archive").write_text("a file where the folder was: nothing can be written")
    told = runs(state, "bike-demand", "2011Q2")
    (state / "archive").unlink()
    aside.rename(state / "archive")
    runs(state, "bike-demand", "2011Q3")

    keys = list(workplace.archive.list("bundle/"))
    assert told["name"] == "Not stored"
    assert [key for key in keys if "2011Q2.r0" in key]
    assert [key for key in keys if "2011Q3.r0" in key]
    assert list(workplace.waiting()) == []


POINTS = [pytest.param(point, marks=[] if point % 7 == 0 else pytest.mark.long) for point in range(20)]


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_any_point_and_repeated_leaves_one_bundle_and_one_case(
    point: int, tmp_path_factory: pytest.TempPathFactory, runs: Run, writes: int
) -> None:
    """SIGKILL before a write, wherever it is, costs a repetition and nothing else."""
    here = begin(tmp_path_factory.mktemp("killed") / "state")
    state = here.settings.state
    killed = runs(state, "bike-demand", "2011Q2", die_at=1 + point * writes // 20)
    repeated = runs(state, "bike-demand", "2011Q2")

    here.index.sync(here.archive)
    cases = here.index.cases("bike-demand")
    assert killed["code"] == -9
    assert repeated["name"] == "Findings"
    assert len([key for key in here.archive.list("bundle/") if "/bike-demand." in key]) == 1
    assert sorted(case.cause.partition(":")[0] for case in cases) == ["drift", "performance"]
    assert all(len(here.index.acts(case.id)) == 1 for case in cases)
    assert verify_archive(here.archive).ok
    assert len((state / "notifications.jsonl").read_text().splitlines()) >= 1


@pytest.fixture(scope="module")
def writes(tmp_path_factory: pytest.TempPathFactory, runs: Run) -> int:
    """How many writes a whole run makes."""
    here = begin(tmp_path_factory.mktemp("whole") / "state")
    return int(runs(here.settings.state, "bike-demand", "2011Q2")["writes"])


def test_a_window_is_judged_after_the_one_before_it(workplace: Workplace, runs: Run) -> None:
    """The e-detector's state comes back from the archive, though the local database is gone."""
    state = workplace.settings.state
    runs(state, "bike-demand", "2011Q2")
    for file in state.glob("cases.db*"):
        file.unlink()
    runs(state, "bike-demand", "2011Q3")

    first, second = (
        json.loads(read_bundle(workplace.archive.get(key), key).members["verdict.json"])["state"]["drift"]
        for key in sorted(workplace.archive.list("bundle/"))
        if "/bike-demand." in key
    )
    assert (first["after"], second["after"]) == ("", "2011Q2")
    assert first["basis"] == second["basis"]
