"""An auditor needs none of our code: tar, sha256sum, openssl, sh and bagit-python agree with us on the same bytes."""

import subprocess
import warnings
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.evidence import Keys, prove, three_lines
from governance.evidence.address import seal_key
from tests.evidence_builders import fill


@pytest.fixture
def evidence(signing_keys: Keys, tmp_path: Path) -> tuple[Path, list[str], list[str]]:
    """An archive of four runs in a folder, the bundles' keys, the checkpoint after each."""
    folder = tmp_path / "evidence"
    _, keys, heads = fill(DirectoryArchive(folder), signing_keys, 4)
    return folder, keys, heads


def sh(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script; its output, both streams together."""
    return subprocess.run(
        ["sh", "-eu", "-c", script], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def overwrite(path: Path, body: bytes) -> None:
    """As the owner of the folder could."""
    path.chmod(0o644)
    path.write_bytes(body)


def test_bagit_python_accepts_our_bag(evidence: tuple[Path, list[str], list[str]], tmp_path: Path) -> None:
    """An independent BagIt implementation is the oracle."""
    folder, keys, _ = evidence
    assert sh(f"tar -xf {folder / keys[0]}", tmp_path).returncode == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bagit imports pkg_resources
        import bagit

        bag = bagit.Bag(str(tmp_path / Path(keys[0]).stem))

        assert bag.validate()
        (tmp_path / Path(keys[0]).stem / "data/policy.yaml").write_text("psi: 0.9\n")
        with pytest.raises(bagit.BagValidationError):
            bag.validate()


def test_a_bundle_verifies_with_tar_sha256sum_and_openssl(
    evidence: tuple[Path, list[str], list[str]], tmp_path: Path
) -> None:
    """The commands of docs/formats/bundle.md, as they stand there."""
    folder, keys, _ = evidence
    recipe = f"""
    tar -xf {folder / keys[1]} && cd {Path(keys[1]).stem}
    sha256sum --strict -c manifest-sha256.txt && sha256sum --strict -c tagmanifest-sha256.txt
    sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' statement.dsse.json | openssl base64 -d -A > payload
    {{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < payload); cat payload; }} > pae
    sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' statement.dsse.json | openssl base64 -d -A > sig
    openssl dgst -sha256 -verify {folder}/trust/statement.pub -signature sig pae
    """

    done = sh(recipe, tmp_path)

    assert done.returncode == 0, done.stdout
    assert "data/verdict.json: OK" in done.stdout
    assert done.stdout.rstrip().endswith("Verified OK")


def test_the_log_is_a_list_that_sha256sum_checks(evidence: tuple[Path, list[str], list[str]], tmp_path: Path) -> None:
    """One process checks every object of the archive, and names an altered one."""
    folder, keys, _ = evidence
    recipe = f"cat log/seal/*/*/* > {tmp_path}/SHA256SUMS; sha256sum --quiet --strict -c {tmp_path}/SHA256SUMS"

    good = sh(recipe, folder)
    overwrite(folder / keys[2], (folder / keys[2]).read_bytes().replace(b"psi: 0.2", b"psi: 0.9"))
    bad = sh(recipe, folder)

    assert good.returncode == 0, good.stdout
    assert bad.returncode != 0
    assert f"{keys[2]}: FAILED" in bad.stdout


def test_verify_one_takes_the_right_bundle_and_refuses_every_other_thing(
    evidence: tuple[Path, list[str], list[str]], tmp_path: Path
) -> None:
    """Changed pad byte, another bundle, another index, another size, another key."""
    folder, keys, _ = evidence
    good, other = folder / keys[1], folder / keys[2]
    proof = prove(DirectoryArchive(folder), keys[1]).to_bytes()
    padded = good.read_bytes()[:-1] + b"\1"
    (tmp_path / good.name).write_bytes(padded)

    def run(bundle: Path, proof: bytes, statement: str = "statement", log: str = "log") -> str:
        (tmp_path / "proof").write_bytes(proof)
        keys = f"{folder}/trust/{statement}.pub {folder}/trust/{log}.pub"
        return sh(f"sh {folder}/trust/verify-one.sh {bundle} {tmp_path}/proof {keys}", tmp_path).stdout

    assert run(good, proof).split("\n")[-2].startswith("ok    checkpoint signed by")
    assert "entry 7 of 10" in run(good, proof)
    assert "FAIL  the log does not hold this bundle" in run(tmp_path / good.name, proof)
    assert "FAIL  the log does not hold this bundle" in run(other, proof)
    assert "FAIL  the log does not hold this bundle" in run(good, proof.replace(b"index 7", b"index 6"))
    assert "FAIL" in run(good, proof.replace(b"\n10\n", b"\n11\n"))
    assert "FAIL  statement signature" in run(good, proof, statement="log")
    assert "FAIL  checkpoint signature" in run(good, proof, log="statement")


def test_verify_all_takes_an_honest_archive_and_names_each_attack(
    evidence: tuple[Path, list[str], list[str]], tmp_path: Path
) -> None:
    """Altered, missing, planted, replayed, cut, forked: each has its line."""
    folder, keys, heads = evidence
    (tmp_path / "mail").write_text(three_lines(heads[3]))
    (tmp_path / "note").write_text(heads[1])

    def run() -> str:
        script = f"sh {folder}/trust/verify-all.sh {folder} {folder}/trust/log.pub {tmp_path}/mail {tmp_path}/note"
        return sh(script, tmp_path).stdout

    assert run().rstrip().endswith("VERIFIED 10 entries")
    (folder / keys[0]).unlink()
    overwrite(folder / keys[1], b"forged")
    (folder / "bundle/2026/11/24/05/old.tar").write_bytes(b"planted")
    attacked = run()
    assert f"FAIL  MISSING {keys[0]}" in attacked
    assert f"FAIL  ALTERED {keys[1]}" in attacked
    assert "FAIL  NOT IN LOG bundle/2026/11/24/05/old.tar" in attacked
    line = (folder / seal_key(9)).read_text()
    overwrite(folder / seal_key(9), (folder / seal_key(8)).read_bytes())
    assert "FAIL  REPLAYED" in run()
    assert f"FAIL  FORK: {tmp_path}/mail" in run()
    (folder / seal_key(9)).unlink()
    assert f"FAIL  TRUNCATED: {tmp_path}/mail proves 10 entries, the archive has 9" in run()
    (folder / seal_key(7)).unlink()
    assert "FAIL  SEAL HOLE before log/seal/000/000/008" in run()
    assert line


def test_the_scripts_are_posix_sh() -> None:
    """Dash takes them; no bashism hides in them."""
    from governance.evidence import recipe

    for script in sorted(Path(recipe.__path__[0]).glob("*.sh")):
        assert sh(f"sh -n {script}", script.parent).returncode == 0
        assert script.read_text().startswith("#!/bin/sh\n")
