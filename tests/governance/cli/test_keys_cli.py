"""`aims keys`: a story of keys that are made, rotated, revoked, each change signed by the people who may."""

import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import load_keys
from governance.cli import keys as cli
from governance.cli import verify
from governance.errors import AimsError, ConfigurationError, EvidenceError, KeyFault
from governance.evidence import Keys, checkpoint, load_root, store_bundle, verify_archive
from governance.evidence.root import parse_root, trusted_keys
from tests.evidence_builders import ORIGIN, make_run
from tests.little_witness import LittleWitness

PEOPLE = ("ada", "bo")


def aims(*arguments: object) -> Result:
    """Run `aims keys …`."""
    app = typer.Typer()
    cli.register(app)
    return CliRunner().invoke(app, ["keys", *map(str, arguments)])


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A folder with the archive `evidence`, keys `old`, and the SSH keys of two holders, both of whom must sign."""
    holders = []
    for person in PEOPLE:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / person)], check=True)
        holders += ["--holder", f"{person}={tmp_path / person}.pub"]
    done = aims(
        "init", tmp_path / "old", "--archive", tmp_path / "evidence", "--origin", ORIGIN, "--threshold", 2, *holders
    )
    assert done.exit_code == 0, done.output
    assert load_root(DirectoryArchive(tmp_path / "evidence")).digest in done.output
    return tmp_path


def signed(folder: Path, draft: Path, *people: str) -> list[Path]:
    """The draft, signed as the command says."""
    made = []
    for person in people:
        command = ["ssh-keygen", "-Y", "sign", "-f", str(folder / person), "-n", "aims-root"]
        signature = subprocess.run(command, input=draft.read_bytes(), capture_output=True, check=True).stdout
        made.append(folder / f"{person}.sig")
        made[-1].write_bytes(signature)
    return made


def write(folder: Path, keys: Keys, number: int) -> str:
    """Store a run under these keys; its key."""
    key, body = make_run(keys, number)
    store_bundle(DirectoryArchive(folder / "evidence"), key, body, log_signer=keys.log, origin=ORIGIN)
    return key


def test_keys_are_rotated_and_the_old_ones_revoked_by_two_holders(begun: Path) -> None:
    """Both keys sign until the old ones end; then what the old ones sign is refused."""
    archive, draft = DirectoryArchive(begun / "evidence"), begun / "root.json"
    old = load_keys(begun / "old")
    write(begun, old, 1)

    rotated = aims("rotate", archive.name, "--new", begun / "new", "--draft", draft)
    published = aims("publish", archive.name, draft, *signed(begun, draft, *PEOPLE))
    new = load_keys(begun / "new")
    write(begun, old, 2)
    write(begun, new, 3)
    ids = [key.keyid[:12] for key in trusted_keys(old)]
    revoked = aims("revoke", archive.name, *ids, "--draft", draft)
    ended = aims("publish", archive.name, draft, *signed(begun, draft, *PEOPLE))
    checkpoint(archive, new.log, ORIGIN)
    honest = verify_archive(archive)
    stolen = write(begun, Keys("thief", old.statement, new.log), 4)

    assert [each.exit_code for each in (rotated, published, revoked, ended)] == [0] * 4, revoked.output
    assert "ssh-keygen -Y sign" in rotated.output
    assert load_root(archive).version == 3
    assert honest.ok, honest.lines()
    assert [(each.word, each.key) for each in verify_archive(archive).findings if each.fails] == [
        ("REVOKED KEY", stolen)
    ]


def test_one_bundle_is_proven_after_a_change_of_keys_by_the_digest_on_paper(begun: Path) -> None:
    """The folder holds every root file with its signatures; without one of them the chain breaks."""
    archive, draft = DirectoryArchive(begun / "evidence"), begun / "root.json"
    digest = load_root(archive).digest
    aims("rotate", archive.name, "--new", begun / "new", "--draft", draft)
    aims("publish", archive.name, draft, *signed(begun, draft, *PEOPLE))
    key = write(begun, load_keys(begun / "new"), 1)
    app = typer.Typer()
    verify.register(app)
    folder, name = begun / "proof", key.rpartition("/")[2]

    proven = CliRunner().invoke(app, ["prove", archive.name, key, "--to", str(folder)])
    good = CliRunner().invoke(app, ["verify", str(folder / name), "--root-digest", digest])
    (folder / "trust/root/0002.json.ada.sig").unlink()
    broken = CliRunner().invoke(app, ["verify", str(folder / name), "--root-digest", digest])

    assert proven.exit_code == good.exit_code == 0, good.output
    assert "root file pinned" in good.output
    assert broken.exit_code == 1
    assert "UNSIGNED ROOT" in broken.output
    assert broken.output.splitlines()[-1].startswith("NOT VERIFIED")


def people_yaml(folder: Path, *names: str) -> Path:
    """A people.yaml in which these people have SSH keys."""
    lines = ["people:"]
    for name in names:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        public = (folder / f"{name}.pub").read_text("utf-8").strip()
        lines += [f"  - {{id: {name}, name: Some {name}, email: {name}@example.org, ssh_key: {public}}}"]
    path = folder / "people.yaml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_owners_come_and_go_by_people_yaml_and_the_signatures_of_holders(begun: Path, tmp_path: Path) -> None:
    """Whose signed acts count is in the root file; owners sign acts, and change no keys."""
    archive, draft = DirectoryArchive(begun / "evidence"), begun / "root.json"

    drafted = aims("people", archive.name, people_yaml(tmp_path, "cleo", "dan"), "--draft", draft)
    by_owners = aims("publish", archive.name, draft, *signed(begun, draft, "cleo", "dan"))
    by_holders = aims("publish", archive.name, draft, *signed(begun, draft, *PEOPLE))

    root = load_root(archive)
    assert drafted.exit_code == by_holders.exit_code == 0
    assert isinstance(by_owners.exception, EvidenceError)
    assert set(root.signers) == {"cleo", "dan"}
    assert set(root.holders) == set(PEOPLE)
    assert 'cleo namespaces="aims-decision" ssh-ed25519' in archive.get("trust/allowed_signers/0002").decode()
    assert verify_archive(archive).ok


def test_an_archive_is_begun_with_the_owners_of_people_yaml(tmp_path: Path) -> None:
    """`--people` names the registry's file; one without any key is refused."""
    found = people_yaml(tmp_path, "cleo")
    archive = tmp_path / "evidence"
    call = ("--archive", archive, "--origin", ORIGIN, "--people")
    (tmp_path / "empty.yaml").write_text("people: [{id: ada, name: Ada, email: ada@example.org}]\n", "utf-8")

    begun = aims("init", tmp_path / "k", *call, found)
    refused = aims("init", tmp_path / "l", *call, tmp_path / "empty.yaml")

    assert begun.exit_code == 0, begun.output
    assert set(load_root(DirectoryArchive(archive)).signers) == {"cleo"}
    assert "people with an ssh_key" in str(refused.exception)


def test_one_signature_of_two_changes_nothing(begun: Path) -> None:
    """The refusal says how many are needed."""
    archive, draft = DirectoryArchive(begun / "evidence"), begun / "root.json"
    aims("rotate", archive.name, "--new", begun / "new", "--draft", draft)

    done = aims("publish", archive.name, draft, *signed(begun, draft, "ada"))

    assert isinstance(done.exception, EvidenceError)
    assert "2 signatures" in str(done.exception)
    assert load_root(archive).version == 1


def test_the_last_key_cannot_be_revoked_and_an_id_must_be_one(begun: Path) -> None:
    """An archive that nobody may sign for would be dead."""
    archive = DirectoryArchive(begun / "evidence").name
    ids = [key.keyid for key in trusted_keys(load_keys(begun / "old"))]

    last, unknown = (aims("revoke", archive, each, "--draft", begun / "root.json") for each in (ids[0], "zz"))

    assert "aims keys rotate" in str(last.exception)
    assert "0 that begin so" in str(unknown.exception)
    assert not (begun / "root.json").exists()


@pytest.mark.parametrize(
    "wrong",
    [("--threshold", 1), ("--archive", "evidence"), ("--holder", "ada"), ("--holder", "ada=old/statement.pem")],
)
def test_a_wrong_call_of_init_is_a_configuration_error(tmp_path: Path, wrong: tuple[object, ...]) -> None:
    """Too few holders, no origin, no key file, a private key."""
    aims("init", tmp_path / "old")
    arguments = [str(each).replace("=old", f"={tmp_path}/old") for each in wrong]

    done = aims("init", tmp_path / "new", *arguments)

    assert isinstance(done.exception, ConfigurationError)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("uri", "said"), [("vault:x", "awskms:"), ("hsm:2", "public half"), ("awskms:alias/x", "public half")]
)
def test_a_signer_that_cannot_be_used_is_a_key_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, said: str
) -> None:
    """Another scheme, and no public half beside it."""
    aims("init", tmp_path / "k")
    monkeypatch.setenv("AIMS_SIGNER", uri)

    with pytest.raises(KeyFault, match=said):
        load_keys(tmp_path / "k")


def test_further_log_keys_and_witnesses_are_named_at_the_beginning_and_changed_by_the_holders(tmp_path: Path) -> None:
    """A rotation makes a new key of each algorithm; the list of witnesses is a new root file."""
    first, second = (LittleWitness(f"w.example/{number}", {}).vkeys[0] for number in (1, 2))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "ada")], check=True)
    archive, draft = tmp_path / "evidence", tmp_path / "2.json"
    holder = ("--holder", f"ada={tmp_path}/ada.pub", "--threshold", 1)
    begin = ("--archive", archive, "--origin", ORIGIN, *holder, "--also-sign", "ml-dsa-44", "--witness", first)

    made = aims("init", tmp_path / "old", *begin)
    rotated = aims("rotate", archive, "--new", tmp_path / "new", "--draft", tmp_path / "rotated.json")
    listed = aims("witnesses", archive, first, second, "--draft", draft)
    published = aims("publish", archive, draft, *signed(tmp_path, draft, "ada"))

    assert [done.exit_code for done in (made, rotated, listed, published)] == [0, 0, 0, 0], listed.output
    assert "log ml-dsa-44" in made.output
    following = parse_root((tmp_path / "rotated.json").read_bytes(), "rotated")
    assert [key.algorithm for key in following.log] == ["ed25519", "ml-dsa-44"] * 2
    assert load_root(DirectoryArchive(archive)).witnesses == (first, second)
    write(tmp_path, load_keys(tmp_path / "old"), 1)
    report = verify_archive(DirectoryArchive(archive))
    assert report.ok, report.lines()


@pytest.mark.parametrize("wrong", [("--also-sign", "rot13"), ("--witness", "w.example/1")])
def test_an_unknown_algorithm_and_half_a_verifier_key_are_refused(tmp_path: Path, wrong: tuple[str, str]) -> None:
    """Nothing is made."""
    done = aims("init", tmp_path / "new", *wrong)

    assert isinstance(done.exception, AimsError)
    assert not (tmp_path / "new").exists()


def test_an_archive_that_was_copied_is_said_to_be_by_its_holders(begun: Path) -> None:
    """A new root file in the new store; from there on `aims verify` calls its dates explained."""
    new = begun / "new-store"
    shutil.copytree(begun / "evidence", new)

    drafted = aims("moved", new, "--draft", begun / "moved.json")
    published = aims("publish", new, begun / "moved.json", *signed(begun, begun / "moved.json", *PEOPLE))

    assert [done.exit_code for done in (drafted, published)] == [0, 0], published.output
    report = verify_archive(DirectoryArchive(new))
    assert report.ok, report.lines()
    assert [each.word for each in report.findings if each.word == "MOVED"]
