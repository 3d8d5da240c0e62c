"""Writers and sealers, each a process; after a fifth of the puts that succeed the process gets SIGKILL.

    python -m tests.race ARCHIVE KEYS FOLDER KILLS

prints the number of kills; FOLDER/<n>.ack holds what writer n was told to be stored, one key a line.
A killed process is forked anew, as a supervisor would. The bundle that a killed writer had in hand is taken up again by
its successor every other time, and left to the sealers else.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from governance.adapters.archive import open_archive
from governance.adapters.keys import load_keys
from governance.evidence import Archive, Keys, Log, store_bundle, sweep
from tests.evidence_builders import make_run

WRITERS, SEALERS, RUNS_PER_KILL = 16, 8, 3
PAUSE, LONGEST = 20, 10.0  # a sealer rests up to so many times as long as its sweep took, and not longer than so (s)


class Mortal:
    """An archive in the hands of a process that dies right after a fifth of the puts that succeed."""

    def __init__(self, archive: Archive, seed: str) -> None:
        self._archive, self._chance = archive, random.Random(seed)

    def put_new(self, key: str, body: bytes, **lock: Any) -> bool:
        """As the archive does, and perhaps the last thing that this process does."""
        created = self._archive.put_new(key, body, **lock)
        if created and self._chance.random() < 0.2:
            os.kill(os.getpid(), signal.SIGKILL)
        return created

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)


class Race:
    """All processes over one archive, until enough of them were killed or there is nothing left to write."""

    def __init__(self, address: str, keys: Keys, folder: Path, kills: int) -> None:
        self._archive, self._mine = open_archive(address), open_archive(address)  # a connection is not shared by forks
        self._log, self._folder, self._wanted = Log(), folder, kills
        runs = [make_run(keys, number) for number in range(RUNS_PER_KILL * kills)]
        self._runs = [runs[number::WRITERS] for number in range(WRITERS)]
        self._abandoned = [0] * WRITERS
        self._lives: dict[int, tuple[int, int]] = {}  # process to (who, which life)

    def run(self) -> int:
        """The number of kills."""
        kills = 0
        for who in range(WRITERS + SEALERS):
            self._fork(who, 0)
        while self._lives:
            process, status = os.wait()
            who, life = self._lives.pop(process)
            if os.WIFSIGNALED(status):
                kills += 1
                self._abandoned[who % WRITERS] += who < WRITERS and life % 2
                if kills < self._wanted:
                    self._fork(who, life + 1)
            elif status:
                sys.exit(f"process {who} failed")
            if kills >= self._wanted or not any(who < WRITERS for who, _ in self._lives.values()):
                (self._folder / "stop").touch()
        return kills

    def _fork(self, who: int, life: int) -> None:
        self._log.refresh(self._mine)  # a supervisor's successor need not read the log from its beginning
        process = os.fork()
        if process:
            self._lives[process] = who, life
            return
        archive: Any = Mortal(self._archive, f"{who} {life}")
        work: Callable[[Any, int], None] = self._write if who < WRITERS else self._seal
        try:
            work(archive, who)
        except BaseException as error:  # noqa: BLE001  a child must not run on as its parent
            print(f"{who}: {error!r}", file=sys.stderr)
            os._exit(1)
        os._exit(0)

    def _write(self, archive: Any, who: int) -> None:
        told = self._folder / f"{who}.ack"
        told.touch()
        done = len(told.read_text().splitlines()) + self._abandoned[who]
        with told.open("a") as acknowledged:
            for key, body in self._runs[who][done:]:
                if self._stopped():
                    return
                store_bundle(archive, key, body, log=self._log)
                print(key, file=acknowledged, flush=True)

    def _seal(self, archive: Any, _who: int) -> None:
        while not self._stopped():
            begun = time.monotonic()
            sweep(archive, log=self._log)
            time.sleep(min(LONGEST, random.uniform(0, PAUSE) * (time.monotonic() - begun)))

    def _stopped(self) -> bool:
        return (self._folder / "stop").exists()


if __name__ == "__main__":
    print(Race(sys.argv[1], load_keys(Path(sys.argv[2])), Path(sys.argv[3]), int(sys.argv[4])).run())
