"""Plugin with real parts for tests: signing keys, directory archives, S3 servers with Object Lock.

Fixtures: `signing_keys`, `directory_archive`, `seaweed` and `radosgw` (session), `s3_archive` (a locked bucket on
SeaweedFS), `archive` (a folder, and a bucket on each server). `BUCKETS` are the servers a fixture may be run over.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.s3 import S3Archive, make_locked_bucket
from governance.adapters.seaweed import Credentials, SeaweedFS
from governance.evidence import Archive, Keys
from tests.radosgw_server import INSTALL, Radosgw, missing_programs

BUCKETS = [
    pytest.param("seaweed", marks=pytest.mark.servers),
    pytest.param("radosgw", marks=(pytest.mark.servers, pytest.mark.long, pytest.mark.radosgw)),
]


class S3Server(Protocol):
    """An S3 server with Object Lock, and the key of whoever owns its buckets."""

    admin: Credentials

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:<port>`."""


def locked_bucket(server: S3Server, settle: int | None = 0) -> S3Archive:
    """An empty locked bucket of its own, opened with the owner's key; its seals are settled at once, unless asked."""
    bucket, admin = f"test-{secrets.token_hex(6)}", (server.admin.key, server.admin.secret)
    make_locked_bucket(bucket, server.endpoint, admin)
    return S3Archive(bucket, endpoint=server.endpoint, credentials=admin, settle=settle)


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


@pytest.fixture(scope="session")
def radosgw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radosgw]:
    """Ceph's S3 server, running; skipped where it is not installed."""
    if missing := missing_programs():
        pytest.skip(f"no {', '.join(missing)} here: {INSTALL}")
    with Radosgw(tmp_path_factory.mktemp("radosgw")) as server:
        yield server


@pytest.fixture
def s3_archive(seaweed: SeaweedFS) -> S3Archive:
    """An empty locked bucket on SeaweedFS."""
    return locked_bucket(seaweed)


@pytest.fixture(params=["directory", *BUCKETS])
def archive(request: pytest.FixtureRequest, directory_archive: DirectoryArchive) -> Archive:
    """Every kind of archive in turn, empty."""
    return directory_archive if request.param == "directory" else locked_bucket(request.getfixturevalue(request.param))
