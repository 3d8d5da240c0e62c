"""`aims verify`, `aims prove` and `aims keys`, as an auditor calls them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.adapters.directory import DirectoryArchive
from governance.cli import keys, verify
from governance.errors import ConfigurationError, KeyFault
from governance.evidence import Keys, Root, three_lines
from tests.evidence_builders import fill


@pytest.fixture
def honest(signing_keys: Keys, tmp_path: Path) -> tuple[Path, Root, list[str], list[str]]:
    """A folder with three runs; its root, keys and checkpoints."""
    return tmp_path / "archive", *fill(DirectoryArchive(tmp_path / "archive"), signing_keys, 3)


def aims(*arguments: object) -> Result:
    """Run the command line with these commands only."""
    app = typer.Typer()
    verify.register(app)
    keys.register(app)
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_an_honest_archive_exits_0_and_its_last_line_is_the_strength(
    honest: tuple[Path, Root, list[str], list[str]], tmp_path: Path
) -> None:
    """With the digest from paper and a checkpoint from a mail."""
    folder, root, _, heads = honest
    (tmp_path / "mail.txt").write_text(three_lines(heads[-1]))

    done = aims("verify", folder.as_uri(), "--root-digest", root.digest, "--checkpoint", tmp_path / "mail.txt")

    assert done.exit_code == 0, done.output
    assert done.output.startswith("VERIFIED 9 entries; 1 checkpoint from outside to entry 9; root file pinned")


def test_an_altered_archive_exits_1_and_says_so_in_json_too(honest: tuple[Path, Root, list[str], list[str]]) -> None:
    """One machine-readable object."""
    folder, _, stored, _ = honest
    (folder / stored[1]).unlink()

    done = aims("verify", folder, "--json")

    said = json.loads(done.output)
    assert done.exit_code == 1
    assert said["ok"] is False
    assert [(each["word"], each["key"]) for each in said["findings"]] == [("DELETED", stored[1])]


def test_a_scope_and_a_date_reach_the_verifier(honest: tuple[Path, Root, list[str], list[str]]) -> None:
    """Fewer bundles read, and the strength says so."""
    folder, _, _, _ = honest

    done = aims("verify", folder, "--system", "other", "--since", "2026-01-01", "--as-of", "2026-11-30T10:00")

    assert done.exit_code == 0, done.output
    assert "0 of 3 bundles read" in done.output


def test_one_bundle_is_proven_and_verified_elsewhere(
    honest: tuple[Path, Root, list[str], list[str]], tmp_path: Path
) -> None:
    """`prove` writes all that `verify` needs, and prints the command for those without our tool."""
    folder, root, stored, _ = honest
    name = stored[1].rpartition("/")[2]

    proven = aims("prove", folder, stored[1], "--to", tmp_path / "proof")
    verified = aims("verify", tmp_path / "proof" / name, "--root-digest", root.digest)

    assert proven.exit_code == 0, proven.output
    assert f"sh verify-one.sh {name} {name}.proof root.json" in proven.output
    assert verified.exit_code == 0, verified.output
    (tmp_path / "proof" / name).write_bytes((folder / stored[2]).read_bytes())
    assert aims("verify", tmp_path / "proof" / name).exit_code == 1


@pytest.mark.parametrize("arguments", [("verify", "ftp://x"), ("verify", "/nowhere/B.tar")])
def test_a_wrong_call_is_a_configuration_error(arguments: tuple[str, ...]) -> None:
    """Told with the mend, not as a traceback of something else."""
    assert isinstance(aims(*arguments).exception, ConfigurationError)


def test_keys_are_made_and_shown_without_their_secret_half(tmp_path: Path) -> None:
    """DEMO shows; nothing private is printed."""
    made = aims("keys", "init", tmp_path / "k", "--name", "acme", "--demo")
    shown = aims("keys", "show", tmp_path / "k", "--json")

    assert made.exit_code == shown.exit_code == 0
    assert "DEMO-acme" in made.output
    assert "PRIVATE" not in made.output + shown.output
    assert json.loads(shown.output)["log"]["algorithm"] == "ed25519"
    assert isinstance(aims("keys", "show", tmp_path).exception, KeyFault)
