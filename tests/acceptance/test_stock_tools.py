"""An auditor needs none of our code: tar, sha256sum, openssl, sh and bagit-python agree with us on the same bytes."""

import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.evidence import Keys, Log, next_root, prove, publish_root, store_bundle, three_lines
from governance.evidence.address import checkpoint_key, seal_key
from governance.evidence.root import trusted_keys
from tests.acceptance.test_attacks import FolderOwner, ssh_sign
from tests.acceptance.test_one_owners_act import cut_tail, recreate_bucket, rewrite_entry, tell
from tests.evidence_builders import ORIGIN, fill, make_run


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
        script = f"QUICK=1 sh trust/verify-all.sh {folder} {folder}/trust/log.pub {tmp_path}/mail {tmp_path}/note"
        return sh(script, folder).stdout

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


@dataclass(frozen=True)
class Rotated:
    """The archive's folder, the digest of its first root file, and a bundle from before and from after the change."""

    folder: Path
    digest: str
    before: str
    after: str


@pytest.fixture
def rotated(signing_keys: Keys, tmp_path: Path) -> Rotated:
    """An archive whose keys were changed between two of its bundles, as its two holders signed."""
    folder, people = tmp_path / "evidence", {}
    for person in ("ada@example.org", "bob"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(tmp_path / person)]
        subprocess.run(command, check=True)
        people[person] = (tmp_path / f"{person}.pub").read_text()
    archive = DirectoryArchive(folder)
    root, before, _ = fill(archive, signing_keys, 2, holders=people, threshold=2)
    fresh = create_keys(tmp_path / "fresh", name="fresh-2027")
    ended = frozenset(key.keyid for key in trusted_keys(signing_keys))
    statement, log = trusted_keys(fresh)
    following = next_root(root, position=len(Log.load(archive)), statement=statement, log=log, revoked=ended)
    body = following.to_bytes()
    publish_root(archive, following, {person: ssh_sign(tmp_path / person, body, "aims-root") for person in people})
    after, tar = make_run(fresh, 5)
    store_bundle(archive, after, tar, log_signer=fresh.log, origin=ORIGIN)
    return Rotated(folder, root.digest, before[1], after)


def test_stock_tools_verify_bundles_from_before_and_after_a_change_of_keys(rotated: Rotated, tmp_path: Path) -> None:
    """The root file tells the scripts which key was valid at which line."""
    for key in (rotated.before, rotated.after):
        (tmp_path / "proof").write_bytes(prove(DirectoryArchive(rotated.folder), key).to_bytes())
        script = f"sh trust/verify-one.sh {key} {tmp_path}/proof trust/root/0002.json"
        one = sh(script, rotated.folder)
        old = sh(script.replace("0002", "0001"), rotated.folder)

        assert one.returncode == 0, one.stdout
        assert "FAIL  " in old.stdout
    whole = sh(f"sh trust/verify-all.sh . {rotated.digest}", rotated.folder)
    assert whole.returncode == 0, whole.stdout
    assert "ok    root file version 2 is signed by its holders" in whole.stdout
    assert "ok    3 bundles read, each signed by a key that is valid at its line" in whole.stdout


def test_stock_tools_refuse_a_bundle_that_a_revoked_key_signed(rotated: Rotated, signing_keys: Keys) -> None:
    """What the old key signs after its end is named, whatever its clock says; so is a checkpoint by the old log key."""
    key, body = make_run(signing_keys, 6)
    receipt = store_bundle(DirectoryArchive(rotated.folder), key, body, log_signer=signing_keys.log, origin=ORIGIN)

    done = sh(f"sh trust/verify-all.sh . {rotated.digest}", rotated.folder)

    assert f"FAIL  BAD SIGNATURE (or a key that was not valid there) {key}" in done.stdout
    assert f"FAIL  BAD CHECKPOINT signature of ./{checkpoint_key(receipt.index + 1)}" in done.stdout
    assert done.stdout.count("FAIL") == 2


def test_stock_tools_refuse_a_root_file_that_too_few_holders_signed(rotated: Rotated) -> None:
    """Nobody gives themselves a key: without Bob's signature the version before counts; another pin stops it all."""
    (rotated.folder / "trust/root/0002.json.bob.sig").unlink()

    unsigned = sh(f"sh trust/verify-all.sh . {rotated.digest}", rotated.folder).stdout
    other = sh(f"sh trust/verify-all.sh . {'0' * 64}", rotated.folder).stdout

    assert "FAIL  UNSIGNED ROOT version 2" in unsigned
    assert f"FAIL  BAD SIGNATURE (or a key that was not valid there) {rotated.after}" in unsigned
    assert "FAIL  WRONG ROOT" in other


@pytest.mark.long
def test_stock_tools_take_an_owners_signed_act_as_a_checkpoint_from_outside(signing_keys: Keys, tmp_path: Path) -> None:
    """The same three attacks, without any of our code: ssh-keygen says whose act it is, the act what the log was."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)
    (tmp_path / "ada.tar").write_bytes(story.own)
    script = "QUICK=1 sh archive/trust/verify-all.sh archive - ada.tar"

    good = sh(script, tmp_path)
    rewrite_entry(story)
    forked = sh(script, tmp_path)
    recreate_bucket(story, deny=True)
    anew = sh(script, tmp_path)
    cut_tail(story, size=8)
    cut = sh(script, tmp_path)

    assert good.returncode == 0, good.stdout
    assert "ok    ada.tar is signed by ada-okafor" in good.stdout
    assert "ok    checkpoint over 10 entries matches (ada.tar)" in good.stdout
    assert "FAIL  FORK: ada.tar" in forked.stdout
    assert "note  ada.tar is signed by a key that the root file does not list" in anew.stdout
    assert "FAIL  FORK: ada.tar" in anew.stdout
    assert "FAIL  TRUNCATED: ada.tar proves 10 entries, the archive has 8" in cut.stdout
    assert all("FAIL  NOT IN LOG ada.tar" in each.stdout for each in (forked, anew, cut))


def test_the_scripts_are_posix_sh() -> None:
    """Dash takes them; no bashism hides in them."""
    from governance.evidence import recipe

    for script in sorted(Path(recipe.__path__[0]).glob("*.sh")):
        assert sh(f"sh -n {script}", script.parent).returncode == 0
        assert script.read_text().startswith("#!/bin/sh\n")
