"""Whatever bytes an archive holds, verification answers; what cannot be read is Malformed and nothing else.

`test_formats.py` damages each format from outside. Here the damage is inside: what is signed and whole, and means
something else. Each rule runs on a few examples always, and on many in the long tests.
"""

import base64
import copy
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.adapters.directory import DirectoryArchive
from governance.adapters.timestamp import verify_token
from governance.evidence import (
    Keys,
    Malformed,
    bundle_key,
    decision_statement,
    heartbeat_id,
    heartbeat_statement,
    prove,
    read_bundle,
    seal,
    store_anchor,
    three_lines,
    verify_archive,
    verify_bundle,
)
from governance.evidence.address import checkpoint_key, root_key
from governance.evidence.anchor import COSIGNATURE, TIME_STAMP
from governance.evidence.bag import TAG_MANIFEST, make_bag
from governance.evidence.canonical import canonical_json
from governance.evidence.delivery import OUTBOX, LateBundle, delivery_statement
from governance.evidence.envelope import sign_envelope
from governance.evidence.log import parse_text
from governance.evidence.note import parse_checkpoint, parse_signatures
from governance.evidence.root import parse_root
from governance.evidence.sshsig import parse_allowed_signers, parse_ssh_signature, signed_by
from governance.evidence.statement import Statement
from governance.evidence.tar import write_tar
from tests.evidence_builders import DIGEST, HOUR, MEMBERS, ORIGIN, fill, run_statement
from tests.little_witness import LittleWitness

FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = ["aims", "key", "archive", "timeCreated", "predicate", "subject", "late", "missing", "checkpointSeen", "size"]
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
Test = Callable[..., None]


def twins(rule: Test, **drawn: Any) -> tuple[Test, Test]:
    """A rule as two tests of Hypothesis: on a few examples, and (long) on many."""
    return FEW(given(**drawn)(rule)), pytest.mark.long(MANY(given(**drawn)(rule)))


@lru_cache
def base() -> tuple[Path, Keys, list[str]]:
    """A small archive with a person whose acts count, its keys, and its bundles; not to be changed."""
    from governance.adapters.keys import create_keys

    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    keys = create_keys(folder / "keys")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "ada")], check=True)
    holders = {"ada": (folder / "ada.pub").read_text()}
    archive = DirectoryArchive(folder / "archive")
    vkeys = witness().vkeys
    _, bundles, _ = fill(archive, keys, 2, holders=holders, threshold=1, heartbeat_seconds=3600, witnesses=vkeys)
    return folder, keys, bundles


@lru_cache
def witness() -> LittleWitness:
    """A witness that the root file lists."""
    return LittleWitness("witness.example/w1", {})


@lru_cache
def cosignature() -> bytes:
    """Its cosignature over the newest checkpoint."""
    head = parse_checkpoint(three_lines(DirectoryArchive(base()[0] / "archive").get(checkpoint_key(9))), "head")
    return witness()._cosigned(head.text(), ORIGIN, head.size, head.root).encode()


@lru_cache
def signature_of_ada(act: bytes) -> bytes:
    """Ada's own signature over an act."""
    command = ["ssh-keygen", "-Y", "sign", "-f", str(base()[0] / "ada"), "-n", "aims-decision"]
    return subprocess.run(command, input=act, capture_output=True, check=True).stdout


@pytest.fixture(scope="module", autouse=True)
def cleared() -> Iterator[None]:
    """Remove the archive in the end."""
    yield
    shutil.rmtree(base()[0])


ACT = b'{"checkpoint_seen":{"origin":"example.org/aims","root":"AAAA","size":7},"verb":"accept-risk"}'


def statements() -> dict[str, tuple[str, Statement, dict[str, bytes]]]:
    """A bundle's id, statement and members, of each kind that verification reads."""
    beat = heartbeat_id(NOW)
    keys = {name: bundle_key(name, HOUR) for name in ("credit-scoring.w9.r0", "REM-1.0001", "delivery.1", beat)}
    seen = {"origin": ORIGIN, "size": 7, "root": "A" * 43 + "="}
    decision = decision_statement(
        archive=ORIGIN, key=keys["REM-1.0001"], created=NOW, action="accept-risk", case="REM-1", decided_by="ada",
        decided_at=NOW, reason="known", strength="ssh", checkpoint_seen=seen,
    )  # fmt: skip
    pulse = heartbeat_statement(
        archive=ORIGIN, key=keys[beat], created=NOW, start=NOW, end=NOW, registry=DIGEST, expected=["a"], seen=["b"]
    )
    late = delivery_statement(
        [LateBundle("bundle/x.tar", DIGEST, NOW)], archive=ORIGIN, key=keys["delivery.1"], now=NOW, why=OUTBOX
    )
    return {
        "run": ("credit-scoring.w9.r0", run_statement(keys["credit-scoring.w9.r0"]), MEMBERS),
        "decision": ("REM-1.0001", decision, {"act.json": ACT, "act.json.sig": signature_of_ada(ACT)}),
        "heartbeat": (beat, pulse, {"runs.txt": b""}),
        "delivery": ("delivery.1", late, {"late.txt": b""}),
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON value, itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, (*path, name))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a path."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = new
    return changed


def signed_bundle(name: str, payload: bytes, members: dict[str, bytes], keys: Keys) -> bytes:
    """A bundle whose bag is whole and whose statement is signed as it must be, whatever it says."""
    files = {**make_bag(name, members), "statement.dsse.json": sign_envelope(payload, keys.statement).to_bytes()}
    return write_tar({f"{name}/{each}": body for each, body in files.items()})


def verified(change: Callable[[DirectoryArchive, Path], object]) -> list[str]:
    """What verification says of a copy of the archive after a change: it must say something, and never raise."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(base()[0] / "archive", folder, dirs_exist_ok=True)
        archive = DirectoryArchive(Path(folder))
        change(archive, Path(folder))
        lines = verify_archive(archive, timestamps=verify_token, workers=1, now=NOW + timedelta(minutes=1)).lines()
    assert lines[-1].startswith(("VERIFIED", "NOT VERIFIED"))
    return lines


def signed_nonsense(data: st.DataObject, kind: str) -> None:
    """One value of a statement, or more, is any other JSON value; the statement is signed by the right key."""
    _, keys, _ = base()
    name, statement, members = statements()[kind]
    tags = sha256(make_bag(name, members)[TAG_MANIFEST]).hexdigest()
    value = json.loads(statement.about(TAG_MANIFEST, tags).to_bytes())
    for _ in range(data.draw(st.integers(1, 2))):
        value = put(value, data.draw(st.sampled_from(sorted(places(value), key=str))), data.draw(JSON))
    body = signed_bundle(name, canonical_json(value), members, keys)
    key = bundle_key(name, HOUR)

    def change(archive: DirectoryArchive, _: Path) -> None:
        archive.put_new(key, body)
        seal(archive, [key])

    assert verified(change)


test_a_signed_statement_may_say_anything, test_many_signed_statements_may_say_anything = twins(
    signed_nonsense, data=st.data(), kind=st.sampled_from(["run", "decision", "heartbeat", "delivery"])
)


def broken_inside(data: st.DataObject) -> None:
    """A file of the bag is damaged, and the tar around it is whole."""
    _, keys, _ = base()
    name, statement, members = statements()["run"]
    tags = sha256(make_bag(name, members)[TAG_MANIFEST]).hexdigest()
    files = make_bag(name, members)
    envelope = sign_envelope(statement.about(TAG_MANIFEST, tags).to_bytes(), keys.statement)
    files["statement.dsse.json"] = envelope.to_bytes()
    victim = data.draw(st.sampled_from(sorted(files)))
    body, at = files[victim], data.draw(st.integers(0, len(files[victim])))
    end = data.draw(st.integers(at, min(len(body), at + 40)))
    damaged = body[:at] + data.draw(st.binary(max_size=9)) + body[end:]
    files[victim] = damaged

    try:
        read = read_bundle(write_tar({f"{name}/{each}": content for each, content in files.items()}))
    except Malformed as error:
        assert error.faults  # noqa: PT017  either outcome is right
        return
    assert damaged == body or (victim == "statement.dsse.json" and read.envelope != envelope)


test_a_damaged_file_in_a_bag_is_malformed, test_many_damaged_files_in_a_bag_are_malformed = twins(
    broken_inside, data=st.data()
)


def one_damaged_object(data: st.DataObject) -> None:
    """Any object of an archive, damaged anywhere: said, and never with VERIFIED."""
    folder = base()[0] / "archive"
    objects = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    victim = data.draw(st.sampled_from(objects))
    body = (folder / victim).read_bytes()
    at, more = data.draw(st.integers(0, len(body))), data.draw(st.binary(max_size=9))
    damaged = body[:at] + more + body[data.draw(st.integers(at, len(body))) :]

    def change(_: DirectoryArchive, place: Path) -> None:
        (place / victim).chmod(0o644)
        (place / victim).write_bytes(damaged)

    assert verified(change)[-1].startswith("NOT VERIFIED") or damaged == body


test_one_damaged_object_is_never_verified, test_many_damaged_objects_are_never_verified = twins(
    one_damaged_object, data=st.data()
)


def any_anchor(body: bytes, kind: str) -> None:
    """A time stamp or a cosignature may be any bytes."""
    lines = verified(lambda archive, _: store_anchor(archive, 9, "x", body, kind=kind))

    assert lines[-1].startswith("NOT VERIFIED")
    assert any(f"BAD {'TIME STAMP' if kind == TIME_STAMP else 'COSIGNATURE'}" in line for line in lines)


test_an_anchor_may_be_any_bytes, test_many_anchors_may_be_any_bytes = twins(
    any_anchor, body=st.binary(max_size=300) | JSON.map(canonical_json), kind=st.sampled_from([TIME_STAMP, COSIGNATURE])
)


def damaged_cosignature(data: st.DataObject) -> None:
    """It counts only as its witness wrote it."""
    good = cosignature()
    at = data.draw(st.integers(0, len(good)))
    body = good[:at] + data.draw(st.binary(max_size=4)) + good[data.draw(st.integers(at, len(good))) :]

    lines = verified(lambda archive, _: store_anchor(archive, 9, "w1", body, kind=COSIGNATURE))

    assert any("UNKNOWN WITNESS" in line or "BAD COSIGNATURE" in line for line in lines) or body == good


test_a_damaged_cosignature_does_not_count, test_many_damaged_cosignatures_do_not_count = twins(
    damaged_cosignature, data=st.data()
)


def any_root(data: st.DataObject) -> None:
    """A root file in canonical spelling may hold any value anywhere."""
    value = json.loads((base()[0] / "archive" / root_key(1)).read_bytes())
    changed = put(value, data.draw(st.sampled_from(sorted(places(value), key=str))), data.draw(JSON))
    body = canonical_json(changed)

    try:
        root = parse_root(body, "root")
    except Malformed:
        return
    assert root.to_bytes() == body


test_a_root_file_may_hold_anything, test_many_root_files_may_hold_anything = twins(any_root, data=st.data())


def one_bundle_alone(data: st.DataObject) -> None:
    """Bundle, proof and root file, one of them damaged: said, and never verified."""
    folder, _, (key, *_) = base()
    archive = DirectoryArchive(folder / "archive")
    files = [archive.get(key), prove(archive, key).to_bytes(), archive.get(root_key(1))]
    which = data.draw(st.integers(0, 2))
    body, at = files[which], data.draw(st.integers(0, len(files[which])))
    files[which] = body[:at] + data.draw(st.binary(max_size=9)) + body[data.draw(st.integers(at, len(body))) :]

    bundle, proof, root = files
    pinned = sha256(archive.get(root_key(1))).hexdigest()
    assert not verify_bundle(bundle, proof, root, root_digest=pinned).ok or files[which] == body


test_one_bundle_with_damage_is_never_verified, test_many_bundles_with_damage_are_never_verified = twins(
    one_bundle_alone, data=st.data()
)


SSHSIG = json.loads((Path(__file__).parents[2] / "data/vectors/sshsig.json").read_text("utf-8"))


def ssh_signature(data: st.DataObject, name: str) -> None:
    """A signature damaged inside its armour is Malformed, or nobody's."""
    armour = SSHSIG["signatures"][name]["signature"].split("\n")
    blob = base64.b64decode("".join(armour[1:-2]))
    at = data.draw(st.integers(0, len(blob)))
    damaged = blob[:at] + data.draw(st.binary(max_size=6)) + blob[data.draw(st.integers(at, len(blob))) :]
    body = "\n".join([armour[0], base64.b64encode(damaged).decode(), armour[-2], ""]).encode()
    known = {"ada": SSHSIG["signatures"][name]["key"]}

    try:
        who = signed_by(body, SSHSIG["message"].encode(), SSHSIG["namespace"], known, "s")
    except Malformed:
        return
    assert who is None or damaged == blob


test_a_damaged_ssh_signature_is_nobodys, test_many_damaged_ssh_signatures_are_nobodys = twins(
    ssh_signature,
    data=st.data(),
    name=st.sampled_from(["ed25519", "ecdsa", "rsa", "ed25519_sk", "ecdsa_sk", "ecdsa_sk_webauthn"]),
)

PARSERS: dict[str, Callable[[bytes], object]] = {
    "ssh signature": lambda body: parse_ssh_signature(body, "s"),
    "signature lines": lambda body: parse_signatures(body, "s"),
    "text of a log": parse_text,
    "checkpoint": lambda body: parse_checkpoint(body.decode("utf-8", "replace"), "c"),
}


def any_bytes(body: bytes, name: str) -> None:
    """No parser lets another error out, and the list of signers takes any file."""
    assert isinstance(parse_allowed_signers(body), dict)
    try:
        PARSERS[name](body)
    except Malformed as error:
        assert error.faults  # noqa: PT017  either outcome is right


test_any_bytes_parse_or_are_malformed, test_many_bytes_parse_or_are_malformed = twins(
    any_bytes,
    body=st.binary(max_size=200) | st.text(max_size=80).map(str.encode),
    name=st.sampled_from(sorted(PARSERS)),
)
