"""Verification: an honest archive passes, its reservations named; any flipped byte fails and names its object."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.evidence import Archive, Keys, LockRule, Report, Scope, three_lines, verify_archive
from tests.evidence_builders import fill


@pytest.fixture(scope="module")
def folder(signing_keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest archive in a folder: three runs. Tests put back what they change."""
    folder = tmp_path_factory.mktemp("honest")
    fill(DirectoryArchive(folder), signing_keys, 3)
    return folder


def objects(folder: Path) -> list[str]:
    """The keys of all objects."""
    return list(DirectoryArchive(folder).list(""))


def flip(folder: Path, key: str, bit: int) -> Report:
    """The report on the archive with one bit of one object flipped; the object is put back."""
    path = folder / key
    body = bytearray(path.read_bytes())
    honest = bytes(body)
    body[bit // 8 % len(body)] ^= 1 << bit % 8
    path.chmod(0o644)
    try:
        path.write_bytes(bytes(body))
        return verify_archive(DirectoryArchive(folder, read_only=True))
    finally:
        path.write_bytes(honest)


def names(report: Report, key: str) -> bool:
    """Whether a failure is about the object, or says that it is."""
    return any(each.fails and (each.key == key or key in each.text) for each in report.findings)


def test_an_honest_archive_is_verified_and_the_last_line_says_what_that_is_worth(
    archive: Archive, signing_keys: Keys
) -> None:
    """Never a bare OK."""
    root, keys, heads = fill(archive, signing_keys, 3)

    alone = verify_archive(archive)
    held = verify_archive(archive, root_digest=root.digest, checkpoints={"mail": three_lines(heads[1]).encode()})

    assert alone.ok, alone.lines()
    assert held.ok, held.lines()
    assert (alone.entries, alone.bundles, alone.bundles_read) == (9, 3, 3)
    assert alone.lines()[-1].startswith("VERIFIED 9 entries; PROVISIONAL: no checkpoint from outside")
    assert "root file NOT pinned" in alone.strength
    assert "1 checkpoint from outside to entry 8; 1 entries PROVISIONAL" in held.strength
    assert "root file pinned" in held.strength
    assert keys


def test_demo_keys_make_the_strength_say_that_they_prove_nothing(
    directory_archive: DirectoryArchive, tmp_path: Path
) -> None:
    """The last line cannot be mistaken."""
    fill(directory_archive, create_keys(tmp_path / "demo", demo=True), 1)

    assert "DEMO keys: it proves nothing about who signed" in verify_archive(directory_archive).strength


def test_one_flipped_bit_in_each_object_fails_and_names_it(folder: Path) -> None:
    """Bundles, seals, checkpoints, root file, public keys, scripts: nothing may change."""
    for key in objects(folder):
        report = flip(folder, key, 8 * (len((folder / key).read_bytes()) // 2) + 3)
        assert not report.ok, key
        assert names(report, key), (key, report.lines())
    assert verify_archive(DirectoryArchive(folder)).ok


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_flipped_bit_fails_and_names_its_object(folder: Path, data: st.DataObject) -> None:
    """The flip may be anywhere."""
    key = data.draw(st.sampled_from(objects(folder)))
    bit = data.draw(st.integers(0, 8 * (folder / key).stat().st_size - 1))

    report = flip(folder, key, bit)

    assert not report.ok
    assert names(report, key), report.lines()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_rubbish_in_the_place_of_an_object_fails_and_never_raises(folder: Path, data: st.DataObject) -> None:
    """Whatever stands there, the verifier goes on to its last line."""
    key = data.draw(st.sampled_from(objects(folder)))
    path, honest = folder / key, (folder / key).read_bytes()
    path.chmod(0o644)
    try:
        path.write_bytes(data.draw(st.one_of(st.just(b""), st.binary(max_size=50), st.just(honest + honest))))
        report = verify_archive(DirectoryArchive(folder))
    finally:
        path.write_bytes(honest)

    assert not report.ok
    assert report.strength.startswith("NOT VERIFIED")


def test_any_removed_object_fails(folder: Path) -> None:
    """Except the newest seals and checkpoints, which only a checkpoint from outside can miss."""
    newest = {"log/checkpoint/000/000/009"}
    for key in objects(folder):
        path, honest = folder / key, (folder / key).read_bytes()
        path.unlink()
        report = verify_archive(DirectoryArchive(folder))
        path.write_bytes(honest)
        if key not in newest and not key.startswith("log/checkpoint"):
            assert not report.ok, key


def test_a_scope_reads_fewer_bundles_and_the_strength_says_so(folder: Path) -> None:
    """The log is checked whole all the same."""
    archive = DirectoryArchive(folder)
    today = Scope(since=datetime(2026, 11, 25, tzinfo=UTC))

    one = verify_archive(archive, scope=Scope(system="credit"))
    late = verify_archive(archive, scope=today)

    assert one.ok
    assert late.ok
    assert "0 of 3 bundles read" in one.strength
    assert "0 of 3 bundles read" in late.strength
    assert verify_archive(archive, scope=Scope(system="credit-scoring")).bundles_read == 3


def test_progress_is_told_to_the_end(folder: Path) -> None:
    """Done grows to all."""
    steps: list[tuple[int, int]] = []

    verify_archive(DirectoryArchive(folder), progress=lambda done, total: steps.append((done, total)))

    assert steps[-1] == (9, 9)


def test_an_archive_without_a_root_file_is_not_verified(directory_archive: DirectoryArchive) -> None:
    """Without keys nothing was proven."""
    directory_archive.put_new("bundle/2026/11/24/05/a.tar", b"x")

    report = verify_archive(directory_archive)

    assert not report.ok
    assert {finding.word for finding in report.findings} >= {"NO ROOT", "NOT IN LOG"}


@pytest.mark.servers
def test_a_locked_archive_is_verified_with_its_locks(s3_archive: Archive, signing_keys: Keys) -> None:
    """Each object is locked as the root file asks."""
    until = (datetime.now(UTC) + timedelta(days=10)).replace(microsecond=0)
    fill(s3_archive, signing_keys, 2, lock=LockRule("COMPLIANCE", 10), retain_until=until)

    report = verify_archive(s3_archive)

    assert report.ok, report.lines()
    assert "no lock" not in report.strength


def test_the_root_file_pinned_on_paper_is_the_one_that_counts(folder: Path) -> None:
    """Another digest is another archive."""
    report = verify_archive(DirectoryArchive(folder), root_digest="sha256:" + "0" * 64)

    assert [finding.word for finding in report.findings] == ["WRONG ROOT"]


def test_report_and_json_say_the_same(folder: Path) -> None:
    """What a machine reads is what people read."""
    report = verify_archive(DirectoryArchive(folder), root_digest="0" * 64)

    said = report.to_dict()

    assert said["ok"] is False
    assert said["strength"] == report.lines()[-1] == "NOT VERIFIED: 1 finding in 9 entries"
