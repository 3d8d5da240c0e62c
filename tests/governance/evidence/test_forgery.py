"""Objects that are whole and yet wrong: each rule that a forger could bend has a test that bends it."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.evidence import (
    Keys,
    Malformed,
    build_bundle,
    bundle_key,
    decision_statement,
    initialise_archive,
    read_bundle,
    seal,
    store_bundle,
    verify_archive,
)
from governance.evidence.bag import TAG_MANIFEST, make_bag
from governance.evidence.checkpoint import sign_checkpoint
from governance.evidence.envelope import sign_envelope
from governance.evidence.note import Checkpoint, parse_note
from governance.evidence.root import Root, parse_root, trusted_keys
from governance.evidence.tar import BLOCK, read_tar, write_tar
from tests.evidence_builders import DIGEST, HOUR, MEMBERS, ORIGIN, fill, make_run, run_id, run_statement

KEY = bundle_key(run_id(1), HOUR)


@dataclass
class Liar:
    """Signs with its own key and gives another's id."""

    own: Any
    public_key: Any

    def sign(self, payload: bytes) -> Any:
        """A signature by the wrong key under the right id."""
        signature = self.own.sign(payload)
        signature.keyid = self.public_key.keyid
        return signature


def forged(keys: Keys, payload: bytes) -> bytes:
    """A bundle whose bag is whole and whose signed statement is this payload."""
    files = {**make_bag(run_id(1), MEMBERS), "statement.dsse.json": sign_envelope(payload, keys.statement).to_bytes()}
    return write_tar({f"{run_id(1)}/{name}": body for name, body in files.items()})


def tags() -> str:
    """The digest of the bag's tag manifest."""
    return sha256(make_bag(run_id(1), MEMBERS)[TAG_MANIFEST]).hexdigest()


def test_a_signature_by_another_key_under_a_trusted_id_is_named(
    directory_archive: DirectoryArchive, signing_keys: Keys, tmp_path: Any
) -> None:
    """The id is a hint; the signature counts."""
    initialise_archive(directory_archive, signing_keys, ORIGIN)
    stranger = create_keys(tmp_path / "stranger")
    liar = Liar(stranger.statement, signing_keys.statement.public_key)
    key, body = make_run(replace(signing_keys, statement=liar))

    store_bundle(directory_archive, key, body)

    report = verify_archive(directory_archive)
    assert [(each.word, each.key) for each in report.findings if each.fails] == [("BAD SIGNATURE", key)]


def test_a_bundle_under_another_hour_than_it_says_is_a_replay(
    directory_archive: DirectoryArchive, signing_keys: Keys
) -> None:
    """Same id, same bytes, another key, and nothing else repeated."""
    initialise_archive(directory_archive, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)
    moved = key.replace("/05/", "/06/")
    directory_archive.put_new(moved, body)

    seal(directory_archive, [moved])

    report = verify_archive(directory_archive)
    assert [(each.word, each.key) for each in report.findings if each.fails] == [("REPLAYED", moved)]


def test_a_statement_about_another_bag_is_refused(signing_keys: Keys) -> None:
    """Good files beside a good statement that is not about them."""
    honest = forged(signing_keys, run_statement(KEY).about(TAG_MANIFEST, tags()).to_bytes())

    assert read_bundle(honest).members == MEMBERS
    with pytest.raises(Malformed, match="about the files of this bundle"):
        read_bundle(forged(signing_keys, run_statement(KEY).about(TAG_MANIFEST, DIGEST).to_bytes()))
    with pytest.raises(Malformed, match="about the files of this bundle"):
        read_bundle(forged(signing_keys, run_statement(KEY).to_bytes()))


@pytest.mark.parametrize("spelling", [{"indent": 1}, {"sort_keys": False}, {"separators": (", ", ": ")}])
def test_a_statement_in_another_spelling_is_refused(signing_keys: Keys, spelling: dict[str, Any]) -> None:
    """One meaning, one spelling: what grep sees is what a parser sees."""
    statement = json.loads(run_statement(KEY).about(TAG_MANIFEST, tags()).to_bytes())
    reordered = dict(reversed(statement.items()))

    with pytest.raises(Malformed, match="canonical spelling"):
        read_bundle(forged(signing_keys, json.dumps(reordered, **spelling).encode()))


@pytest.mark.parametrize("number", ["1.0", "1e2", "-0", "9007199254740993"])
def test_a_number_in_another_spelling_is_refused(signing_keys: Keys, number: str) -> None:
    """RFC 8785 knows one spelling of each number."""
    payload = run_statement(KEY, spent=4711).about(TAG_MANIFEST, tags()).to_bytes()

    assert read_bundle(forged(signing_keys, payload)).aims["spent"] == 4711
    with pytest.raises(Malformed, match="canonical spelling"):
        read_bundle(forged(signing_keys, payload.replace(b"4711", number.encode())))


@pytest.mark.parametrize(
    "more", [b"\0" * BLOCK, b"x" * BLOCK, b"\0" * 9728], ids=["a zero block", "text", "GNU padding"]
)
def test_nothing_may_follow_a_tar(more: bytes) -> None:
    """Bytes behind the end would be signed by nobody."""
    with pytest.raises(Malformed, match="nothing after"):
        read_tar(write_tar({"a": b"1"}) + more)


def test_nothing_may_hide_in_the_padding_of_a_tar() -> None:
    """Padding is zeros."""
    tar = write_tar({"a": b"1"})

    with pytest.raises(Malformed, match="padded with zeros"):
        read_tar(tar[: BLOCK + 1] + b"x" + tar[BLOCK + 2 :])


@pytest.mark.parametrize(
    "change",
    [lambda note: note[:-1], lambda note: note + b"\n"],
    ids=["no last newline", "one newline more"],
)
def test_a_note_has_one_spelling(signing_keys: Keys, change: Any) -> None:
    """No byte around the lines is free."""
    note = sign_checkpoint(Checkpoint(ORIGIN, 5, b"r" * 32), signing_keys.log)

    with pytest.raises(Malformed):
        parse_note(change(note), "note")


def test_a_root_file_that_calls_a_key_by_another_algorithm_is_refused(signing_keys: Keys) -> None:
    """A P-256 key is no Ed25519 key."""
    statement, log = trusted_keys(signing_keys)
    root = Root(ORIGIN, 1, (replace(statement, algorithm="ed25519"),), (log,))

    with pytest.raises(Malformed, match="a key of ed25519"):
        parse_root(root.to_bytes(), "root")


def test_a_decision_with_a_signature_over_another_text_is_named(
    directory_archive: DirectoryArchive, signing_keys: Keys, tmp_path: Any
) -> None:
    """Ada signed something else."""
    import subprocess

    key_file = tmp_path / "ada"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key_file)], check=True)
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key_file), "-n", "aims-decision"]
    signature = subprocess.run(command, input=b"another act", capture_output=True, check=True).stdout
    fill(directory_archive, signing_keys, 1)
    key, now = bundle_key("REM-0042.0001", HOUR), datetime.now(UTC)
    statement = decision_statement(
        archive=ORIGIN, key=key, created=now, action="accept-risk", case="REM-0042", decided_by="ada",
        decided_at=now, reason="known", strength="ssh",
    )  # fmt: skip
    members = {"act.json": b"{}", "act.json.sig": signature}
    body = build_bundle(bundle_id="REM-0042.0001", members=members, statement=statement, signer=signing_keys.statement)

    store_bundle(directory_archive, key, body)

    report = verify_archive(directory_archive)
    assert [(each.word, each.key) for each in report.findings if each.fails] == [("BAD SIGNATURE", key)]
