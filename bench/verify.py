"""How long verification takes, beside the floor: SHA-256 of every bundle and one P-256 verification each.

python bench/verify.py [BUNDLES]        CPU seconds of this process, in one run, on one archive
"""

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


def build(archive: DirectoryArchive, keys: Keys, bundles: int) -> list[str]:
    """An archive of that many bundles; their keys."""
    initialise_archive(archive, keys, ORIGIN)
    now, stored = datetime.now(UTC), []
    for number in range(bundles):
        name = f"credit-scoring.w{number:06d}.r0"
        key = bundle_key(name, now)
        statement = test_result_statement(
            archive=ORIGIN, key=key, system="credit-scoring", created=now, result="PASSED", passed=["psi:x1"]
        )
        body = build_bundle(bundle_id=name, members=MEMBERS, statement=statement, signer=keys.statement)
        archive.put_new(key, body)
        stored.append(key)
    log = seal(archive, stored)
    checkpoint(archive, keys.log, ORIGIN, log=log)
    return stored


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(bundles: int) -> None:
    """Print one line a measurement."""
    with tempfile.TemporaryDirectory() as folder:
        archive, keys = DirectoryArchive(Path(folder) / "archive"), create_keys(Path(folder) / "keys")
        stored: list[str] = []
        built = cpu(lambda: stored.extend(build(archive, keys, bundles)))
        bodies = [archive.get(key) for key in stored]
        envelopes = [read_bundle(body).envelope for body in bodies]
        public = PublicKey.from_pem(trusted_keys(keys)[0].pem, "key")
        floor = cpu(lambda: [sha256(body).digest() for body in bodies])
        floor += cpu(lambda: [envelope.signed_by(public) for envelope in envelopes])
        report: list[str] = []
        full = cpu(lambda: report.extend(verify_archive(archive, workers=1).lines()))
    size, each = sum(map(len, bodies)) / len(bodies), 1000 * built / bundles
    print(f"{bundles} bundles of {size:.0f} bytes: built and signed in {built:.2f} s, {each:.2f} ms each")
    print(f"floor (sha256 + P-256) {floor:.2f} s; verify {full:.2f} s = {full / floor:.1f} x the floor")
    print(report[-1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
