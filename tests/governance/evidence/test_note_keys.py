"""Lines of every kind on a checkpoint: Ed25519, P-256, ML-DSA-44; none of them may be missing or wrong."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys, load_keys
from governance.errors import EvidenceError, KeyFault
from governance.evidence import Keys, Malformed, checkpoint, store_bundle, verify_archive
from governance.evidence.address import checkpoint_key
from governance.evidence.note import Checkpoint, Note, parse_checkpoint, parse_note, parse_signatures
from governance.evidence.note_key import NoteKey, parse_vkey, signed_time
from governance.evidence.root import log_keys
from governance.evidence.signature import ED25519, PublicKey
from tests.evidence_builders import ORIGIN, fill, make_run

ALSO = ("ml-dsa-44", "ecdsa-sha2-nistp256")

EXAMPLE = (Path(__file__).parents[2] / "data/vectors/cosignature.txt").read_text("utf-8")
"""A checkpoint of another log, cosigned by a witness."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """A log with three keys."""
    return create_keys(tmp_path_factory.mktemp("keys"), also=ALSO)


def replace(folder: Path, key: str, note: Note) -> None:
    """Write over a checkpoint, as the owner of the folder could."""
    (folder / key).chmod(0o644)
    (folder / key).write_bytes(note.to_bytes())


@pytest.fixture
def signed(tmp_path: Path, keys: Keys) -> tuple[Path, str, Note]:
    """An archive's folder, the key of its newest checkpoint, and that note."""
    archive = DirectoryArchive(tmp_path / "archive")
    fill(archive, keys, 1)
    key = checkpoint_key(7)
    return tmp_path / "archive", key, parse_note(archive.get(key), key)


def words(folder: Path) -> list[tuple[str, str]]:
    """What fails in the archive."""
    return [(each.word, each.text) for each in verify_archive(DirectoryArchive(folder)).findings if each.fails]


def test_a_checkpoint_bears_a_line_of_each_key_and_verifies(signed: tuple[Path, str, Note]) -> None:
    """The Ed25519 line first, where every script looks for it."""
    folder, _, note = signed

    assert [len(line.signature) for line in note.signatures if len(line.signature) in (64, 2428)] == [64, 2428]
    assert len(note.signatures) == 3
    assert len(note.signatures[0].signature) == 64
    assert words(folder) == []


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_a_checkpoint_that_lacks_a_line_is_bad(signed: tuple[Path, str, Note], lacking: int) -> None:
    """Whoever stole one of the keys cannot sign alone."""
    folder, key, note = signed
    left = tuple(line for at, line in enumerate(note.signatures) if at != lacking)

    replace(folder, key, Note(note.text, left))

    ((word, text),) = words(folder)
    assert word == "BAD CHECKPOINT"
    assert "lacks the signature" in text


def test_a_writer_without_one_of_the_keys_signs_no_checkpoint(tmp_path: Path) -> None:
    """It would be bad for good, so it is refused with the mend."""
    archive, folder = DirectoryArchive(tmp_path / "archive"), tmp_path / "keys"
    keys = create_keys(folder, also=ALSO)
    fill(archive, keys, 1)
    (folder / "log-ml-dsa-44.pem").unlink()
    store_bundle(archive, *make_run(keys, 5))

    with pytest.raises(EvidenceError, match=r"the log's ml-dsa-44 key.*Put every key"):
        checkpoint(archive, load_keys(folder).log, ORIGIN)
    assert checkpoint(archive, keys.log, ORIGIN)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_wrong_line_of_a_known_key_is_bad(signed: tuple[Path, str, Note], at: int) -> None:
    """However good the others are."""
    from dataclasses import replace as changed

    folder, key, note = signed
    line = note.signatures[at]
    wrong = changed(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))

    replace(folder, key, Note(note.text, (*note.signatures[:at], wrong, *note.signatures[at + 1 :])))

    assert words(folder) == [("BAD CHECKPOINT", "its signature is not over these bytes")]


def test_lines_of_unknown_keys_are_passed_over(signed: tuple[Path, str, Note]) -> None:
    """A witness may have added its own (signed-note, "Signatures"); alone they sign nothing."""
    folder, key, note = signed
    stranger = parse_note(EXAMPLE.encode(), "example").signatures

    replace(folder, key, Note(note.text, (*note.signatures, *stranger)))
    taken = words(folder)
    replace(folder, key, Note(note.text, stranger))

    assert taken == []
    assert words(folder) == [("BAD CHECKPOINT", "no signature by a key that the root file knows")]


def test_the_lines_verify_with_openssl_alone(signed: tuple[Path, str, Note], keys: Keys, tmp_path: Path) -> None:
    """P-256 and Ed25519 over the three lines; ML-DSA-44 where openssl is 3.5 or newer."""
    _, _, note = signed
    (tmp_path / "text").write_text(note.text)
    told = {}
    for trusted, line in zip(log_keys(keys), sorted_lines(keys, note), strict=True):
        (tmp_path / "key").write_text(trusted.pem)
        (tmp_path / "sig").write_bytes(line)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "text"]
        if trusted.algorithm == "ecdsa-sha2-nistp256":
            command = ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "sig", "text"]
        elif trusted.algorithm == ED25519:
            command += ["-sigfile", "sig"]
        else:
            continue  # Debian 12 has openssl 3.0: Wycheproof's vectors hold this one
        told[trusted.algorithm] = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert told == {ED25519: 0, "ecdsa-sha2-nistp256": 0}


def sorted_lines(keys: Keys, note: Note) -> list[bytes]:
    """The signatures in the order of the root's keys."""
    found = []
    for trusted in log_keys(keys):
        kind = {"ed25519": 1, "ecdsa-sha2-nistp256": 2, "ml-dsa-44": 6}[trusted.algorithm]
        key = NoteKey(ORIGIN, PublicKey.from_pem(trusted.pem, "x"), kind)
        found += [line.signature for line in note.signatures if key.wrote(line)]
    return found


def test_further_keys_are_found_again_and_a_swapped_one_is_refused(tmp_path: Path) -> None:
    """They lie beside the log key, 0600 as that one."""
    made = create_keys(tmp_path, also=ALSO)

    assert log_keys(load_keys(tmp_path)) == log_keys(made)
    assert [key.algorithm for key in log_keys(made)] == ["ed25519", "ecdsa-sha2-nistp256", "ml-dsa-44"]
    shutil.copy(tmp_path / "log-p256.pem", tmp_path / "log-ml-dsa-44.pem")
    with pytest.raises(KeyFault, match="another kind"):
        load_keys(tmp_path)


def test_the_published_example_of_a_cosignature_reads() -> None:
    """Name, key id and time stand where the text says."""
    note = parse_note(EXAMPLE.encode(), "example")

    assert parse_checkpoint(note.text, "example").size == 20852163
    assert note.signatures[1].key_id.hex() == "8d66cf3f"
    assert signed_time(note.signatures[1]) == 1679315147
    assert parse_signatures(EXAMPLE.partition("\n\n")[2].encode(), "lines") == note.signatures


def test_a_verifier_key_has_one_spelling() -> None:
    """The id in it must be the key's: half a copy is refused."""
    raw = b"\4" + bytes(range(32))
    key = NoteKey("w.example", PublicKey.from_raw(ED25519, raw[1:], "x"), 4)
    good = f"w.example+{key.key_id.hex()}+{base64.b64encode(raw).decode()}"

    assert parse_vkey(good, "x").key_id == key.key_id
    for bad in (good[:-4], good.replace(key.key_id.hex(), "00000000"), "w.example", "", good.replace("w.", " ")):
        with pytest.raises(Malformed):
            parse_vkey(bad, "x")


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: f"w+00000000+{base64.b64encode(raw).decode()}"))
def test_any_text_is_a_verifier_key_or_malformed(text: str) -> None:
    """People paste anything."""
    try:
        key = parse_vkey(text, "x")
    except Malformed:
        return
    assert key.name


@given(st.binary(max_size=2500))
def test_any_signature_verifies_nothing_and_raises_nothing(keys: Keys, data: bytes) -> None:
    """Whatever length it has."""
    from governance.evidence.note import NoteSignature

    head = Checkpoint(ORIGIN, 5, b"r" * 32)
    for trusted in log_keys(keys):
        public = PublicKey.from_pem(trusted.pem, "x")
        for kind in (1, 2, 4, 6):
            key = NoteKey(ORIGIN, public, kind)
            assert not key.verifies(NoteSignature(ORIGIN, key.key_id, data), head)
