"""Time-stamping authorities are an option: a real one of `openssl ts` over HTTP, one that lies, one that is away."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from governance.adapters.anchoring import anchor_checkpoint
from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.settings import Settings
from governance.adapters.timestamp import verify_token
from governance.adapters.workplace import Workplace
from governance.evidence import checkpoint, verify_archive
from tests.evidence_builders import ORIGIN, fill
from tests.trust_builders import make_authority, reply

pytestmark = pytest.mark.servers


@contextmanager
def serving(authority: Path) -> Iterator[str]:
    """The address of an authority: it answers every query with a time stamp (RFC 3161, 3.4)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            is_query = self.headers["Content-Type"] == "application/timestamp-query"
            token = reply(authority, query) if is_query else b"not a query"
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(token)))
            self.end_headers()
            self.wfile.write(token)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        server.server_close()


def test_authorities_are_asked_by_each_checkpoint_and_every_failure_is_told(tmp_path: Path) -> None:
    """One token is stored and counts; a stranger's is not stored; who is away is named. The checkpoint stays good."""
    for name in ("known", "stranger"):
        (tmp_path / name).mkdir()
    known, stranger = make_authority(tmp_path / "known"), make_authority(tmp_path / "stranger")
    state = tmp_path / "state"
    keys = create_keys(state / "keys")
    fill(DirectoryArchive(state / "archive"), keys, 1, authorities=(known / "tsa.pem").read_bytes())
    with serving(known) as good, serving(stranger) as bad:
        asked = f"good={good}, bad={bad}, away=http://127.0.0.1:9/tsa"
        places = (tmp_path, state, (state / "archive").as_uri(), state / "keys", ORIGIN, "", "")
        here = Workplace(Settings(*places, timestamp_authorities=asked))
        note = checkpoint(here.archive, keys.log, ORIGIN)
        assert note

        stored, faults = anchor_checkpoint(here, note, datetime.now(UTC) + timedelta(days=1))

    report = verify_archive(here.archive, timestamps=verify_token)
    assert stored == ["log/anchor/000/000/008/good.tsr"]
    assert len(faults) == 2
    assert "by a known authority" in faults[0]
    assert "127.0.0.1:9" in faults[1]
    assert report.ok, report.lines()
    assert "1 time stamp to entry 8 (" in report.strength
