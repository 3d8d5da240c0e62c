"""Opening an archive by its address: `file:///path` or `s3://bucket?endpoint=http://127.0.0.1:8333&region=us-east-1`.

`settle=SECONDS` says how old a seal must be to be signed; by default the store is tried (docs/formats/log.md).

Credentials for S3 come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), a profile or
the host's role, never from the address.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from governance.adapters.directory import DirectoryArchive
from governance.errors import ConfigurationError, Fault, Place
from governance.evidence.archive import Archive

EXAMPLES = "file:///path or s3://bucket?endpoint=https://host&region=us-east-1"


def open_archive(url: str, *, read_only: bool = False) -> Archive:
    """The archive at an address; a plain path is a directory.

    Args:
        url: see the module's docstring. `region` defaults to us-east-1.
        read_only: refuse every write.

    Raises:
        ConfigurationError: the address is none of these.
        ArchiveUnavailable: opened for reading, and there is no such folder.
    """
    parts = urlsplit(url)
    if parts.scheme in ("", "file") and not parts.netloc and parts.path:
        return DirectoryArchive(Path(unquote(parts.path) if parts.scheme else url), read_only=read_only)
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and _are_known(options):
        from governance.adapters.s3 import S3Archive  # noqa: PLC0415  boto3 costs 0.2 s that a directory need not pay

        region, settle = options.get("region", "us-east-1"), int(options["settle"]) if "settle" in options else None
        endpoint = options.get("endpoint")
        return S3Archive(parts.netloc, endpoint=endpoint, region=region, settle=settle, read_only=read_only)
    raise ConfigurationError(Fault(Place(), EXAMPLES, f"an address of scheme {parts.scheme!r}", "Write it like these."))


def _are_known(options: Mapping[str, str]) -> bool:
    return options.keys() <= {"endpoint", "region", "settle"} and options.get("settle", "0").isdecimal()
