"""Plugin with real parts for tests: signing keys, directory archives, an S3 server with Object Lock.

Fixtures: `signing_keys`, `directory_archive`, `seaweed` (session), `s3_archive` (a locked bucket), `archive` (both).
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.s3 import S3Archive, make_locked_bucket
from governance.adapters.seaweed import SeaweedFS
from governance.evidence import Archive, Keys


@pytest.fixture(scope="session")
def signing_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """A P-256 statement key and an Ed25519 log key."""
    return create_keys(tmp_path_factory.mktemp("keys"), name="test-2026")


@pytest.fixture
def directory_archive(tmp_path: Path) -> DirectoryArchive:
    """An empty archive in a folder."""
    return DirectoryArchive(tmp_path / "archive")


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """The embedded S3 server, running."""
    with SeaweedFS(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def s3_archive(seaweed: SeaweedFS) -> S3Archive:
    """An empty locked bucket of its own."""
    bucket = f"test-{secrets.token_hex(6)}"
    admin = (seaweed.admin.key, seaweed.admin.secret)
    make_locked_bucket(bucket, seaweed.endpoint, admin)
    return S3Archive(bucket, endpoint=seaweed.endpoint, credentials=admin)


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.servers)])
def archive(request: pytest.FixtureRequest) -> Archive:
    """Every kind of archive in turn, empty."""
    found: Archive = request.getfixturevalue(f"{request.param}_archive")
    return found
