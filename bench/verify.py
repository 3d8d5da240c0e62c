"""How long verification of a whole archive takes, beside two floors, all measured in turn in one run.

    python bench/verify.py [BUNDLES]

Twice: on the clock, as `aims verify` works, by a process for each processor; and in CPU seconds, by one thread.
The floor is one thread's in both.

floor of cryptography   one SHA-256 over each bundle and one P-256 verification each, the bytes being in memory
floor of an auditor     the same, and each file read once
Beyond both, verify hashes every member a second time (the manifests), parses tar, envelope and statement, and holds
each byte against the one spelling that its format allows.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.evidence import (
    Keys,
    build_bundle,
    bundle_key,
    checkpoint,
    initialise_archive,
    read_bundle,
    seal,
    test_result_statement,
    verify_archive,
)
from governance.evidence.root import trusted_keys
from governance.evidence.signature import PublicKey

ORIGIN = "example.org/bench"
MEMBERS = {"verdict.json": b'{"result":"PASSED"}' * 40, "policy.yaml": b"psi: 0.2\n", "page.html": b"<p>r</p>" * 2000}


def build(folder: Path, keys: Keys, bundles: int) -> list[str]:
    """An archive of that many bundles in a folder; their keys. Files are written plainly: fsync is not measured."""
    archive = DirectoryArchive(folder)
    initialise_archive(archive, keys, ORIGIN)
    now, stored = datetime.now(UTC), []
    for number in range(bundles):
        key, body = run(keys, number, now)
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        stored.append(key)
    log = seal(archive, stored)
    checkpoint(archive, keys.log, ORIGIN, log=log)
    return stored


def run(keys: Keys, number: int, now: datetime) -> tuple[str, bytes]:
    """Key and bytes of a run's bundle."""
    name = f"credit-scoring.w{number:06d}.r0"
    key = bundle_key(name, now)
    statement = test_result_statement(
        archive=ORIGIN, key=key, system="credit-scoring", created=now, result="PASSED", passed=["psi:x1"]
    )
    return key, build_bundle(bundle_id=name, members=MEMBERS, statement=statement, signer=keys.statement)


def least(clock: Callable[[], float], *works: Callable[[], object]) -> list[float]:
    """The least seconds of each, in turn, five times: neighbours on the machine disturb all of them alike."""
    spent = [float("inf")] * len(works)
    for _ in range(5):
        for at, work in enumerate(works):
            start = clock()
            work()
            spent[at] = min(spent[at], clock() - start)
    return spent


def verification(folder: Path, keys: Keys, bundles: int) -> None:
    """Verify an archive beside the floors."""
    stored = build(folder, keys, bundles)
    archive = DirectoryArchive(folder)
    bodies = [archive.get(key) for key in stored]
    envelopes = [read_bundle(body).envelope for body in bodies]
    public = PublicKey.from_pem(trusted_keys(keys)[0].pem, "key")
    size = sum(map(len, bodies)) / bundles
    print(f"{bundles} bundles of {size:.0f} bytes; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    ways = {
        "clock": (time.perf_counter, lambda: verify_archive(archive, reopen=lambda: DirectoryArchive(folder))),
        "CPU": (time.process_time, lambda: verify_archive(archive, workers=1)),
    }
    for name, (clock, work) in ways.items():
        hashed, checked, read, full = least(
            clock,
            lambda: [sha256(body).digest() for body in bodies],
            lambda: [envelope.signed_by(public) for envelope in envelopes],
            lambda: [len(archive.get(key)) for key in stored],
            work,
        )
        floor = hashed + checked
        print(f"{name}: verify {full:.2f} s, {1e6 * full / bundles:.0f} µs a bundle")
        print(f"  = {full / floor:.2f} x the floor of cryptography: SHA-256 {hashed:.2f} s + P-256 {checked:.2f} s")
        print(f"  = {full / (floor + read):.2f} x the floor of an auditor: and reading {read:.2f} s")
    print(verify_archive(archive).lines()[-1])


def main(bundles: int) -> None:
    """Print a few lines."""
    with tempfile.TemporaryDirectory() as folder:
        verification(Path(folder) / "archive", create_keys(Path(folder) / "keys"), bundles)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
