"""A wrong clock writes nothing: a real store, seen through a proxy that shifts the dates of its answers."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import SeaweedFS
from governance.adapters.store_clock import StoreClock
from governance.errors import EvidenceError

pytestmark = pytest.mark.servers


@contextmanager
def shifted(endpoint: str, by: timedelta) -> Iterator[str]:
    """The address of a proxy before the store, whose answers bear a date that is off."""
    target = endpoint.removeprefix("http://")

    class Proxy(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            store = http.client.HTTPConnection(target, timeout=20)
            store.request(self.command, self.path, body, dict(self.headers))
            answer = store.getresponse()
            told = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("date", "content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Date", format_datetime(datetime.now(UTC) + by, usegmt=True))
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told if self.command != "HEAD" else b"")
            store.close()

        do_GET = do_PUT = do_HEAD = do_POST = forward  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def seen_through(seaweed: SeaweedFS, s3_archive: S3Archive) -> Iterator[Callable[[timedelta], S3Archive]]:
    """Opens the same empty bucket behind a shifted clock."""
    from contextlib import ExitStack

    bucket, admin = s3_archive.name[5:].partition("?")[0], (seaweed.admin.key, seaweed.admin.secret)
    with ExitStack() as open_proxies:

        def open_at(by: timedelta) -> S3Archive:
            endpoint = open_proxies.enter_context(shifted(seaweed.endpoint, by))
            return S3Archive(bucket, endpoint=endpoint, credentials=admin)

        yield open_at


@pytest.mark.parametrize(("minutes", "words"), [(7, "ours 7 min behind"), (-7, "ours 7 min ahead")])
def test_nothing_is_written_with_a_clock_that_is_off(
    seen_through: Callable[[timedelta], S3Archive], s3_archive: S3Archive, minutes: int, words: str
) -> None:
    """The first write of a process asks the store for its time, and is refused with the mend."""
    with pytest.raises(EvidenceError, match=words):
        seen_through(timedelta(minutes=minutes)).put_new("bundle/2026/11/24/05/x.tar", b"x")

    assert list(s3_archive.list("")) == []


def test_a_clock_that_is_nearly_right_writes(seen_through: Callable[[timedelta], S3Archive]) -> None:
    """Two minutes do no harm."""
    archive = seen_through(timedelta(minutes=2))

    assert archive.put_new("bundle/2026/11/24/05/x.tar", b"x")
    assert archive.clock.fault("s3") is None


def test_a_date_that_is_none_is_passed_over() -> None:
    """A store without a readable date is not believed to be wrong."""
    clock = StoreClock()

    for date in (None, "", "yesterday", "Tue, 99 Nov 2026 05:00:00 GMT"):
        clock.read(date)

    assert clock.ahead is None
    assert clock.fault("s3") is None
