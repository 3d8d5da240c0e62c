"""Where rows come from: one port, one store for each kind of address.

A store lists what an address names, in name order, and brings one item to a local path. `${NAME}` in an address is
taken from the environment; what is shown of such an address is the text of the registry, never the variable's value.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from governance.adapters.faults import broken
from governance.errors import UnreadableInput

WILD = re.compile(r"[*?\[]")
EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
ENDINGS = (".parquet", ".pq", ".csv", ".tsv", ".txt", ".gz")


@dataclass(frozen=True)
class Item:
    """One file, object or query: the name to speak of it, where the store finds it, its path below the address.

    `key` is empty for an address that names one thing: then nothing is to be chosen by name.
    """

    name: str
    place: str
    key: str = ""


class Store(Protocol):
    """What pull asks of a place."""

    def items(self) -> list[Item]:
        """All items of the address, in name order.

        Raises:
            UnreadableInput: there is nothing, or it may not be read.
            SourceUnavailable: the store does not answer.
        """

    def fetch(self, item: Item, into: Path) -> Path:
        """A local path that holds an item's bytes: its own, or `into`. Raises as `items` does."""

    def stamp(self, item: Item) -> str:
        """What changes whenever an item's bytes do, told without fetching them; empty where there is no such thing.

        Raises as `items` does.
        """


@dataclass(frozen=True)
class Address:
    """An address to open (`real`), and the same as it may be shown."""

    real: str
    shown: str

    @property
    def hidden(self) -> bool:
        """Whether part of it comes from the environment, so that only `shown` may be told."""
        return self.real != self.shown


def address(template: str, environment: Mapping[str, str] = os.environ) -> Address:
    """A registry address with its variables filled in.

    Raises:
        UnreadableInput: a variable is not set.
    """
    names = re.findall(r"\$\{(\w+)\}", template)
    shown = _without_secrets(template)
    if missing := sorted({name for name in names if not environment.get(name)}):
        mend = f"Set {', '.join(missing)} for the worker that runs this."
        raise UnreadableInput(broken(shown, "environment variables", f"{', '.join(missing)} not set", mend))
    return Address(re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], template), shown)


def _without_secrets(template: str) -> str:
    """An address without user and password, and for a database without its parameters."""
    if template.startswith(("postgresql://", "postgres://")):
        return re.sub(r"//\S*@", "//", template).partition("?")[0]
    return re.sub(r"//[^/\s]*@", "//", template)


def with_bounds(query: str, bounds: tuple[datetime | None, datetime | None], type_name: str) -> str:
    """A query whose %(start)s and %(end)s are written out as literals of a type of SQL.

    An open end is the year 1 or 9999. If the query uses neither, it stays as it is, percent signs and all.
    """
    if "%(" not in query:
        return query
    for name, moment in (("start", bounds[0] or EARLIEST), ("end", bounds[1] or LATEST)):
        query = query.replace(f"%({name})s", f"{type_name} '{moment.isoformat()}'")
    return query.replace("%%", "%")


def is_data(key: str) -> bool:
    """Whether a file in a folder is one of rows: by its ending; hidden ones and markers such as _SUCCESS are not."""
    return key.lower().endswith(ENDINGS) and not any(part[0] in "._" for part in key.split("/"))
