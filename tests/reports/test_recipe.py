"""The commands a page prints, run as printed on a real bundle."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import CryptoSigner

from governance.evidence import build_bundle, test_result_statement
from reports.recipe import recipe
from tests.builders_reports import evidence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a signed bundle and the public key, as a reader has fetched them."""
    key = ec.generate_private_key(ec.SECP256R1())
    proof, members = evidence(), {"verdict.json": b"{}"}
    statement = test_result_statement(
        archive=proof.archive,
        key=proof.key,
        system="early-help",
        created=datetime(2026, 11, 23, tzinfo=UTC),
        result="PASSED",
        passed=(),
        warned=(),
        failed=(),
        subject={},
        configuration={},
    )
    tar = build_bundle(bundle_id=proof.bundle_id, members=members, statement=statement, signer=CryptoSigner(key))
    (tmp_path / proof.file_name).write_bytes(tar)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "statement.pub").write_bytes(public)
    return tmp_path


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    script = "\n".join(recipe(evidence()))
    return subprocess.run(["bash", "-e", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def test_the_printed_commands_verify_a_real_bundle(folder: Path) -> None:
    """Pasted as they stand, they print OK for each file, Verified OK, and that the statement is about these files."""
    ran = _run(folder)

    assert ran.returncode == 0
    assert "data/verdict.json: OK" in ran.stdout
    assert ran.stdout.endswith("Verified OK\nthis statement is about these files\n")


def test_the_printed_commands_refuse_an_altered_bundle(folder: Path) -> None:
    """One byte changed in the payload ends them with an error."""
    bundle = folder / evidence().file_name
    bundle.write_bytes(bundle.read_bytes().replace(b"{}", b"[]", 1))

    assert _run(folder).returncode != 0


def test_names_cannot_run_commands(tmp_path: Path) -> None:
    """A bundle name with shell syntax is quoted."""
    hostile = replace(evidence(), bundle_id="a; touch pwned #\n", key="bundle/$(touch pwned).tar")
    script = "\n".join(recipe(hostile))

    subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False)

    assert not (tmp_path / "pwned").exists()
