"""What the log costs when it is long, and what one run costs at the store.

python bench/log.py [ENTRIES]

floor of the log        one leaf hash and one node hash an entry, the lines being in memory (RFC 6962 needs no fewer)
floor of a text         the file that a process leaves to the next (`log.txt`), read and split

Then whole runs of the monitor flow, as a worker makes them, on the embedded S3 store: every request counted where it
is sent, every byte where it is stored. CPU seconds: ours and the floor in turn, the least of three each.
"""

import asyncio
import os
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from governance.adapters.directory import DirectoryArchive
from governance.adapters.embedded import begin_archive, embedded_store, environment
from governance.adapters.kept_log import KeptLog
from governance.adapters.keys import create_keys
from governance.adapters.workplace import Workplace
from governance.evidence import Archive, Entry, Keys, Log
from governance.evidence.address import seal_key
from governance.evidence.checkpoint import sign_checkpoint
from governance.evidence.log import print_seal
from governance.evidence.note import Checkpoint

ORIGIN = "example.org/bench"
HOME = Path(__file__).parents[1] / "deployments"
SYSTEM, WINDOWS = "bike-demand", ("2011Q2", "2011Q3", "2011Q4")


def least(*works: Callable[[], object]) -> list[float]:
    """The least CPU seconds of each, in turn, three times."""
    spent = [float("inf")] * len(works)
    for _ in range(3):
        for at, work in enumerate(works):
            begun = time.process_time()
            work()
            spent[at] = min(spent[at], time.process_time() - begun)
    return spent


def hashed(lines: list[bytes]) -> None:
    """The floor of a tree."""
    for line in lines:
        leaf = sha256(b"\0" + line).digest()
        sha256(b"\1" + leaf + leaf).digest()


def appended(entries: list[Entry]) -> Log:
    """A log of all these."""
    log = Log()
    log.append(entries)
    return log


def long_log(count: int, keys: Keys) -> None:
    """Append, sign, keep and read back a log of that many entries."""
    entries = [Entry(f"{number:064x}", f"bundle/2026/11/24/05/s.w{number:07d}.r0.tar") for number in range(count)]
    lines = [entry.line.encode() for entry in entries]
    floor, ours = least(lambda: hashed(lines), lambda: appended(entries))
    log = appended(entries)
    more = iter([[Entry("f" * 64, f"bundle/2026/11/24/06/s.w{number:07d}.r0.tar")] for number in range(3000)])
    one, signed = least(
        lambda: [log.append(next(more)) for _ in range(1000)],
        lambda: [sign_checkpoint(Checkpoint(ORIGIN, len(log), log.root()), keys.log) for _ in range(100)],
    )
    text = b"".join(lines)
    kept = len(log.frontier.hashes)
    print(f"log of {count} entries, {len(text) / 1e6:.0f} MB of text, {kept} hashes kept to append and sign")
    print(f"  append all      {ours:6.2f} s = {ours / floor:4.1f} x the floor of hashing ({floor:.2f} s)")
    print(f"  append one more {1e3 * one:6.1f} µs = {1e6 * one / 1000 / (1e6 * floor / count):4.1f} x its two hashes")
    print(f"  checkpoint      {1e4 * signed:6.0f} µs, whatever the length")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.txt"
        archive = keep(entries, file, Path(folder) / "archive")
        plain, read = least(lambda: file.read_bytes().split(b"\n"), lambda: KeptLog(file).refresh(archive))
        seen = KeptLog(file)
        seen.refresh(archive)
        (asked,) = least(lambda: entries[count // 2].key in seen)
    print(f"  take up what was kept {read:6.2f} s = {read / plain:4.1f} x read and split the file ({plain:.2f} s)")
    print(f"  ask for one key {1e3 * asked:6.1f} ms")


def keep(entries: list[Entry], file: Path, folder: Path) -> DirectoryArchive:
    """Keep a log, a thousand lines a seal, as a process leaves it; the archive that holds its last seal."""
    log, archive = KeptLog(file), DirectoryArchive(folder)
    log.refresh(archive)
    for start in range(0, len(entries), 1000):
        log.append(entries[start : start + 1000])
    archive.put_new(seal_key(start), print_seal(entries[start:]))
    return archive


def memory(count: int) -> None:
    """Bytes that a log holds, an entry; measured on fewer, for the measuring is slow."""
    tracemalloc.start()
    log = Log()
    log.append([Entry(f"{number:064x}", f"bundle/2026/11/24/05/s.w{number:07d}.r0.tar") for number in range(count)])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = held / len(log)
    print(f"  memory          {each:6.0f} bytes an entry, its text included ({each:.0f} MB a million)")


def stored(archive: Archive) -> int:
    """Bytes of all versions."""
    return sum(version.size for version in archive.versions(""))


def runs(folder: Path) -> None:
    """Real runs of the monitor flow on S3, one after the other in one process: requests and bytes of each."""
    with embedded_store(folder) as server:
        os.environ.update(environment(folder, server), AIMS_HOME=str(HOME), PREFECT_LOGGING_LEVEL="ERROR")
        os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "300"
        from flows.monitor import monitor  # noqa: PLC0415  Prefect reads its settings when it is imported

        here = Workplace.here()
        begin_archive(here)
        sent: Counter[str] = Counter()
        here.archive.on_request(lambda method: sent.update([method]))  # type: ignore[attr-defined]  it is S3
        for window in WINDOWS:
            before, seals = stored(here.archive), len(list(here.archive.list("log/seal/")))
            sent.clear()
            state = asyncio.run(monitor(SYSTEM, window, return_state=True))
            told = ", ".join(f"{count} {method}" for method, count in sorted(sent.items()))
            requests, written = f"{sent.total()} requests ({told})", stored(here.archive) - before
            sealed = len(list(here.archive.list("log/seal/"))) - seals
            print(f"  {SYSTEM} {window} ({state.name}): {requests}, {written} bytes, {sealed} bundles")


def main(count: int) -> None:
    """Print a few lines a measurement."""
    with tempfile.TemporaryDirectory() as folder:
        long_log(count, create_keys(Path(folder) / "keys"))
        memory(min(count, 100_000))
        print("one run of the monitor flow, at the archive")
        runs(Path(folder) / "state")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
