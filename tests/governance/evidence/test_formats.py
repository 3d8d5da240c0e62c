"""Each format has one spelling: what is written reads back, and any other bytes give our error and no other."""

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import EvidenceError
from governance.evidence import Keys, Malformed, build_bundle, bundle_key, initialise_archive, read_bundle
from governance.evidence.address import checkpoint_key, seal_key, slot_size
from governance.evidence.b64 import decode
from governance.evidence.bag import check_bag, make_bag
from governance.evidence.canonical import canonical_json, read_json
from governance.evidence.checkpoint import sign_checkpoint
from governance.evidence.envelope import pae, parse_envelope, sign_envelope
from governance.evidence.log import Entry, parse_seal, print_seal
from governance.evidence.note import Checkpoint, parse_held, parse_note
from governance.evidence.proof import Proof, parse_proof
from governance.evidence.root import LockRule, Root, parse_root, trusted_keys
from governance.evidence.tar import read_tar, write_tar
from tests.evidence_builders import DIGEST, HOUR, MEMBERS, ORIGIN, make_run, run_id, run_statement

Parser = Callable[[bytes], object]
FILES = {"b/data/a.json": b"{}", "b/bagit.txt": b"x" * 700, "b/" + "long/" * 30 + "name": b""}
SEAL = print_seal([Entry(DIGEST, "bundle/2026/11/24/05/a.tar"), Entry(DIGEST, "trust/root/0001.json")])


def reads_or_is_malformed(parse: Parser, body: bytes) -> bool:
    """Any other exception passes through, and fails the test."""
    try:
        parse(body)
    except Malformed as error:
        return bool(error.faults)
    return True


@pytest.fixture(scope="module")
def samples(signing_keys: Keys) -> dict[str, tuple[bytes, Parser]]:
    """One good specimen of each format, and its parser."""
    note = sign_checkpoint(Checkpoint(ORIGIN, 5, b"r" * 32), signing_keys.log)
    statement, log = trusted_keys(signing_keys)
    root = Root(
        ORIGIN,
        1,
        (statement,),
        (log,),
        LockRule("COMPLIANCE", 3650),
        3600,
        2,
        {"ada": "ssh-ed25519 AAAA"},
        {"trust/a": DIGEST},
    )
    return {
        "tar": (write_tar(FILES), read_tar),
        "bundle": (make_run(signing_keys)[1], read_bundle),
        "envelope": (sign_envelope(b"{}", signing_keys.statement).to_bytes(), lambda body: parse_envelope(body, "e")),
        "note": (note, lambda body: parse_note(body, "n")),
        "seal": (SEAL, lambda body: parse_seal(body, "s")),
        "root": (root.to_bytes(), lambda body: parse_root(body, "r")),
        "proof": (Proof(3, (b"h" * 32,), parse_note(note, "n")).to_bytes(), lambda body: parse_proof(body, "p")),
    }


FORMATS = ["tar", "bundle", "envelope", "note", "seal", "root", "proof"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_good_specimen_reads(name: str, samples: dict[str, tuple[bytes, Parser]]) -> None:
    """The parser takes what the writer wrote."""
    body, parse = samples[name]

    assert parse(body)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_a_damaged_specimen_gives_our_error_or_reads(
    name: str, samples: dict[str, tuple[bytes, Parser]], data: st.DataObject
) -> None:
    """Cut, flipped, doubled or spliced bytes never give a foreign exception."""
    body, parse = samples[name]
    at, end = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, len(body)))
    damaged = body[:at] + data.draw(st.binary(max_size=20)) + body[end:]

    assert reads_or_is_malformed(parse, damaged)


@pytest.mark.parametrize("name", FORMATS)
@given(body=st.binary(max_size=600))
def test_noise_gives_our_error(name: str, samples: dict[str, tuple[bytes, Parser]], body: bytes) -> None:
    """Random bytes are no specimen of anything."""
    with pytest.raises(Malformed):
        samples[name][1](body)


@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_a_kept_checkpoint_reads_or_gives_our_error(body: bytes) -> None:
    """People paste anything."""
    assert reads_or_is_malformed(lambda text: parse_held(text, "mail.txt"), body)


@pytest.mark.parametrize("blanks", ["", " ", "\n\n", "\t"])
def test_a_checkpoint_pasted_from_a_mail_reads_with_blanks_around_it(blanks: str, signing_keys: Keys) -> None:
    """Three lines are enough, a whole note will do as well."""
    head = Checkpoint(ORIGIN, 5, b"r" * 32)

    assert parse_held((blanks + head.text() + blanks).encode(), "mail") == head
    assert parse_held(sign_checkpoint(head, signing_keys.log), "note") == head


def test_equal_files_give_equal_tars_whatever_their_order() -> None:
    """A tar depends on its files only."""
    assert write_tar(FILES) == write_tar(dict(reversed(FILES.items())))


def test_the_tar_module_of_python_reads_our_tar() -> None:
    """Names (also long ones), contents, modes, owners and times are as stated."""
    with tarfile.open(fileobj=io.BytesIO(write_tar(FILES))) as tar:
        found = {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar}
        facts = {(each.mode, each.uid, each.gid, each.mtime, each.type) for each in tar}

    assert found == FILES
    assert facts == {(0o644, 0, 0, 0, tarfile.REGTYPE)}


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../b", "a//b", "", "a/", "./a", "a\nb", "é", "a/.b", "-a"])
def test_a_tar_holds_no_unsafe_name(name: str) -> None:
    """Names are relative, plain, and mean the same to every tool."""
    with pytest.raises(Malformed):
        write_tar({name: b""})


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_tar_with_anything_but_regular_files_is_refused(kind: bytes) -> None:
    """A link could point out of the folder."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo("a")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)

    with pytest.raises(Malformed):
        read_tar(body.getvalue())


@pytest.mark.parametrize("inside", ["a/b", "a/b/c"])
def test_a_name_that_is_a_file_and_a_folder_is_refused(inside: str) -> None:
    """No tool could unpack it: found by random bundles."""
    honest = write_tar({"b": b"", inside: b""})

    assert list(read_tar(honest)) == sorted(["b", inside])
    with pytest.raises(Malformed, match="a both as a file and as a folder"):
        write_tar({"a": b"", inside: b""})
    with pytest.raises(Malformed, match="a both as a file and as a folder"):
        read_tar(write_tar({"a": b""})[:-1024] + write_tar({inside: b""}))


def test_a_tar_with_one_name_twice_is_refused() -> None:
    """Two tools might take two different files."""
    one = write_tar({"a": b"1"})

    with pytest.raises(Malformed):
        read_tar(one[:-1024] + one)


def test_a_member_that_differs_from_the_manifest_is_named() -> None:
    """The message tells which file was altered."""
    bag = make_bag("b", MEMBERS)
    bag["data/policy.yaml"] = b"psi: 0.9\n"

    with pytest.raises(Malformed, match=r"policy\.yaml"):
        check_bag("b", bag, "b")


def test_a_member_outside_the_manifest_is_named() -> None:
    """Manifests are checked both ways."""
    bag = make_bag("b", MEMBERS) | {"data/extra.txt": b""}

    with pytest.raises(Malformed, match=r"extra\.txt only in the bag"):
        check_bag("b", bag, "b")


def test_the_pae_is_that_of_the_dsse_specification() -> None:
    """The vector of protocol.md."""
    assert (
        pae(b"hello world", "http://example.com/HelloWorld")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@pytest.mark.parametrize("text", ["QQ=", "QR==", "QQ==\n", "Q Q=", "Qé==", "QQ"])
def test_base64_has_one_spelling(text: str) -> None:
    """Pad bits, blanks and missing padding would let a byte change unseen."""
    with pytest.raises(Malformed):
        decode(text, "x")


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":2}', b"NaN", b'{"a":NaN}', b"[]", b'"a"', b"\xff", b"{" * 10000, b'{"a":' * 9999]
)
def test_ambiguous_json_is_refused(body: bytes) -> None:
    """Repeated names, NaN, deep nesting and other values than an object."""
    with pytest.raises(Malformed):
        read_json(body, "x")


def test_what_json_cannot_say_is_our_error() -> None:
    """NaN has no place in a signed statement."""
    with pytest.raises(EvidenceError):
        canonical_json({"a": float("nan")})


@given(st.integers(0, 10**12))
def test_slots_round_trip_and_sort_as_numbers(size: int) -> None:
    """The name of a seal is a number that sorts."""
    assert slot_size(seal_key(size)) == slot_size(checkpoint_key(size)) == size


@pytest.mark.parametrize("key", ["log/seal/000/000/1", "log/seal/0000/000/001", "log/other/000/000/001", "x"])
def test_a_key_that_is_no_slot_is_none(key: str) -> None:
    """Another spelling of a number is another key."""
    assert slot_size(key) is None


@pytest.mark.parametrize("bundle_id", ["", ".a", "a/b", "a b", "é", "a" * 152, "a\n"])
def test_an_id_that_cannot_stand_in_a_key_is_refused(bundle_id: str) -> None:
    """Ids are slugs."""
    with pytest.raises(EvidenceError):
        bundle_key(bundle_id, HOUR)


def test_a_bundle_about_another_key_is_refused(signing_keys: Keys) -> None:
    """A statement names its own bundle."""
    statement = run_statement(bundle_key(run_id(2), HOUR))

    with pytest.raises(EvidenceError):
        build_bundle(bundle_id=run_id(1), members=MEMBERS, statement=statement, signer=signing_keys.statement)


def test_a_bundle_gives_back_its_members_and_its_statement(signing_keys: Keys) -> None:
    """What went in comes out."""
    key, body = make_run(signing_keys)

    bundle = read_bundle(body)

    assert bundle.members == MEMBERS
    assert bundle.aims["key"] == key
    assert bundle.predicate["failedTests"] == ["equal-opportunity:sex"]
    assert [subject["name"] for subject in bundle.statement["subject"]] == ["tagmanifest-sha256.txt", "window.parquet"]


def test_importing_the_evidence_costs_no_foreign_giant() -> None:
    """Prefect, boto3, Evidently and polars stay out."""
    import subprocess
    import sys

    script = "import sys, governance.evidence; print({'prefect','boto3','evidently','polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_an_archive_begun_with_other_keys_is_not_taken_over(
    signing_keys: Keys,
    directory_archive,
    tmp_path,  # type: ignore[no-untyped-def]
) -> None:
    """The keys of the first root file stand until a new root says otherwise."""
    from governance.adapters.keys import create_keys

    initialise_archive(directory_archive, signing_keys, ORIGIN)

    with pytest.raises(EvidenceError, match="other keys"):
        initialise_archive(directory_archive, create_keys(tmp_path / "others"), ORIGIN)
