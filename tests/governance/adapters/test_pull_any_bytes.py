"""Whatever the bytes, pulling gives a window or faults; it never raises."""

import gzip
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from governance.registry.system import Labels, Source
from governance.window import Period, Window
from tests.row_builders import LATER, a_system, pull, rows

EVER = Period(datetime(1, 2, 1, tzinfo=UTC), datetime(9999, 11, 1, tzinfo=UTC), "2026-10")
SYSTEM = a_system(predictions=Source(address="rows"), reference=Source(address="rows"))
HEADER = "id,time,prediction,score,label,age,income.net,region,branch,sex"

buffer = BytesIO()
rows(40).write_parquet(buffer, row_group_size=20)
PARQUET = buffer.getvalue()

cell = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["", '"', "2026-10-05", "0000-01-01", "9999-12-31T23:59:59Z", "1e999", "NaN", "\r", "\n", "\0"]),
    st.datetimes().map(str),
    st.floats().map(str),
)
table = st.lists(st.lists(cell, min_size=9, max_size=11).map(",".join), max_size=6)
delimited = st.builds(lambda lines: "\n".join((HEADER, *lines)).encode("utf-8", "surrogatepass"), table)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A parquet file with some bytes overwritten, or cut."""
    whole = bytearray(PARQUET)
    for _ in range(draw(st.integers(0, 8))):
        whole[draw(st.integers(0, len(whole) - 1))] = draw(st.integers(0, 255))
    return bytes(whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole)


def pulled(content: bytes, **changes: object) -> Window:
    """The window of a file with this content."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rows").write_bytes(content)
        return pull(SYSTEM.model_copy(update=changes), Path(folder), EVER, LATER)


def is_whole(window: Window) -> bool:
    """Whether it was read in full, or says why not."""
    return (window.current is not None and window.reference is not None) != bool(window.faults)


@pytest.mark.parametrize("name", ["rows", "rows.parquet"])
@given(content=st.one_of(st.binary(max_size=300), delimited, damaged(), delimited.map(gzip.compress)))
@example(content=b"")
@example(content=b"PAR1PAR1")
@example(content=gzip.compress(PARQUET))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_give_a_window_or_faults(name: str, content: bytes) -> None:
    """One file of predictions and reference, of any bytes."""
    window = pulled(content, predictions=Source(address="rows", format="parquet" if "." in name else "auto"))

    assert is_whole(window)


@given(content=st.one_of(st.binary(max_size=300), delimited, damaged()))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_give_labels_or_faults(content: bytes) -> None:
    """Labels apart, of any bytes."""
    window = pulled(content, labels=Labels(source=Source(address="rows")))

    assert is_whole(window)


@given(
    pattern=st.one_of(
        st.text(max_size=8), st.sampled_from(["%Y", "%y", "%d/%m/%Y", "%s", "%", "%Z", "%j", "%G-W%V-%u"])
    ),
    content=delimited,
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_pattern_gives_a_window_or_faults(pattern: str, content: bytes) -> None:
    """A time format of any text."""
    window = pulled(content, columns=SYSTEM.columns.model_copy(update={"time_format": pattern}))

    assert is_whole(window)
