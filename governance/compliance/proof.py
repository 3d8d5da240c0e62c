"""What the bundle of a run holds and says: verdict, policy, pages, and an in-toto test result about them.

ISO/IEC 42001 9.1 (monitoring, measurement) and A.6.2.6; EU AI Act Art. 12, 19, 26(6).
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from governance.evidence.address import bundle_key
from governance.evidence.statement import Statement, test_result_statement
from governance.verdict import Status, Verdict
from governance.window import Period

RESULT = {Status.PASS: "PASSED", Status.INSUFFICIENT: "WARNED", Status.ALARM: "FAILED", Status.ERROR: "FAILED"}


def run_key(verdict: Verdict) -> str:
    """Where the run's bundle stands: by system, window and revision, so that a repeated run finds its own."""
    return bundle_key(verdict.bundle_id, verdict.end)


def window_key(system: str, period: Period, revision: int = 0) -> str:
    """Where the bundle of a run stands that has not been read: by what it is about."""
    return bundle_key(f"{system}.{period.name}.r{revision}", period.end)


def run_members(verdict: Verdict, system_yaml: str, pages: Mapping[str, bytes]) -> dict[str, bytes]:
    """The payload: verdict.json, the registry entry in force, and the pages; names relative to data/."""
    return {"verdict.json": verdict.to_json(), "system.yaml": system_yaml.encode(), **pages}


def run_statement(
    verdict: Verdict, members: Mapping[str, bytes], *, origin: str, created: datetime, **more: Any
) -> Statement:
    """The in-toto test result of a run.

    Args:
        verdict: what was judged.
        members: what the bundle will hold, by name.
        origin: the archive's origin, as in its checkpoints.
        created: the claimed time (UTC).
        more: further JSON values for the `aims` extension, such as `flowRun`.
    """
    named = {status: sorted({one.name for one in verdict.of(status)}) for status in Status}
    return test_result_statement(
        archive=origin,
        key=run_key(verdict),
        system=verdict.system,
        created=created,
        result=RESULT[verdict.status],
        passed=named[Status.PASS],
        warned=named[Status.INSUFFICIENT],
        failed=sorted(named[Status.ALARM] + named[Status.ERROR]),
        subject={"data/verdict.json": sha256(members["verdict.json"]).hexdigest()} | _digests(verdict, "window"),
        configuration={"data/system.yaml": sha256(members["system.yaml"]).hexdigest()} | _digests(verdict, "reference"),
        window=verdict.window,
        model=verdict.model or None,
        **more,
    )


def _digests(verdict: Verdict, part: str) -> dict[str, str]:
    """What was read as `window` or `reference`, name to sha256."""
    return {name: digest for name, digest in sorted(verdict.data.items()) if name.startswith(part)}
