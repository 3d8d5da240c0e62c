"""Acts become bundles; of two people who act at once the archive lets one be first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.cases.act import Act, Basis, CheckpointSeen
from governance.cases.case import Case
from governance.cases.kind import kind_from_json
from governance.cases.record import Recorded, Recorder, act_key
from governance.errors import ActRefused
from governance.evidence import Log, Malformed, initialise_archive, read_bundle
from governance.evidence.signature import PublicKey
from tests.builders import people
from tests.governance.cases.stories import ADA, BEN, EVE, KINDS, NOON, SYSTEM, act, kind, opened

KIND = kind()
OPEN = opened(KIND, SYSTEM)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """A recorder over a fresh archive in a folder."""
    archive, keys = DirectoryArchive(tmp_path / "archive"), create_keys(tmp_path / "keys", demo=True)
    initialise_archive(archive, keys, origin="example.org/aims")
    return Recorder(archive, keys, "example.org/aims", people())


def begin(recorder: Recorder) -> Case:
    """A case that is open."""
    return recorder.record(KIND, None, OPEN, now=NOON).case


def test_an_act_is_archived_with_what_it_rests_on(recorder: Recorder) -> None:
    """The bundle holds the act, its page and its kind; the statement says who, what, when, why and how strongly."""
    case = begin(recorder)
    seen = CheckpointSeen(origin="example.org/aims", size=3, root="A" * 43 + "=")
    basis = Basis(key="bundle/2026/11/23/00/early-help.2026-W47.r0.tar", sha256="9f" * 32)
    step = act(case, "acknowledge", ADA).model_copy(update={"checkpoint_seen": seen, "rests_on": (basis,)})

    done = recorder.record(KIND, case, step, now=NOON)

    bundle = read_bundle(recorder.archive.get(done.receipt.key))
    assert done.receipt.key == f"bundle/2026/11/24/12/{case.id}.0002.tar"
    assert Act.from_json(bundle.members["act.json"], "act.json") == step
    assert kind_from_json(bundle.members["kind.json"], "kind.json") == KIND
    assert f"Case {case.id}" in bundle.members["case.md"].decode()
    assert bundle.predicate["decidedBy"] == ADA
    assert bundle.predicate["strength"] == "session"
    assert bundle.predicate["checkpointSeen"] == {"origin": "example.org/aims", "size": 3, "root": "A" * 43 + "="}
    assert {"name": basis.key, "digest": {"sha256": basis.sha256}} in bundle.statement["subject"]


def test_the_bundle_is_signed_by_the_statement_key(recorder: Recorder) -> None:
    """Anyone with the public key can check it."""
    begin(recorder)
    bundle = read_bundle(recorder.archive.get(act_key(OPEN, begin(recorder))))
    pem = recorder.archive.get("trust/statement.pub").decode()

    assert bundle.envelope.signed_by(PublicKey.from_pem(pem, "trust/statement.pub"))


def test_of_two_people_who_act_at_once_one_wins_and_the_other_is_told(recorder: Recorder) -> None:
    """The store decides; the refusal names who was first, what they did and when."""
    case = begin(recorder)
    steps = [act(case, "acknowledge", ADA), act(case, "acknowledge", BEN)]

    def race(step: Act) -> Recorded | ActRefused:
        try:
            return recorder.record(KIND, case, step, now=NOON)
        except ActRefused as refusal:
            return refusal

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(race, steps))

    (lost,) = [end for end in ends if isinstance(end, ActRefused)]
    (won,) = [end for end in ends if isinstance(end, Recorded)]
    assert f"`acknowledge` by {won.act.by} at 2026-11-24T13:00:00Z" in str(lost)
    assert len(list(recorder.archive.list("bundle/"))) == 2


def test_the_same_step_told_twice_is_one_act(recorder: Recorder) -> None:
    """A run that was killed after the write repeats it an hour later and is given the first record."""
    case = begin(recorder)
    again = OPEN.model_copy(update={"at": NOON + timedelta(minutes=30)})

    repeated = recorder.record(KIND, None, again, now=NOON)

    assert not repeated.receipt.created
    assert repeated.case == case
    assert len(list(recorder.archive.list("bundle/"))) == 1


def test_a_refused_act_leaves_no_trace(recorder: Recorder) -> None:
    """Nothing is signed or stored."""
    case = begin(recorder)

    with pytest.raises(ActRefused):
        recorder.record(KIND, case, act(case, "fix", EVE), now=NOON)

    assert len(Log.load(recorder.archive)) == len(Log.load(recorder.archive))
    assert len(list(recorder.archive.list("bundle/"))) == 1


def test_the_strength_ssh_is_not_believed_without_a_signature(recorder: Recorder) -> None:
    """Who claims to have signed must show it."""
    case = begin(recorder)
    claimed = Act.model_validate({**act(case, "acknowledge", ADA).model_dump(), "strength": "ssh"})

    with pytest.raises(ActRefused, match="the strength ssh exactly with a signature"):
        recorder.record(KIND, case, claimed, now=NOON)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b"\xff\xfe", b'{"format":"aims-act/1"}', OPEN.to_json()[:-1], OPEN.to_json() + b"\n"]
)
def test_bytes_that_are_no_act_are_malformed_and_nothing_else(body: bytes) -> None:
    """No other exception leaves the reader."""
    with pytest.raises(Malformed):
        Act.from_json(body, "act.json")


def test_the_example_in_the_format_is_an_act() -> None:
    """docs/formats/case.md says what the code reads."""
    text = (KINDS.parents[1] / "docs" / "formats" / "case.md").read_text("utf-8")
    example = text[text.index('    {"at"') : text.index("(One line in the file")]

    read = Act.from_json("".join(line.strip() for line in example.splitlines()).encode(), "case.md")

    assert (read.verb, read.seq) == ("fix", 3)
