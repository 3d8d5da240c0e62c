"""A store that is busy, or whose answer is lost: asked again with growing, random pauses, and written once.

The store is real; a proxy before it is busy or swallows answers as the test says.
"""

import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import SeaweedFS
from governance.errors import ArchiveUnavailable
from governance.evidence import Keys, Log, initialise_archive, store_bundle
from tests.evidence_builders import ORIGIN, make_run
from tests.servers import locked_bucket

pytestmark = pytest.mark.servers
KEY = "bundle/2026/11/24/05/a.tar"


class Proxy(BaseHTTPRequestHandler):
    """Forwards to `target`, except that each PUT takes the next word of `plan`: busy, lost, or (when it ends) none."""

    protocol_version = "HTTP/1.1"
    target = ""
    plan: ClassVar[list[str]] = []
    puts: ClassVar[list[float]] = []

    def forward(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        word = ""
        if self.command == "PUT":
            self.puts.append(time.monotonic())
            word = self.plan.pop(0) if self.plan else ""
        if word == "busy":
            self.send_response_only(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        store = http.client.HTTPConnection(self.target, timeout=20)
        store.request(self.command, self.path, body, dict(self.headers))
        answer = store.getresponse()
        told = answer.read()
        store.close()
        if word == "lost":  # the store has it, and nobody hears of it
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told if self.command != "HEAD" else b"")

    do_GET = do_PUT = do_HEAD = forward  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def unsteady(seaweed: SeaweedFS) -> Iterator[S3Archive]:
    """An empty bucket behind the proxy."""
    bucket, admin = locked_bucket(seaweed).name[5:].partition("?")[0], (seaweed.admin.key, seaweed.admin.secret)
    Proxy.target, Proxy.plan, Proxy.puts = seaweed.endpoint.removeprefix("http://"), [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield S3Archive(bucket, endpoint=f"http://127.0.0.1:{server.server_port}", credentials=admin)
        server.shutdown()


def test_a_busy_store_is_asked_again(unsteady: S3Archive) -> None:
    """Twice it has no time, then it takes the object."""
    Proxy.plan = ["busy", "busy"]

    assert unsteady.put_new(KEY, b"record") is True
    assert len(Proxy.puts) == 3
    assert unsteady.get(KEY) == b"record"


def test_a_lost_answer_is_not_taken_for_a_loss(unsteady: S3Archive) -> None:
    """The repeat meets its own first try: the record is ours, and there is one version of it."""
    Proxy.plan = ["lost"]

    assert unsteady.put_new(KEY, b"record") is True
    assert len(Proxy.puts) == 2
    assert len(list(unsteady.versions(KEY))) == 1


def test_a_lost_answer_to_a_loser_is_a_loss(unsteady: S3Archive) -> None:
    """Another writer was first, and the loser hears it only at the second try."""
    assert unsteady.put_new(KEY, b"first") is True
    Proxy.plan = ["lost"]

    assert unsteady.put_new(KEY, b"second") is False
    assert unsteady.get(KEY) == b"first"


@pytest.mark.long
def test_a_bundle_whose_answers_were_all_lost_stands_in_the_log_once(unsteady: S3Archive, signing_keys: Keys) -> None:
    """Bundle, seal: each is stored, each answer is lost once."""
    initialise_archive(unsteady, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)
    Proxy.plan = ["lost", "", "lost", ""]

    receipt = store_bundle(unsteady, key, body)

    assert receipt.created
    assert [entry.key for entry in Log.load(unsteady)].count(key) == 1
    assert Proxy.plan == []


@pytest.mark.long
def test_a_store_that_stays_busy_is_unavailable_after_five_tries(unsteady: S3Archive) -> None:
    """The caller puts the bundle into its outbox."""
    Proxy.plan = ["busy"] * 9

    with pytest.raises(ArchiveUnavailable, match="an answer from the store"):
        unsteady.put_new(KEY, b"record")

    assert len(Proxy.puts) == 5
    pauses = [later - before for before, later in zip(Proxy.puts, Proxy.puts[1:], strict=False)]
    assert len({round(pause, 2) for pause in pauses}) > 1  # random, not in step with other clients


@pytest.mark.long
def test_a_bundle_that_the_store_did_not_confirm_is_no_receipt(unsteady: S3Archive, signing_keys: Keys) -> None:
    """Nothing is acknowledged that nobody can read: the seal never arrived."""
    initialise_archive(unsteady, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)
    Proxy.plan = ["", *["busy"] * 5]

    with pytest.raises(ArchiveUnavailable):
        store_bundle(unsteady, key, body)

    assert key not in Log.load(unsteady)
    assert store_bundle(unsteady, key, body).created is False
    assert key in Log.load(unsteady)
