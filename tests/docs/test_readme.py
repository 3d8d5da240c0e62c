"""What the README tells a reader to type does what it says."""

import re
import subprocess
from pathlib import Path

import pytest

from governance.adapters.stock_tools import copy_archive, run_recipe
from governance.adapters.workplace import Workplace
from governance.evidence import build_bundle, bundle_key, store_bundle
from governance.evidence.statement import test_result_statement as result_statement
from tests.prefect_server import begin

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def here(tmp_path: Path) -> Workplace:
    """A workplace with one bundle in its archive."""
    from datetime import UTC, datetime

    here = begin(tmp_path / "state")
    now = datetime(2026, 11, 24, 5, tzinfo=UTC)
    key = bundle_key("x.2026.r0", now)
    statement = result_statement(archive=here.settings.origin, key=key, system="x", created=now, result="PASSED")
    body = build_bundle(
        bundle_id="x.2026.r0", members={"a.txt": b"a\n"}, statement=statement, signer=here.keys.statement
    )
    store_bundle(here.archive, key, body, log_signer=here.keys.log, origin=here.settings.origin)
    return here


def recipe(folder: Path) -> list[str]:
    """The README's commands, with the names of this bundle."""
    block = re.search(r"<!-- recipe -->\n(.*?)<!-- /recipe -->", README, re.DOTALL)
    assert block
    text = block[1].replace("BUNDLE.tar", "x.2026.r0.tar").replace("STATEMENT.pub", str(folder / "statement.pub"))
    return [line.strip() for line in text.splitlines()]


def alone(here: Workplace, folder: Path) -> Path:
    """The bundle and the public key, by themselves."""
    copy_archive(here.archive, folder / "copy")
    (folder / "x.2026.r0.tar").write_bytes((folder / "copy/bundle/2026/11/24/05/x.2026.r0.tar").read_bytes())
    (folder / "statement.pub").write_bytes((folder / "copy/trust/statement.pub").read_bytes())
    return folder


def test_the_recipe_of_the_readme_verifies_a_bundle(here: Workplace, tmp_path: Path) -> None:
    """Stock tools and the printed lines are enough."""
    folder = alone(here, tmp_path)
    (folder / "work").mkdir()
    (folder / "x.2026.r0.tar").rename(folder / "work/x.2026.r0.tar")

    fine, said = run_recipe(recipe(folder), folder / "work")

    assert fine
    assert "Verified OK" in said
    assert said[-1] == "the statement is about these files"


def test_the_recipe_of_the_readme_refuses_an_altered_bundle(here: Workplace, tmp_path: Path) -> None:
    """One changed byte of a data file is seen."""
    folder = alone(here, tmp_path)
    (folder / "work").mkdir()
    body = (folder / "x.2026.r0.tar").read_bytes()
    (folder / "work/x.2026.r0.tar").write_bytes(body.replace(b"a\n\0", b"b\n\0", 1))

    fine, said = run_recipe(recipe(folder), folder / "work")

    assert not fine
    assert any("FAILED" in line for line in said)


def test_every_folder_of_the_readme_exists() -> None:
    """The map is the territory."""
    named = re.findall(r"^\| `([a-z]+)/`", README, re.MULTILINE)

    assert {"flows", "tasks", "checks", "reports", "deployments", "governance"} <= set(named)
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_make_help_lists_every_target_that_the_readme_names() -> None:
    """`make help` reads the targets' own comments."""
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for target in ("demo", "test", "check", "up", "bench", "clean"):
        assert f"make {target} " in told
