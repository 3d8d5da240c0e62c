"""What people kept, and answers to requests: no byte of them makes a verification raise or pass by mistake."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.evidence import Archive, Keys, build_bundle, store_bundle, verify_archive
from governance.evidence.address import bundle_key
from governance.evidence.answer import LISTED, REQUEST, Asked, needed_anchors, read_answer, request_members
from governance.evidence.log import Entry
from governance.evidence.malformed import Malformed
from governance.evidence.statement import Statement, aims_extension
from tests.acceptance.test_attacks import FolderOwner
from tests.acceptance.test_one_owners_act import Story, tell
from tests.evidence_builders import HOUR, ORIGIN

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def story(signing_keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """An archive with three runs and Ada's signed act."""
    folder: Path = tmp_path_factory.mktemp("kept")
    return tell(FolderOwner(folder / "archive"), signing_keys, folder)


@FEW
@given(at=st.integers(0), byte=st.binary(min_size=1, max_size=3))
def test_a_kept_act_with_any_byte_changed_is_a_finding_or_the_same_act(story: Story, at: int, byte: bytes) -> None:
    """Altered bytes never pass as what was signed, and never raise."""
    at %= len(story.own)
    kept = story.own[:at] + byte + story.own[at + len(byte) :]

    report = verify_archive(story.archive, checkpoints={"kept": kept})

    assert report.ok == (kept == story.own)


@FEW
@given(body=st.binary(max_size=2000))
def test_any_bytes_that_were_kept_are_a_finding(story: Story, body: bytes) -> None:
    """Bytes of another kind, and those that only claim to be a tar."""
    for kept in (body, body[:257].ljust(257, b"\0") + b"ustar\00000" + body):
        assert not verify_archive(story.archive, checkpoints={"kept": kept}).ok


def ask(archive: Archive, keys: Keys, name: str, members: dict[str, bytes]) -> str:
    """Store a request with this payload; its key."""
    key = bundle_key(name, HOUR)
    said = Statement(REQUEST, {}, {"aims": aims_extension(ORIGIN, key, datetime.now(UTC))})
    body = build_bundle(bundle_id=name, members=members, statement=said, signer=keys.statement)
    store_bundle(archive, key, body, log_signer=keys.log, origin=ORIGIN)
    return key


PAYLOADS = {
    "no payload": {"other.txt": b"x"},
    "no JSON": {"request.json": b"{", "bundles.txt": b""},
    "no hours": {"request.json": b'{"format":"aims-evidence-request/1"}', "bundles.txt": b""},
    "lines that are none": {
        **request_members({}, Asked("x", "2026/01/01/00", "2026/02/01/00", True), []),
        LISTED: b"x\n",
    },
}


@pytest.mark.parametrize("case", PAYLOADS)
def test_a_request_that_cannot_be_read_is_named(case: str, signing_keys: Keys, tmp_path: Path) -> None:
    """A signed bundle with a payload of another form makes no answer."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)
    key = ask(story.archive, signing_keys, "evidence-request.x", PAYLOADS[case])

    words = {one.word for one in verify_archive(story.archive, request=key).findings if one.fails}

    assert "BAD REQUEST" in words
    with pytest.raises(Malformed):
        read_answer(story.archive, key)


def test_a_request_that_lists_what_the_log_does_not_hold_is_named(signing_keys: Keys, tmp_path: Path) -> None:
    """Of the list each line must stand in the log, before the request; without a request there is no answer."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)
    false = Entry("0" * 64, story.runs[0])
    asked = Asked("credit-scoring", "2026/11/24/04", "2026/11/24/05", runs=True)
    key = ask(story.archive, signing_keys, "evidence-request.x", request_members({}, asked, [false]))

    report = verify_archive(story.archive, request=key)
    none = verify_archive(story.archive, request="bundle/2026/01/01/00/none.tar")

    assert [one.key for one in report.findings if one.word == "NOT IN LOG"] == [story.runs[0]]
    assert [one.key for one in report.findings if one.word == "LEFT OUT"] == story.runs
    assert [one.word for one in none.findings if one.fails] == ["BAD REQUEST"]


def test_the_time_stamps_of_an_answer_are_those_that_bracket_its_bundles() -> None:
    """For each bundle the first stamp over it, and the newest of all; keys of another form are passed over."""
    keys = [f"log/anchor/000/000/{size:03d}/tsa.tsr" for size in (2, 5, 9)]
    entries = [Entry(f"{number:064x}", key) for number, key in enumerate((*keys, "log/anchor/x/y/z/w.tsr"))]

    assert needed_anchors(entries, [0]) == [keys[0], keys[2]]
    assert needed_anchors(entries, [3, 4, 6]) == [keys[1], keys[2]]
    assert needed_anchors(entries, []) == [keys[2]]
    assert needed_anchors([], [1]) == []
