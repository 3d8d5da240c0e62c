"""A reference in a store is fetched again only when it may have changed, and a change is always seen."""

import secrets
from collections.abc import Callable
from pathlib import Path

import polars as pl
import psycopg
import pytest

from checks.columns import SortedReference
from checks.judge import judge
from governance.adapters.arrow import S3Bucket
from governance.adapters.seaweed import SeaweedFS
from governance.registry.system import Labels, Source, System
from governance.window import Table
from tests.row_builders import a_system, home, month, pull, rows, rows_bucket

pytestmark = pytest.mark.servers

Put = Callable[[str, pl.DataFrame], None]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A registry folder with predictions."""
    return home(tmp_path / "home")


@pytest.fixture
def bucket(seaweed: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> tuple[System, Put]:
    """A system whose reference is two objects of a real bucket, and what writes an object there."""
    name, files = rows_bucket(seaweed, monkeypatch)

    def put(key: str, frame: pl.DataFrame) -> None:
        with files.open_output_stream(f"{name}/ref/{key}") as out:
            out.write(frame.write_csv().encode())

    put("a.csv", rows().head(450))
    put("b.csv", rows().slice(450))
    return a_system(reference=Source(address=f"s3://{name}/ref")), put


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the objects whose bytes are asked for."""
    keys: list[str] = []
    download = S3Bucket.download

    def noted(self: S3Bucket, key: str, into: Path) -> None:
        keys.append(key)
        download(self, key, into)

    monkeypatch.setattr(S3Bucket, "download", noted)
    return keys


def reference(system: System, folder: Path, window: str = "2026-10") -> Table:
    """The reference of a pull."""
    found = pull(system, folder, month(window))
    assert found.reference is not None, found.faults
    return found.reference


def test_objects_that_are_unchanged_are_not_fetched_again(
    bucket: tuple[System, Put], here: Path, fetched: list[str]
) -> None:
    """The next window has the same reference, and the columns that were sorted stay."""
    first = reference(bucket[0], here)
    SortedReference(first).values("age")
    kept = {path: path.stat().st_ino for path in (here / "work/references").rglob("*")}
    assert fetched == ["ref/a.csv", "ref/b.csv"]
    fetched.clear()

    second = reference(bucket[0], here, "2026-11")

    assert second == first
    assert fetched == []
    assert {path: path.stat().st_ino for path in (here / "work/references").rglob("*")} == kept


def test_the_verdict_is_the_same_byte_for_byte(bucket: tuple[System, Put], here: Path, fetched: list[str]) -> None:
    """With what was kept, and by a machine that has kept nothing."""
    system = bucket[0]
    judge(system, pull(system, here))
    fetched.clear()

    kept = judge(system, pull(system, here, month("2026-11"))).to_json()
    assert fetched == []
    (here / "work").rename(here / "work-of-before")
    fresh = judge(system, pull(system, here, month("2026-11"))).to_json()

    assert fetched == ["ref/a.csv", "ref/b.csv"]
    assert kept == fresh


def changed_in_place(put: Put) -> None:
    """Another text of the same length under the same key."""
    put("b.csv", rows().slice(450).with_columns(sex=pl.lit("f")))


def added(put: Put) -> None:
    """One object more."""
    put("c.csv", rows().head(9).with_columns(id=pl.col("id") + 10**6))


@pytest.mark.parametrize("change", [changed_in_place, added])
def test_a_reference_that_changed_is_seen(
    change: Callable[[Put], None], bucket: tuple[System, Put], here: Path
) -> None:
    """The change stands in the next window's reference, and in the names and digests of what was read."""
    system, put = bucket
    first = reference(system, here)
    change(put)

    second = reference(system, here)

    assert second.sha256 != first.sha256
    assert second.inputs != first.inputs


def test_the_same_bytes_put_again_are_the_same_reference(
    bucket: tuple[System, Put], here: Path, fetched: list[str]
) -> None:
    """They are fetched once more, and then known."""
    system, put = bucket
    first = reference(system, here)
    put("a.csv", rows().head(450))
    fetched.clear()

    assert reference(system, here) == first
    assert reference(system, here) == first
    assert fetched == ["ref/a.csv", "ref/b.csv"]


def test_an_object_that_is_replaced_while_it_is_fetched_is_fetched_again(
    bucket: tuple[System, Put], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told before the fetch is not taken for what came."""
    system, put = bucket
    download, left = S3Bucket.download, [changed_in_place]

    def meanwhile(self: S3Bucket, key: str, into: Path) -> None:
        download(self, key, into)
        if key == "ref/b.csv" and left:
            left.pop()(put)

    monkeypatch.setattr(S3Bucket, "download", meanwhile)
    first = reference(system, here)

    second = reference(system, here)

    assert left == []
    assert second.sha256 != first.sha256
    assert not list((here / "work/references").glob(f"{first.path.name}.fetched.json"))


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"stamp": 1}', b"[]", b"\xff"])
def test_a_damaged_note_costs_a_fetch_and_no_more(
    damage: bytes, bucket: tuple[System, Put], here: Path, fetched: list[str]
) -> None:
    """And so does a reference's file that is gone."""
    system = bucket[0]
    first = reference(system, here)
    (note,) = (here / "work/references").glob("*.fetched.json")
    note.write_bytes(damage)
    assert reference(system, here) == first
    first.path.unlink()
    fetched.clear()

    assert reference(system, here) == first
    assert len(fetched) == 2


def test_another_reading_of_the_same_objects_is_fetched(bucket: tuple[System, Put], here: Path) -> None:
    """What the registry says of a reference counts beside its objects."""
    system, _put = bucket
    whole = reference(system, here)
    some = Source(address=system.reference.address, since="2026-10-01")  # type: ignore[arg-type]

    assert reference(system.model_copy(update={"reference": some}), here).rows < whole.rows


def test_labels_that_changed_change_the_reference_they_are_joined_to(
    seaweed: SeaweedFS, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its objects are the same."""
    name, files = rows_bucket(seaweed, monkeypatch)
    with files.open_output_stream(f"{name}/ref.csv") as out:
        out.write(rows().drop("label").write_csv().encode())
    rows().select("id", "label").write_csv(here / "labels.csv")
    labels = Labels(source=Source(address="labels.csv"), delay_days=1)
    system = a_system(reference=Source(address=f"s3://{name}/ref.csv"), labels=labels)
    first = reference(system, here)
    assert reference(system, here) == first
    rows().select("id", label=1 - pl.col("label")).write_csv(here / "labels.csv")

    second = reference(system, here)

    assert second.sha256 != first.sha256
    assert second.inputs[0] == first.inputs[0]


def test_a_query_is_asked_again_and_what_was_sorted_is_kept_while_its_rows_are_the_same(
    postgres: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing cheaper proves a query's rows; their digest finds the reference that was sorted before."""
    table = f"ref_{secrets.token_hex(4)}"
    monkeypatch.setenv("ROWS_DATABASE", postgres)
    types = """id bigint, "time" timestamptz, prediction int, score float8, label smallint, age numeric,
        "income.net" float8, region text, branch int, sex char(1), unused text"""
    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} ({types})")
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(rows().write_csv())
    system = a_system(reference=Source(address="${ROWS_DATABASE}", query=f"SELECT * FROM {table} ORDER BY id"))  # noqa: S608 - our own name
    first = reference(system, here)
    SortedReference(first).values("age")
    kept = {path: path.stat().st_ino for path in (here / "work/references").rglob("*")}

    assert reference(system, here, "2026-11") == first
    assert {path: path.stat().st_ino for path in (here / "work/references").rglob("*")} == kept
    with psycopg.connect(postgres) as connection:
        connection.execute(f"UPDATE {table} SET age = 99 WHERE id = 1000")  # noqa: S608 - our own name

    assert reference(system, here).sha256 != first.sha256
