"""Verification by processes finds what verification by threads finds, and a process that dies costs nothing."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.errors import ArchiveUnavailable, Fault, Place
from governance.evidence import Keys, verify_archive
from governance.evidence import verify as verifying
from tests.evidence_builders import fill


class Mortal(DirectoryArchive):
    """A folder whose reader dies with it."""

    def get(self, key: str, version_id: str | None = None) -> bytes:
        """Not this time."""
        os.kill(os.getpid(), signal.SIGKILL)
        return super().get(key, version_id)


class Away(DirectoryArchive):
    """A folder that does not answer."""

    def get(self, key: str, version_id: str | None = None) -> bytes:  # noqa: ARG002
        """Not this time."""
        raise ArchiveUnavailable(Fault(Place(file=key), "an answer", "none", "Wait."))


@pytest.fixture
def folder(tmp_path: Path, signing_keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with one bundle altered and one deleted, read by two processes in batches of two."""
    monkeypatch.setattr(verifying, "FORK_FROM", 1)
    monkeypatch.setattr(verifying, "BATCH", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    archive = DirectoryArchive(tmp_path / "archive")
    _, stored, _ = fill(archive, signing_keys, 8)
    altered, deleted = (tmp_path / "archive" / key for key in (stored[2], stored[5]))
    altered.chmod(0o644)
    altered.write_bytes(altered.read_bytes()[:-1] + b"x")
    deleted.unlink()
    return tmp_path / "archive"


def test_processes_find_what_threads_find(folder: Path) -> None:
    """The same findings, in the same order, and the same last line."""
    archive = DirectoryArchive(folder)

    parallel = verify_archive(archive, reopen=partial(DirectoryArchive, folder))

    assert parallel.lines() == verify_archive(archive).lines()
    assert [finding.word for finding in parallel.findings if finding.fails] == ["ALTERED", "DELETED"]


def test_a_process_that_dies_leaves_its_work_to_threads(folder: Path) -> None:
    """Killed for its memory, say: the report is whole."""
    archive = DirectoryArchive(folder)

    assert verify_archive(archive, reopen=partial(Mortal, folder)).lines() == verify_archive(archive).lines()


def test_a_store_that_does_not_answer_a_process_is_said_so(folder: Path) -> None:
    """The error of the store comes through, with its place."""
    with pytest.raises(ArchiveUnavailable, match="expected an answer"):
        verify_archive(DirectoryArchive(folder), reopen=partial(Away, folder))
