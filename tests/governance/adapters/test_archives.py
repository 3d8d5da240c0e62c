"""The standard suite: what every archive must do, be it a folder or an S3 bucket."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.archive import open_archive
from governance.adapters.directory import PARTIAL, DirectoryArchive
from governance.errors import ArchiveUnavailable, ConfigurationError
from governance.evidence import Archive, MissingObject

KEY = "bundle/2026/11/24/05/a.tar"


def test_the_first_writer_wins(archive: Archive) -> None:
    """The second is told, and the first record stands."""
    assert archive.put_new(KEY, b"first") is True
    assert archive.put_new(KEY, b"second") is False
    assert archive.get(KEY) == b"first"


def test_of_sixteen_writers_exactly_one_wins(archive: Archive) -> None:
    """A race has one winner, and everyone reads the winner's bytes."""
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda who: archive.put_new(KEY, b"%d" % who), range(16)))

    assert won.count(True) == 1
    assert archive.get(KEY) == b"%d" % won.index(True)


def test_what_is_missing_is_a_missing_object(archive: Archive) -> None:
    """A reader can tell a missing object from a store that does not answer."""
    assert archive.exists(KEY) is False
    with pytest.raises(MissingObject, match=r"a\.tar"):
        archive.get(KEY)
    with pytest.raises(MissingObject):
        archive.lock_of(KEY)


def test_keys_are_listed_in_order_by_prefix(archive: Archive) -> None:
    """A prefix is text, not a folder."""
    keys = ["bundle/b/2.tar", "bundle/b/10.tar", "bundle/a/1.tar", "log/seal/000/000/000"]
    for key in keys:
        archive.put_new(key, b"x")

    assert list(archive.list("")) == sorted(keys)
    assert list(archive.list("bundle/")) == sorted(keys)[:3]
    assert list(archive.list("bundle/b/1")) == ["bundle/b/10.tar"]
    assert list(archive.list("nothing/")) == []


def test_versions_tell_size_and_time(archive: Archive) -> None:
    """An audit sees every version."""
    archive.put_new(KEY, b"12345")

    (version,) = archive.versions("bundle/")

    assert (version.key, version.size, version.is_marker, version.is_multipart) == (KEY, 5, False, False)
    assert abs(version.stored_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert archive.get(KEY, version.version_id or None) == b"12345"


@pytest.mark.parametrize("body", [b"", bytes(range(256)) * 4096], ids=["empty", "1 MiB"])
def test_bytes_come_back_as_they_were(archive: Archive, body: bytes) -> None:
    """Nothing is translated."""
    archive.put_new(KEY, body)

    assert archive.get(KEY) == body


def test_the_address_opens_the_same_archive_and_holds_no_secret(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """What a page shows can be given to `aims verify`."""
    if archive.name.startswith("s3"):
        server = request.getfixturevalue(request.node.callspec.params["archive"])
        for name, value in server.admin.environment().items():
            monkeypatch.setenv(name, value)
            assert value not in archive.name
    archive.put_new(KEY, b"x")

    assert open_archive(archive.name, read_only=True).get(KEY) == b"x"
    with pytest.raises(ArchiveUnavailable, match="open for writing"):
        open_archive(archive.name, read_only=True).put_new(f"{KEY}2", b"x")


@pytest.mark.parametrize("key", ["../x", "/x", "a//b", "", f"{PARTIAL}/x", "a/./b", "a\0b"])
def test_a_directory_refuses_keys_that_leave_it(directory_archive: DirectoryArchive, key: str) -> None:
    """A key cannot reach another folder."""
    with pytest.raises(ArchiveUnavailable):
        directory_archive.put_new(key, b"x")


def test_a_directory_lists_what_was_planted_as_a_link(directory_archive: DirectoryArchive, tmp_path: Path) -> None:
    """A link is no object, but it shows."""
    directory_archive.put_new(KEY, b"x")
    (tmp_path / "archive/bundle/link").symlink_to("/etc/passwd")

    assert "bundle/link" in list(directory_archive.list(""))
    with pytest.raises(MissingObject):
        directory_archive.get("bundle/link")


def test_a_directory_ignores_what_a_kill_left_half_written(directory_archive: DirectoryArchive, tmp_path: Path) -> None:
    """A temporary file is no object."""
    directory_archive.put_new(KEY, b"x")
    (tmp_path / "archive" / PARTIAL / "tmpabc").write_bytes(b"half")

    assert list(directory_archive.list("")) == [KEY]


def test_a_folder_that_cannot_be_written_is_an_archive_unavailable(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "archive").write_bytes(b"")

    with pytest.raises(ArchiveUnavailable, match="Free space"):
        DirectoryArchive(tmp_path / "archive").put_new(KEY, b"x")


@pytest.mark.parametrize("url", ["", "http://x", "s3://", "s3://key:secret@bucket", "s3://b?secret=1", "file://host/x"])
def test_an_address_of_another_kind_is_a_configuration_error(url: str) -> None:
    """The message shows what an address looks like."""
    with pytest.raises(ConfigurationError, match="s3://bucket"):
        open_archive(url)


@pytest.mark.servers
def test_a_store_that_does_not_answer_is_an_archive_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens on the port."""
    from governance.adapters import s3

    monkeypatch.setattr(s3, "CONNECT_SECONDS", 0.2)
    silent = s3.S3Archive("bucket", endpoint="http://127.0.0.1:9", credentials=("k", "s"))

    with pytest.raises(ArchiveUnavailable, match=r"127\.0\.0\.1:9"):
        silent.put_new(KEY, b"x")
    with pytest.raises(ArchiveUnavailable):
        silent.exists(KEY)
