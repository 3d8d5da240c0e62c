"""A store that does not answer is asked again; one that refuses is a fault. Neither tells a secret."""

import http.server
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.adapters.s3 import make_locked_bucket
from governance.adapters.seaweed import SeaweedFS
from governance.errors import SourceUnavailable
from governance.registry.system import Labels, Source
from tests.row_builders import a_system, home, pull, texts

S3, DATABASE = Source(address="s3://rows/in"), Source(address="${ROWS_DATABASE}", query="SELECT 1 AS id")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry folder, with credentials in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "S3cret-word")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ROWS_DATABASE", "postgresql://user:S3cret-word@127.0.0.1:9/loans")
    return home(tmp_path / "home")


class Answering(http.server.BaseHTTPRequestHandler):
    """A server with one answer to all."""

    status = 503

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name is the library's

    def log_message(self, *_words: object) -> None:
        """Keep quiet."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, here: Path) -> Iterator[type[Answering]]:
    """An S3 endpoint that fails inside."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.server_port}")
        yield Answering
        server.shutdown()


@pytest.mark.servers
@pytest.mark.parametrize("source", [S3, DATABASE], ids=["s3", "database"])
@pytest.mark.parametrize("role", ["predictions", "reference", "labels"])
def test_nobody_listening_is_worth_another_try(here: Path, source: Source, role: str) -> None:
    """Refused connections raise, whatever they should have given, and name no secret."""
    system = a_system(**{role: Labels(source=source) if role == "labels" else source})

    with pytest.raises(SourceUnavailable, match=r"no answer|NETWORK_CONNECTION") as raised:
        pull(system, here)

    assert "S3cret" not in repr(raised.value.faults) + str(raised.value)
    assert "a-key" not in str(raised.value)


@pytest.mark.servers
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_store_that_fails_inside_is_worth_another_try(here: Path, failing: type[Answering], status: int) -> None:
    """HTTP 5xx and `too many requests` pass."""
    failing.status = status

    with pytest.raises(SourceUnavailable, match=str(status)):
        pull(a_system(predictions=S3), here)


@pytest.mark.servers
def test_a_store_that_refuses_is_a_fault(here: Path, failing: type[Answering]) -> None:
    """HTTP 403 will be 403 again."""
    failing.status = 403

    window = pull(a_system(predictions=S3), here)

    assert window.current is None
    assert texts(window).startswith("s3://rows/in: expected an object that can be read, found S3 error ACCESS_DENIED.")


@pytest.mark.servers
@pytest.mark.parametrize("address", ["s3://{}/none", "s3://{}/none.csv", "s3://{}/*.csv", "s3://no-such-bucket/in"])
@pytest.mark.parametrize("secret", [True, False], ids=["right", "wrong secret"])
def test_missing_objects_and_wrong_keys_are_faults(
    here: Path, seaweed: SeaweedFS, monkeypatch: pytest.MonkeyPatch, address: str, secret: bool
) -> None:
    """A real S3 server answers; the answer is told without its text."""
    bucket, keys = f"rows-{secrets.token_hex(4)}", (seaweed.admin.key, seaweed.admin.secret)
    make_locked_bucket(bucket, seaweed.endpoint, keys)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[0])
    if secret:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[1])

    window = pull(a_system(predictions=Source(address=address.format(bucket))), here)

    assert window.current is None
    assert len(window.faults) == 1
    assert window.faults[0].place.file == address.format(bucket)
    assert keys[0] not in texts(window)
    assert window.reference is not None


QUERIES = {
    "no query": ("", "none"),
    "no such table": ("SELECT * FROM nowhere", "error 42P01 UndefinedTable"),
    "not SQL": ("PLEASE", "error 42601 SyntaxError"),
    "two commands": ("SELECT 1; DROP TABLE x", "error 42601 SyntaxError"),
    "a write": ("INSERT INTO x VALUES (1) RETURNING *", "error 42601 SyntaxError"),
    "a write within": ("SELECT setval('numbers', 1)", "error 25006 ReadOnlySqlTransaction"),
    "a single percent sign": ("SELECT 1 WHERE %(start)s < now() AND 'a' LIKE '%'", "error ProgrammingError"),
    "a name twice": ("SELECT 1 AS id, 2 AS id", "a name given twice"),
    "a value that will not cast": ("SELECT 'S3cret-row'::int AS id", "error 22P02 InvalidTextRepresentation"),
    "a time past 9999": ("SELECT 'infinity'::timestamptz AS id", "error DataError"),
    "no column of ours": ("SELECT 1 AS x", "no such column"),
}


@pytest.mark.servers
@pytest.mark.parametrize(("query", "found"), QUERIES.values(), ids=QUERIES)
def test_a_query_that_cannot_be_read_is_a_fault(
    here: Path, postgres: str, monkeypatch: pytest.MonkeyPatch, query: str, found: str
) -> None:
    """SQLSTATE and name are told, never the server's text."""
    import psycopg

    monkeypatch.setenv("ROWS_DATABASE", postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS numbers")

    window = pull(a_system(predictions=Source(address="${ROWS_DATABASE}", query=query)), here)

    assert window.current is None
    assert window.faults[0].found == found
    assert "S3cret" not in texts(window)
    assert "/var/tmp" not in texts(window)


@pytest.mark.servers
@pytest.mark.parametrize("change", [("/postgres?", "/none?"), ("//postgres:", "//nobody:S3cret")], ids=["base", "user"])
def test_a_database_that_refuses_is_a_fault(
    here: Path, postgres: str, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]
) -> None:
    """No such database, no such user: another try changes nothing."""
    monkeypatch.setenv("ROWS_DATABASE", postgres.replace(*change))

    window = pull(a_system(predictions=DATABASE), here)

    assert window.faults[0].found == "one that the server or its address refuses"
    assert "S3cret" not in texts(window)


@pytest.mark.servers
def test_a_query_may_use_the_bounds_of_the_window(here: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """%(start)s and %(end)s are moments; a percent sign is then written twice."""
    monkeypatch.setenv("ROWS_DATABASE", postgres)
    query = """SELECT n::text AS id, %(start)s + (n || ' hours')::interval AS time, 1 AS prediction, 0.5 AS score,
        0 AS label, 'a%%' AS region, NULL AS branch, 'f' AS sex, '{}'::json AS "income.net", n AS age
        FROM generate_series(0, 9) n WHERE %(start)s + (n || ' hours')::interval < %(end)s"""

    window = pull(a_system(predictions=Source(address="${ROWS_DATABASE}", query=query)), here)

    assert [(fault.place.line, fault.place.column) for fault in window.faults] == [
        (row, "income.net") for row in range(1, 11)
    ]
    good = pull(
        a_system(predictions=Source(address="${ROWS_DATABASE}", query=query.replace("'{}'::json", "1.5"))), here
    )
    assert good.current is not None
    assert good.current.rows == 10


@pytest.mark.servers
def test_half_a_key_pair_is_a_fault(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of the store."""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    window = pull(a_system(predictions=S3), here)

    assert window.faults[0].found == "S3 error INVALID_SETTINGS"


@pytest.mark.servers
@pytest.mark.parametrize("address", ["s3://", "s3:///in", "s3://Bad_Bucket/in"])
def test_an_address_without_a_bucket_is_told(here: Path, failing: type[Answering], address: str) -> None:
    """It never gets as far as a traceback."""
    failing.status = 404

    window = pull(a_system(predictions=Source(address=address)), here)

    assert window.current is None
    assert window.faults
