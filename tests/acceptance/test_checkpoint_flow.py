"""The hourly checkpoint on a real Prefect: it signs the head, has it anchored outside, and tells who did not answer."""

import pytest

from governance.adapters.workplace import Workplace
from governance.evidence import verify_archive
from tests.little_witness import LittleWitness, serving
from tests.prefect_server import Run

pytestmark = [pytest.mark.servers, pytest.mark.long]


def test_the_checkpoint_flow_is_cosigned_and_names_the_witness_that_is_away(workplace: Workplace, runs: Run) -> None:
    """A run without faults is Completed; one that could not be anchored ends as Findings, and its message says why."""
    origin, log = workplace.settings.origin, workplace.keys.log
    witness = LittleWitness("witness.example/w1", {origin: log.raw})
    flow = {"flow": "flows.checkpoint:sign_checkpoint", "arguments": {}}
    with serving(witness) as url:
        here = f"{url}#{witness.vkeys[0]}"
        good = runs(workplace.settings.state, "", **flow, environment={"AIMS_WITNESSES": here})
        away = f"http://127.0.0.1:9/w#{witness.vkeys[0]}"
        bad = runs(workplace.settings.state, "", **flow, environment={"AIMS_WITNESSES": away})

    report = verify_archive(workplace.archive)
    assert good["name"] == "Completed", good
    assert good["message"].startswith(origin)
    assert bad["name"] == "Findings", bad
    assert "NOT ANCHORED: http://127.0.0.1:9/w/add-checkpoint: expected an answer of the witness" in bad["message"]
    assert [each.word for each in report.findings if each.word == "UNKNOWN WITNESS"]
