"""Where a window's rows came from: which row of the window's file was which line of which delivered file.

Kept beside the window's file as `<file>.origins.json`, so that a fault found when the window is judged can be told by
file and line. It holds names of files and numbers, no row. A window that is put together from too many pieces has none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

MOST_RUNS = 4096


def origins_path(table: Path) -> Path:
    """Where the origins of a table stand."""
    return table.with_name(f"{table.name}.origins.json")


@dataclass
class Origins:
    """Runs of rows that follow one another, in a file and in the window: [file's name, first row (from 0), rows]."""

    runs: list[list[int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, name: str, numbers: Iterable[int]) -> None:
        """Take note of rows of one file, in the window's order."""
        if not self.names or self.names[-1] != name:
            self.names.append(name)
        at = len(self.names) - 1
        for number in numbers:
            last = self.runs[-1] if self.runs else None
            if last and last[0] == at and last[1] + last[2] == number:
                last[2] += 1
            elif len(self.runs) <= MOST_RUNS:
                self.runs.append([at, number, 1])

    def keep(self, table: Path, first_lines: dict[str, int | None]) -> None:
        """Write them beside a table, unless they are too many; `first_lines` has the line of each file's first row."""
        path = origins_path(table)
        if len(self.runs) > MOST_RUNS:
            path.unlink(missing_ok=True)
            return
        files = [{"name": name, "first_line": first_lines.get(name)} for name in self.names]
        path.write_text(json.dumps({"files": files, "runs": self.runs}), "utf-8")


def place_of(table: Path, row: int) -> str:
    """The place of a window's row (from 0) in words: `calls.csv:17`, `calls.csv, row 16`, or nothing if unknown."""
    try:
        told = json.loads(origins_path(table).read_text("utf-8"))
        left = row
        for at, first, count in told["runs"]:
            if left < count:
                file = told["files"][at]
                line = file["first_line"]
                number = first + left
                return f"{file['name']}:{number + line}" if line else f"{file['name']}, row {number + 1}"
            left -= count
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return ""
    return ""
