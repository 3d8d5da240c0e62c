"""How long verification takes, beside two floors; what the log costs at a million entries; requests to S3 a run.

python bench/verify.py [BUNDLES]        CPU seconds of this process, in one run, on one archive

floor of cryptography   one SHA-256 over each bundle and one P-256 verification each, the bytes being in memory
floor of an auditor     the same, and each file read once
Beyond both, verify hashes every member a second time (the manifests), parses tar, envelope and statement, and holds
each byte against the one spelling that its format allows.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.evidence import (
    Entry,
    Keys,
    Log,
    build_bundle,
    bundle_key,
    checkpoint,
    initialise_archive,
    read_bundle,
    seal,
    store_bundle,
    test_result_statement,
    verify_archive,
)
from governance.evidence.checkpoint import sign_checkpoint
from governance.evidence.log import parse_text
from governance.evidence.note import Checkpoint
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


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def verification(folder: Path, keys: Keys, bundles: int) -> None:
    """Verify an archive beside the floors."""
    stored: list[str] = []
    built = cpu(lambda: stored.extend(build(folder / "archive", keys, bundles)))
    archive, bodies = DirectoryArchive(folder / "archive"), [b""]
    read = cpu(lambda: bodies.extend(archive.get(key) for key in stored))
    envelopes = [read_bundle(body).envelope for body in bodies[1:]]
    public = PublicKey.from_pem(trusted_keys(keys)[0].pem, "key")
    hashed = cpu(lambda: [sha256(body).digest() for body in bodies])
    checked = cpu(lambda: [envelope.signed_by(public) for envelope in envelopes])
    size, least = sum(map(len, bodies)) / bundles, hashed + checked
    bodies.clear()
    envelopes.clear()
    report: list[str] = []
    full = cpu(lambda: report.extend(verify_archive(archive, workers=1).lines()))
    print(f"{bundles} bundles of {size:.0f} bytes: built, signed, written in {built:.2f} s")
    print(f"verify {full:.2f} s, {1e6 * full / bundles:.0f} µs a bundle")
    print(f"  = {full / least:.1f} x the floor of cryptography: SHA-256 {hashed:.2f} s + P-256 {checked:.2f} s")
    print(f"  = {full / (least + read):.1f} x the floor of an auditor: and reading {read:.2f} s")
    print(report[-1])


def long_log(entries: int, keys: Keys) -> None:
    """Append to and sign a log of a million entries; its text, and the frontier that a writer keeps."""
    lines = [Entry(f"{number:064x}", f"bundle/2026/11/24/05/s.w{number:07d}.r0.tar") for number in range(entries)]
    log = Log()
    built = cpu(lambda: log.append(lines))
    text = log.text()
    kept: list[list[Entry]] = []
    parsed = cpu(lambda: kept.append(parse_text(text.partition(b"\n")[2])))
    more = [Entry("f" * 64, f"bundle/2026/11/24/06/s.w{number:07d}.r0.tar") for number in range(1000)]
    append = cpu(lambda: [log.append([entry]) for entry in more])
    sign = cpu(lambda: sign_checkpoint(Checkpoint(ORIGIN, len(log), log.root()), keys.log))
    print(
        f"log of {entries} entries: {len(text) / 1e6:.0f} MB of text, hashed in {built:.1f} s, parsed in {parsed:.1f} s"
    )
    print(f"  one more entry {1000 * append:.1f} µs; a checkpoint {1e6 * sign:.0f} µs, {log.hashes} hashes kept")


def requests(folder: Path, keys: Keys) -> None:
    """Requests and bytes that one run costs on S3, at the tenth run of a process."""
    from governance.adapters.s3 import S3Archive  # noqa: PLC0415  boto3 only where it is used
    from governance.adapters.seaweed import SeaweedFS  # noqa: PLC0415

    sent: Counter[str] = Counter()
    with SeaweedFS(folder / "store") as server:
        archive = S3Archive(
            server.bucket, endpoint=server.endpoint, credentials=(server.writer.key, server.writer.secret)
        )
        archive.on_request(lambda method: sent.update([method]))
        until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
        initialise_archive(archive, keys, ORIGIN, retain_until=until)
        log = Log()
        for number in range(10):
            sent.clear()
            key, body = run(keys, number, datetime.now(UTC))
            receipt = store_bundle(archive, key, body, until, log=log, log_signer=keys.log, origin=ORIGIN)
    written = len(body) + len(log.entries[-1].line) + len(receipt.checkpoint or "")
    listed = ", ".join(f"{count} {method}" for method, count in sorted(sent.items()))
    print(
        f"one run on S3 (bundle, seal, checkpoint; locks read back): {sent.total()} requests"
        f" ({listed}), {written} bytes"
    )


def main(bundles: int) -> None:
    """Print a few lines a measurement."""
    with tempfile.TemporaryDirectory() as folder:
        keys = create_keys(Path(folder) / "keys")
        verification(Path(folder), keys, bundles)
        requests(Path(folder), keys)
    long_log(1_000_000, keys)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
