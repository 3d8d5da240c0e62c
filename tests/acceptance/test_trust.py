"""Keys come and go: root files signed by people, revoked keys, time stamps, signatures of OpenSSH."""

import base64
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.timestamp import verify_token
from governance.errors import EvidenceError
from governance.evidence import (
    Keys,
    Log,
    Malformed,
    checkpoint,
    initialise_archive,
    load_root,
    next_root,
    publish_root,
    seal,
    store_anchor,
    store_bundle,
    verify_archive,
)
from governance.evidence.address import checkpoint_key, root_key
from governance.evidence.root import trusted_keys
from governance.evidence.sshsig import parse_ssh_signature, signed_by
from tests.evidence_builders import ORIGIN, fill, make_run
from tests.trust_builders import PEOPLE, holders, make_authority, make_people, sign, signatures, stamp


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an SSH key for each person."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no OpenSSH")
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A time-stamping authority."""
    return make_authority(tmp_path_factory.mktemp("tsa"))


@pytest.mark.parametrize("person", PEOPLE)
def test_signatures_of_openssh_verify_and_every_other_thing_does_not(people: Path, person: str) -> None:
    """Ed25519, ECDSA and RSA: right person, right text, right purpose."""
    signature, known = sign(people, person, b"text"), holders(people)
    other = next(each for each in PEOPLE if each != person)

    assert signed_by(signature, b"text", "aims-root", known, "s") == person
    assert signed_by(signature, b"text!", "aims-root", known, "s") is None
    assert signed_by(signature, b"text", "aims-decision", known, "s") is None
    assert signed_by(signature, b"text", "aims-root", {other: known[other]}, "s") is None


@given(data=st.data())
def test_a_damaged_ssh_signature_is_malformed_or_verifies_nothing(people: Path, data: st.DataObject) -> None:
    """No byte of it raises anything else."""
    good = (people / "sample.sig").read_bytes() if (people / "sample.sig").exists() else sign(people, "bob", b"text")
    (people / "sample.sig").write_bytes(good)
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = good[:at] + data.draw(st.binary(min_size=1, max_size=4)) + good[at + 1 :]

    try:
        verified = signed_by(damaged, b"text", "aims-root", holders(people), "s")
    except Malformed:
        verified = None
    assert verified in (None, "bob")
    assert verified is None or parse_ssh_signature(damaged, "s") == parse_ssh_signature(good, "s")


def test_an_ssh_key_with_a_compressed_point_verifies_nothing(people: Path) -> None:
    """The library knows uncompressed points only, and says so by an error of another kind: found by random damage."""
    found = parse_ssh_signature(sign(people, "bob", b"text"), "s")
    kind, blob = found.key.split()
    at = 39  # behind two names with their lengths, and the length of the point
    key = base64.b64decode(blob)
    other = key[:at] + bytes([2]) + key[at + 1 :]
    compressed = replace(found, key=f"{kind} {base64.b64encode(other).decode()}")

    assert key[at] == 4
    assert found.verifies(b"text")
    assert not compressed.verifies(b"text")


def test_a_new_key_signs_from_its_position_on_and_the_old_one_no_more(
    directory_archive: DirectoryArchive, signing_keys: Keys, people: Path, tmp_path: Path
) -> None:
    """What the old key signed before stands; what it signs afterwards is refused, whatever its clock says."""
    root, _, _ = fill(directory_archive, signing_keys, 2, holders=holders(people), threshold=2)
    fresh = create_keys(tmp_path / "fresh", name="fresh-2027")
    position = len(Log.load(directory_archive))
    old = {key.keyid for key in trusted_keys(signing_keys)}
    statement, log = trusted_keys(fresh)
    following = next_root(root, position=position, statement=statement, log=log, revoked=frozenset(old))

    publish_root(directory_archive, following, signatures(people, following, "ada", "eve"))
    good, body = make_run(fresh, 5)
    store_bundle(directory_archive, good, body, log_signer=fresh.log, origin=ORIGIN)
    honest = verify_archive(directory_archive, root_digest=root.digest)
    stolen, body = make_run(signing_keys, 6, created=datetime.now(UTC) - timedelta(hours=20))
    store_bundle(directory_archive, stolen, body)

    assert honest.ok, honest.lines()
    assert load_root(directory_archive) == following
    report = verify_archive(directory_archive, root_digest=root.digest)
    assert [(each.word, each.key) for each in report.findings if each.fails] == [("REVOKED KEY", stolen)]


def test_a_checkpoint_by_a_revoked_log_key_is_named(
    directory_archive: DirectoryArchive, signing_keys: Keys, people: Path, tmp_path: Path
) -> None:
    """A stolen log key cannot go on signing."""
    root, _, _ = fill(directory_archive, signing_keys, 1, holders=holders(people), threshold=1)
    fresh = create_keys(tmp_path / "fresh")
    position = len(Log.load(directory_archive))
    old = frozenset({trusted_keys(signing_keys)[1].keyid})
    following = next_root(root, position=position, log=trusted_keys(fresh)[1], revoked=old)
    publish_root(directory_archive, following, signatures(people, following, "bob"))

    checkpoint(directory_archive, signing_keys.log, ORIGIN)

    size = len(Log.load(directory_archive))
    report = verify_archive(directory_archive)
    assert [(each.word, each.key) for each in report.findings if each.fails] == [("REVOKED KEY", checkpoint_key(size))]


def test_a_root_file_needs_signatures_of_enough_holders(
    directory_archive: DirectoryArchive, signing_keys: Keys, people: Path
) -> None:
    """One of two, the same person twice, a stranger, another purpose: none is enough."""
    root = initialise_archive(directory_archive, signing_keys, ORIGIN, holders=holders(people), threshold=2)
    following = next_root(root, position=9, threshold=1)
    ada = sign(people, "ada", following.to_bytes())
    other = sign(people, "bob", following.to_bytes(), "aims-decision")

    for made in ({}, {"ada": ada}, {"ada": ada, "bob": ada}, {"ada": ada, "bob": other}, {"ada": ada, "bob": b"x"}):
        with pytest.raises(EvidenceError, match="2 signatures"):
            publish_root(directory_archive, following, made)
    publish_root(directory_archive, following, signatures(people, following, "ada", "bob"))
    publish_root(directory_archive, following, signatures(people, following, "ada", "bob"))

    assert load_root(directory_archive).version == 2


def test_a_planted_root_file_does_not_count_and_is_named(
    directory_archive: DirectoryArchive, signing_keys: Keys, people: Path, tmp_path: Path
) -> None:
    """Whoever can write to the archive cannot give themselves a key."""
    root, _, _ = fill(directory_archive, signing_keys, 1, holders=holders(people), threshold=2)
    thief = create_keys(tmp_path / "thief")
    planted = next_root(root, position=0, statement=trusted_keys(thief)[0])
    directory_archive.put_new(root_key(2), planted.to_bytes())
    key, body = make_run(thief, 3)
    directory_archive.put_new(key, body)

    seal(directory_archive, [root_key(2), key])

    words = {(each.word, each.key) for each in verify_archive(directory_archive).findings if each.fails}
    assert words == {("UNSIGNED ROOT", root_key(2)), ("UNKNOWN KEY", key)}


def test_a_time_stamp_over_a_checkpoint_says_since_when_its_entries_exist(
    directory_archive: DirectoryArchive, signing_keys: Keys, authority: Path
) -> None:
    """The strength names it, and a bundle put in later with an older claim is back-dated against it."""
    authorities = (authority / "tsa.pem").read_bytes()
    fill(directory_archive, signing_keys, 2, authorities=authorities)
    size = len(Log.load(directory_archive))
    note = directory_archive.get(checkpoint_key(size))

    store_anchor(directory_archive, size, "test-tsa", stamp(authority, note))
    honest = verify_archive(directory_archive, timestamps=verify_token)
    without = verify_archive(directory_archive)
    key, body = make_run(signing_keys, 4, created=datetime.now(UTC) - timedelta(days=2))
    store_bundle(directory_archive, key, body)

    assert honest.ok, honest.lines()
    assert f"1 time stamp to entry {size} ({datetime.now(UTC):%Y-}" in honest.strength
    assert {each.word for each in without.findings} == {"UNCHECKED TIME STAMP", "UNSIGNED TAIL"}
    late = verify_archive(directory_archive, timestamps=verify_token)
    assert [(each.word, each.key) for each in late.findings if each.fails] == [("BACKDATED", key)]
    assert "time stamp over" in "".join(late.lines())


def test_a_time_stamp_over_another_checkpoint_is_refused(
    directory_archive: DirectoryArchive, signing_keys: Keys, authority: Path
) -> None:
    """The token must be over exactly these bytes, by a known authority."""
    authorities = (authority / "tsa.pem").read_bytes()
    fill(directory_archive, signing_keys, 2, authorities=authorities)
    size = len(Log.load(directory_archive))
    token = stamp(authority, b"another checkpoint")

    key = store_anchor(directory_archive, size, "test-tsa", token)

    report = verify_archive(directory_archive, timestamps=verify_token)
    assert [(each.word, each.key) for each in report.findings if each.fails] == [("BAD TIME STAMP", key)]
    for broken in (b"", b"rubbish", token[:-7]):
        with pytest.raises(Malformed):
            verify_token(b"another checkpoint", broken, authorities)
    assert verify_token(b"another checkpoint", token, authorities).tzinfo is UTC
