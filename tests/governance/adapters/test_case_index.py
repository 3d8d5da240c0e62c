"""The case index is a cache: made from the archive alone, equal however it was made, whole after any kill."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.adapters.case_index import CaseIndex
from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.cases.case import Case
from governance.cases.kind_parts import Strength
from governance.cases.record import Recorder, act_key, act_members, act_statement
from governance.evidence import build_bundle, bundle_key, decision_statement, initialise_archive, store_bundle
from tests.builders import people
from tests.governance.cases.stories import ADA, EVE, FIX, NOON, SYSTEM, act, kind, opened

KIND = kind()


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """A recorder over a fresh archive in a folder."""
    archive, keys = DirectoryArchive(tmp_path / "archive"), create_keys(tmp_path / "keys", demo=True)
    initialise_archive(archive, keys, origin="example.org/aims")
    return Recorder(archive, keys, "example.org/aims", people())


@pytest.fixture
def index(tmp_path: Path) -> CaseIndex:
    """An index that has read nothing yet."""
    return CaseIndex(tmp_path / "state" / "cases.db")


def story(recorder: Recorder, mark: str = "a1b2", after: Callable[[], object] = lambda: None) -> Case:
    """A case that is opened, acknowledged and fixed; `after` runs after every act."""
    case = recorder.record(KIND, None, opened(KIND, SYSTEM, token=mark), now=NOON).case
    for verb, form in (("acknowledge", {}), ("fix", FIX)):
        after()
        case = recorder.record(KIND, case, act(case, verb, ADA, **form), now=NOON).case
    after()
    return case


def test_it_knows_the_cases_their_acts_and_their_kind(recorder: Recorder, index: CaseIndex) -> None:
    """Everything that a page needs comes from the archive."""
    case = story(recorder)

    assert index.sync(recorder.archive) == 3
    assert index.case(case.id) == case
    assert [one.verb for one in index.acts(case.id)] == ["open", "acknowledge", "fix"]
    assert index.kind(case.id) == KIND
    assert index.keys(case.id)[0] == f"bundle/2026/11/24/12/{case.id}.0001.tar"


def test_closed_cases_are_not_open(recorder: Recorder, index: CaseIndex) -> None:
    """`open_cases` leaves out what is final; `cases` does not."""
    case, other = story(recorder), story(recorder, "c3d4")
    recorder.record(KIND, case, act(case, "close", EVE, proof="the report of the vendor"), now=NOON)
    index.sync(recorder.archive)

    assert [one.id for one in index.open_cases("early-help")] == [other.id]
    assert [one.state for one in index.cases("early-help")] == ["closed", "fixed"]
    assert index.open_cases("another-system") == []


def test_nothing_is_known_of_a_case_that_is_not_there(index: CaseIndex) -> None:
    """An unknown id is no case, and has no kind."""
    assert index.case("REM-x") is None
    with pytest.raises(KeyError):
        index.kind("REM-x")


def test_made_anew_it_is_equal_byte_for_byte(recorder: Recorder, index: CaseIndex, tmp_path: Path) -> None:
    """Read act by act or all at once, the content is the same."""
    story(recorder, after=lambda: index.sync(recorder.archive))
    story(recorder, "c3d4", after=lambda: index.sync(recorder.archive))
    anew = CaseIndex(tmp_path / "anew.db")

    anew.sync(recorder.archive)

    assert anew.dump() == index.dump()
    assert "a1b2" in anew.dump()


def test_reading_again_reads_only_what_is_new(recorder: Recorder, index: CaseIndex) -> None:
    """The position is remembered."""
    story(recorder)
    index.sync(recorder.archive)

    assert index.sync(recorder.archive) == 0


@pytest.mark.parametrize("harm", ["cut", "overwritten", "another version"])
def test_a_damaged_file_is_made_anew(recorder: Recorder, index: CaseIndex, tmp_path: Path, harm: str) -> None:
    """A cache that cannot be read is thrown away."""
    case, path = story(recorder), tmp_path / "state" / "cases.db"
    index.sync(recorder.archive)
    good = index.dump()
    if harm == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif harm == "overwritten":
        path.write_bytes(b"not a database at all" * 100)
    else:
        base = sqlite3.connect(path)
        base.execute("PRAGMA user_version = 99")
        base.close()

    index.sync(recorder.archive)

    assert index.dump() == good
    assert index.case(case.id) == case


def test_another_archive_replaces_all_content(recorder: Recorder, index: CaseIndex, tmp_path: Path) -> None:
    """What was read from one archive never mixes with another's."""
    story(recorder)
    index.sync(recorder.archive)
    archive = DirectoryArchive(tmp_path / "other")
    initialise_archive(archive, recorder.keys, origin="example.org/aims")
    other = Recorder(archive, recorder.keys, "example.org/aims", people())
    case = story(other, "ffff")

    index.sync(archive)

    assert [one.id for one in index.cases()] == [case.id]


def test_a_bundle_that_is_no_act_stops_nothing_and_is_listed(recorder: Recorder, index: CaseIndex) -> None:
    """A foreign bundle under an act's key is told, and the rest is read."""
    key = bundle_key("REM-forged.0001", NOON)
    statement = decision_statement(
        archive="example.org/aims",
        key=key,
        created=NOON,
        action="x",
        case="x",
        decided_by="x",
        decided_at=NOON,
        reason="x",
        strength="session",
    )
    signer = recorder.keys.statement
    body = build_bundle(bundle_id="REM-forged.0001", members={"a.txt": b"x"}, statement=statement, signer=signer)
    store_bundle(recorder.archive, key, body)
    case = story(recorder)

    index.sync(recorder.archive)

    assert [one.id for one in index.cases()] == [case.id]
    assert "act.json and kind.json" in index.strays()[key]


def test_an_act_that_claims_an_ssh_signature_without_one_is_not_believed(recorder: Recorder, index: CaseIndex) -> None:
    """Whoever holds the system's key cannot put an act into a person's hand."""
    case = story(recorder)
    claimed = act(case, "close", EVE, proof="trust me").model_copy(update={"strength": Strength.SSH})
    members = act_members(claimed, KIND, case, b"-----BEGIN SSH SIGNATURE-----\nno\n-----END SSH SIGNATURE-----\n")
    statement = act_statement(claimed, KIND, case, members, origin="example.org/aims", created=NOON)
    signer = recorder.keys.statement
    body = build_bundle(bundle_id=f"{case.id}.0004", members=members, statement=statement, signer=signer)
    store_bundle(recorder.archive, act_key(claimed, case), body)

    index.sync(recorder.archive)

    assert "the person's SSH signature of the act" in index.strays()[act_key(claimed, case)]
    assert index.case(case.id) == case


def test_an_act_that_is_gone_from_the_archive_is_listed(recorder: Recorder, index: CaseIndex, tmp_path: Path) -> None:
    """A deleted bundle shows; later acts of its case wait for it."""
    case = story(recorder)
    key = f"bundle/2026/11/24/12/{case.id}.0002.tar"
    (tmp_path / "archive" / key).unlink()

    index.sync(recorder.archive)

    assert key in index.strays()
    found = index.case(case.id)
    assert found
    assert found.state == "open"


KILLED = """
import os, signal, sys
from pathlib import Path
from governance.adapters import case_index
from governance.adapters.directory import DirectoryArchive
real, left = case_index._take, [int(sys.argv[3])]
def take(*given):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return real(*given)
case_index._take = take
case_index.CaseIndex(Path(sys.argv[2])).sync(DirectoryArchive(Path(sys.argv[1])))
"""


def test_a_kill_in_the_middle_of_reading_leaves_it_whole(recorder: Recorder, index: CaseIndex, tmp_path: Path) -> None:
    """Kill -9 while acts are read: the next visit has the content of a file that was never killed."""
    case, path = story(recorder), tmp_path / "state" / "cases.db"
    path.parent.mkdir()
    lines = 7
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "archive"), str(path), str(lines)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert index.cases() == []

    index.sync(recorder.archive)

    assert index.case(case.id) == case
