"""The one door to Arrow: batches out of parquet and CSV files, parquet files written the same way, objects of S3.

Rules
1. Whatever the bytes, only `Unparsable` leaves this module, and `S3Failure` for a store; their text names no value.
2. Batches arrive checked and of few types: text (UTF-8), integers, floats, booleans, and dates and timestamps (with
   microseconds, in UTC or local) of the years 1 to 9999: polars wraps around or panics beyond.
3. A file written here depends on its rows alone: fixed row groups, compression and schema, no metadata of ours.
4. No statistics are written: DuckDB takes NaN-free bounds from them and then counts no NaN at all.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.fs
import pyarrow.parquet as pq

from governance.adapters.layout import Kind

ROW_GROUP = 131_072
BLOCK = 8 << 20
PER_DAY = {"day": 1, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000}
FIRST_DAY, LAST_DAY = ((date(*day) - date(1970, 1, 1)).days for day in ((1, 1, 3), (9999, 12, 29)))
TYPES = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.TIME: pa.timestamp("us", "UTC"),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "local time": pa.timestamp("us"),
}


class Unparsable(ValueError):
    """Bytes that Arrow cannot read: why (without a value), and the column and row (from 0) where they are known."""

    def __init__(self, why: str, column: str = "", row: int | None = None) -> None:
        super().__init__(why)
        self.why, self.column, self.row = why, column, row


@contextmanager
def _only_unparsable() -> Iterator[None]:
    """Turn every error that bad bytes raise inside Arrow into `Unparsable`."""
    try:
        yield
    except Unparsable:
        raise
    except Exception as error:  # noqa: BLE001 - bad bytes raise a dozen kinds: Arrow, OS, value, key, memory
        raise Unparsable(f"bytes that Arrow cannot read ({type(error).__name__})") from None


def csv_batches(path: Path, columns: list[str], delimiter: str, *, multiline: bool) -> Iterator[Any]:
    """Batches of text from a UTF-8 file with a header; an empty cell is null; empty lines are skipped.

    `multiline` says whether a quoted cell may hold line ends.

    Raises:
        Unparsable: ragged rows, text that is not UTF-8, a row of more than 8 MiB.
    """
    with _only_unparsable():
        reader = pyarrow.csv.open_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=multiline),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                include_columns=columns,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        with reader:
            yield from reader


def parquet_names(path: Path) -> list[str]:
    """The names of a parquet file's columns.

    Raises:
        Unparsable: the file is truncated, encrypted or not parquet.
    """
    with _only_unparsable(), pq.ParquetFile(path) as file:
        return list(file.schema_arrow.names)


def parquet_rows(path: Path) -> int:
    """How many rows a parquet file says it has."""
    with _only_unparsable(), pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def parquet_batches(path: Path, columns: list[str]) -> Iterator[Any]:
    """Batches of plain, checked columns.

    Raises:
        Unparsable: broken pages, a nested or otherwise unfit type, text that is not UTF-8.
    """
    first = 0
    with _only_unparsable(), pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as file:
        for batch in file.iter_batches(batch_size=ROW_GROUP, columns=columns):
            yield pa.table({name: _plain(batch.column(name), name, first) for name in columns})
            first += batch.num_rows


def _plain(array: Any, name: str, first: int) -> Any:
    """A column as one of the plain types, fully checked."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array, kind = array.dictionary_decode(), kind.value_type
    if pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return array.cast(pa.string())
    if pa.types.is_float16(kind):
        return array.cast(pa.float32())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        array = array.view(pa.string()) if pa.types.is_binary(kind) else array.cast(pa.binary()).view(pa.string())
    elif not _is_plain(kind):
        raise Unparsable(f"a column of type {_name(kind)}", name)
    _check(array, name, first)
    return _bounded(array, name, first) if pa.types.is_temporal(kind) else array


def _bounded(array: Any, name: str, first: int) -> Any:
    """Dates as days, timestamps in microseconds, in UTC if they know their zone; checked to be of the years 1 to 9999.

    A timestamp with a zone is a moment whichever zone it is, so fixed offsets and unknown zones do no harm.
    """
    kind = array.type
    unit = "day" if pa.types.is_date32(kind) else "ms" if pa.types.is_date64(kind) else kind.unit
    if unit != "ns":  # those reach from 1677 to 2262 only
        counts = array.view(pa.int32() if unit == "day" else pa.int64())
        first_count, end_count = FIRST_DAY * PER_DAY[unit], LAST_DAY * PER_DAY[unit]
        beyond = pc.or_(pc.less(counts, first_count), pc.greater_equal(counts, end_count))
        if (row := pc.index(beyond, value=True).as_py()) >= 0:
            raise Unparsable("a time outside the years 1 to 9999", name, first + row)
    if pa.types.is_date(kind):
        return array.cast(pa.date32())
    target = pa.timestamp("us", "UTC" if kind.tz else None)
    return array.cast(options=pc.CastOptions(target_type=target, allow_time_truncate=True))


def _is_plain(kind: Any) -> bool:
    """Whether cells of an Arrow type are single plain values."""
    tests = ("boolean", "integer", "floating", "date", "timestamp", "string", "large_string", "string_view")
    return any(getattr(pa.types, f"is_{test}")(kind) for test in tests)


def _name(kind: Any) -> str:
    """The name of a type without what is inside it (field names may be anything)."""
    return str(kind).split("<", maxsplit=1)[0].split("[", maxsplit=1)[0]


def _check(array: Any, name: str, first: int) -> None:
    """Check a column in full; name the first row that fails."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        raise Unparsable("bytes that are not UTF-8 text", name, first + _first_bad(array)) from None


def _first_bad(array: Any) -> int:
    """The position of the first invalid cell, by halving."""
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            array.slice(low, middle - low).validate(full=True)
        except pa.ArrowInvalid:
            high = middle
        else:
            low = middle
    return low


class Sink:
    """A parquet file that grows by tables and is written in row groups of fixed size, whatever the tables' sizes."""

    def __init__(self, path: Path, layout: Mapping[str, str], plain: tuple[str, ...] = ()) -> None:
        """Open the file; `layout` gives each column a key of TYPES; text but in `plain` (ids) is dictionary-encoded."""
        self.rows = 0
        self._schema = pa.schema([(name, TYPES[kind]) for name, kind in layout.items()])
        texts = [name for name, kind in layout.items() if kind is Kind.TEXT and name not in plain]
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="snappy", use_dictionary=texts, write_statistics=False, store_schema=False
        )
        self._waiting: list[Any] = []
        self._count = 0

    def write(self, frame: Any) -> None:
        """Add rows: any object that gives an Arrow stream, with the layout's columns."""
        table = pa.table(frame).select(self._schema.names).cast(self._schema)
        self.rows += table.num_rows
        self._count += table.num_rows
        self._waiting.append(table)
        if self._count >= ROW_GROUP:
            self._flush(self._count - self._count % ROW_GROUP)

    def write_rows(self, rows: list[tuple[Any, ...]]) -> None:
        """Add rows of Python values, in the layout's order."""
        columns = dict(zip(self._schema.names, zip(*rows, strict=True), strict=True))
        self.write(pa.table(columns, schema=self._schema))

    def close(self) -> None:
        """Write what waits and the footer."""
        if self._count:
            self._flush(self._count)
        self._writer.close()

    def _flush(self, rows: int) -> None:
        """Write the first `rows` waiting rows in row groups of fixed size."""
        table = pa.concat_tables(self._waiting).combine_chunks()
        for start in range(0, rows, ROW_GROUP):
            group = table.slice(start, min(ROW_GROUP, rows - start))
            self._writer.write_table(group, row_group_size=ROW_GROUP)
        self._count -= rows
        self._waiting = [table.slice(rows)] if self._count else []


SILENT = ("NETWORK_CONNECTION", "INTERNAL_FAILURE", "SERVICE_UNAVAILABLE", "SLOW_DOWN", "THROTTLING", "REQUEST_TIMEOUT")


class S3Failure(OSError):
    """S3 refused (by what code), or did not answer (`silent`)."""

    def __init__(self, code: str, *, silent: bool) -> None:
        super().__init__(code)
        self.code, self.silent = code, silent


@contextmanager
def _only_s3_failure() -> Iterator[None]:
    """Turn what Arrow raises for S3 into `S3Failure`; of its text, which holds keys and hosts, only the code stays."""
    try:
        yield
    except FileNotFoundError:
        raise S3Failure("NO_SUCH_KEY", silent=False) from None
    except ValueError:  # half a key pair, no bucket's name: refused before anything was sent
        raise S3Failure("INVALID_SETTINGS", silent=False) from None
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the local disk, not the store
        found = re.search(r"AWS Error (?:UNKNOWN \(HTTP status (\d+)\)|([A-Z_]+))", str(error))
        status, code = (found[1], found[2]) if found else (None, None)
        code = code or (f"HTTP {status}" if status else "no code")
        silent = (
            code in SILENT or (status or "") in {"408", "429"} or (status or "").startswith("5") or code == "no code"
        )
        raise S3Failure(code, silent=silent) from None


class S3Bucket:
    """One bucket, read only. Path style for an endpoint of one's own, as S3-compatible stores want it.

    Raises:
        S3Failure: by every method; after one repetition, five seconds to connect, a minute without a byte.
    """

    def __init__(self, bucket: str, endpoint: str, ca_file: str = "", **credentials: str | None) -> None:
        scheme, _, host = endpoint.rpartition("://")
        self._bucket = bucket
        with _only_s3_failure():
            self._files = pyarrow.fs.S3FileSystem(
                **credentials,
                **({"endpoint_override": host.rstrip("/"), "scheme": scheme or "https"} if endpoint else {}),
                **({"tls_ca_file_path": ca_file} if ca_file else {}),
                connect_timeout=5,
                request_timeout=60,
                retry_strategy=pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=2),
            )

    def is_object(self, key: str) -> bool:
        """Whether there is an object with this very key."""
        with _only_s3_failure():
            info = self._files.get_file_info(f"{self._bucket}/{key}")
            return bool(info.type == pyarrow.fs.FileType.File)

    def keys(self, folder: str) -> list[str]:
        """The keys of all objects below a folder (`` for all), in name order."""
        with _only_s3_failure():
            below = pyarrow.fs.FileSelector(
                f"{self._bucket}/{folder}".rstrip("/"), recursive=True, allow_not_found=True
            )
            infos = self._files.get_file_info(below)
        found = [info.path for info in infos if info.type == pyarrow.fs.FileType.File]
        return sorted(path.removeprefix(f"{self._bucket}/") for path in found)

    def facts(self, key: str) -> dict[str, str]:
        """What a HEAD tells of an object: ETag, VersionId, Content-Length, Last-Modified, if the store has them."""
        with _only_s3_failure(), self._files.open_input_file(f"{self._bucket}/{key}") as file:
            return {name: value.decode("utf-8", "replace") for name, value in file.metadata().items()}

    def download(self, key: str, into: Path) -> None:
        """Write an object's bytes to a local file."""
        with (
            _only_s3_failure(),
            self._files.open_input_stream(f"{self._bucket}/{key}") as source,
            into.open("wb") as out,
        ):
            while block := source.read(BLOCK):
                out.write(block)
