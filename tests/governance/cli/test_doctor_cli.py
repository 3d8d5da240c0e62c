"""`aims doctor` names what nobody else would."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from governance.adapters.workplace import Workplace
from governance.cli.main import app
from governance.evidence import build_bundle, decision_statement, store_bundle
from tests.governance.cases.stories import KINDS, NOON
from tests.prefect_server import begin


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A workplace, in the environment of the command."""
    begin(tmp_path / "state", KINDS.parent)
    monkeypatch.setenv("AIMS_HOME", str(KINDS.parent))
    monkeypatch.setenv("AIMS_STATE", str(tmp_path / "state"))
    return Workplace.here()


def test_a_forged_act_is_named(here: Workplace) -> None:
    """Whoever holds the system's key put a bundle where an act should stand; the cases pass over it."""
    key = "bundle/2026/11/24/12/REM-forged.0001.tar"
    facts = {"archive": here.settings.origin, "key": key, "created": NOON, "decided_at": NOON, "strength": "session"}
    statement = decision_statement(action="x", case="x", decided_by="x", reason="x", **facts)
    signer = here.keys.statement
    body = build_bundle(bundle_id="REM-forged.0001", members={"a.txt": b"x"}, statement=statement, signer=signer)
    store_bundle(here.archive, key, body)

    told = CliRunner().invoke(app, ["doctor"])

    assert f"note:  no act, passed over: {key}: " in told.output
