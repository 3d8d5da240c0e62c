"""Small archives with real signatures, for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from governance.evidence import (
    Archive,
    Keys,
    Log,
    Root,
    Statement,
    build_bundle,
    bundle_key,
    initialise_archive,
    store_bundle,
    test_result_statement,
)

ORIGIN = "example.org/aims"
HOUR = datetime(2026, 11, 24, 5, tzinfo=UTC)
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MEMBERS = {"verdict.json": b'{"result":"FAILED"}', "policy.yaml": b"psi: 0.2\n", "reports/index.html": b"<p>r</p>" * 99}


def run_id(number: int, system: str = "credit-scoring") -> str:
    """`credit-scoring.w0007.r0`."""
    return f"{system}.w{number:04d}.r0"


def run_statement(key: str, *, created: datetime | None = None, **more: Any) -> Statement:
    """A failed run about one window."""
    return test_result_statement(
        archive=more.pop("archive", ORIGIN),
        key=key,
        system="credit-scoring",
        created=created or datetime.now(UTC),
        result="FAILED",
        passed=["psi:x1"],
        failed=["equal-opportunity:sex"],
        subject={"window.parquet": DIGEST},
        configuration={"data/policy.yaml": DIGEST},
        **more,
    )


def make_run(
    keys: Keys, number: int = 1, *, hour: datetime = HOUR, members: Mapping[str, bytes] = MEMBERS, **said: Any
) -> tuple[str, bytes]:
    """Key and bytes of a run's bundle."""
    key = bundle_key(run_id(number), hour)
    statement = run_statement(key, **said)
    return key, build_bundle(bundle_id=run_id(number), members=members, statement=statement, signer=keys.statement)


def fill(archive: Archive, keys: Keys, runs: int, **options: Any) -> tuple[Root, list[str], list[str]]:
    """Begin the archive and store runs; its root, the bundles' keys, and the checkpoint after each."""
    root = initialise_archive(archive, keys, ORIGIN, **options)
    retain_until, log, stored, heads = options.get("retain_until"), Log(), [], []
    for number in range(runs):
        key, body = make_run(keys, number)
        receipt = store_bundle(archive, key, body, retain_until, log=log, log_signer=keys.log, origin=ORIGIN)
        stored.append(key)
        heads.append(receipt.checkpoint or "")
    return root, stored, heads
