"""What processes and databases use: CPU and memory from /proc, sizes in MB."""

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Meter:
    """CPU and memory of a process and of all that it starts, read from /proc."""

    pid: int
    base: float = 0.0
    memory: float = 0.0
    greatest: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def family(self) -> list[int]:
        """The process and its living descendants."""
        parents: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
        found = [self.pid]
        for one in found:
            found += parents.get(one, [])
        return found

    def cpu(self) -> float:
        """Seconds of CPU since the meter was set, of living and of ended processes."""
        spent = 0
        for one in self.family():
            with contextlib.suppress(OSError):
                spent += sum(int(value) for value in _fields(Path(f"/proc/{one}/stat"))[11:15])
        return spent / TICK - self.base

    def look(self) -> None:
        """Note the memory now (PSS, MB)."""
        total = 0
        for one in self.family():
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
                total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
        self.memory = total / 1024
        self.greatest = max(self.greatest, self.memory)


def _fields(stat: Path) -> list[str]:
    """The fields of a stat file behind the name: state, parent and so on."""
    return stat.read_text().rpartition(")")[2].split()


def size(folder: Path) -> float:
    """MB under a folder."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 2**20


def grown(folder: Path, postgres: str) -> float:
    """MB of Prefect's database."""
    if not postgres:
        return size(folder / "prefect")
    import psycopg  # noqa: PLC0415 - only asked for with --postgres

    with psycopg.connect(postgres) as base:
        row = base.execute("SELECT pg_database_size(current_database())").fetchone()
    return float(row[0]) / 2**20 if row else 0.0


def postmaster(postgres: str) -> int:
    """The process of a PostgreSQL on this machine."""
    import psycopg  # noqa: PLC0415 - only asked for with --postgres

    with psycopg.connect(postgres) as base:
        return int(_fields(Path(f"/proc/{base.info.backend_pid}/stat"))[1])
