"""Which store an address belongs to: by its scheme."""

import os
from datetime import datetime
from pathlib import Path

from governance.adapters.faults import broken
from governance.adapters.files import LocalStore
from governance.adapters.objects import BucketStore
from governance.adapters.stores import Store, address
from governance.errors import UnreadableInput
from governance.registry.system import Source


def open_store(source: Source, home: Path, bounds: tuple[datetime | None, datetime | None]) -> Store:
    """The store of a source; `bounds` are what a query may use.

    Raises:
        UnreadableInput: a variable is not set, or no store knows the scheme.
    """
    where = address(source.address)
    scheme, mark, _rest = where.real.partition("://")
    match scheme if mark else "file":
        case "file":
            return LocalStore(where, home)
        case "s3":
            return BucketStore(where, os.environ)
        case "postgresql" | "postgres":
            from governance.adapters.postgres import PostgresStore  # noqa: PLC0415 - libpq only where it is needed

            return PostgresStore(where, source.query, bounds)
        case "spark":
            from governance.adapters.spark import SparkStore  # noqa: PLC0415 - a session only where it is needed

            return SparkStore(where, source.query, bounds)
        case _:
            mend = "Use a path, s3://, postgresql:// or spark:// in the registry."
            raise UnreadableInput(broken(where.shown, "a known kind of address", "another", mend))
