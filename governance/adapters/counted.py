"""Drift that was counted where the rows lie, in the archive: written by `aims drift`, with the SQL that was asked.

The bundle `<system>.drift.<window>` holds drift.json (what verdict.json says, of drift alone), the registry's entry and
sql/*.sql. Cuts at the reference's quantiles are row data: the text has :cut_1, :cut_2, ... in their place.
"""

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from governance.adapters.pull import Pull
from governance.adapters.working import SCRATCH
from governance.adapters.workplace import Workplace
from governance.compliance.proof import RESULT
from governance.errors import UnreadableInput
from governance.evidence import Receipt, build_bundle, bundle_key, store_bundle, test_result_statement
from governance.evidence.canonical import canonical_json
from governance.registry.system import System
from governance.verdict import Status, Verdict
from governance.window import Period, Table

FORMAT = "aims-drift/1"
MEMBER = "drift.json"


def reference_here(system: System, period: Period, home: Path, into: Path, now: datetime) -> Table:
    """The reference as a run would pull it; of the window nothing is read.

    Raises:
        UnreadableInput: it cannot be read; every fault is told.
        SourceUnavailable: a store did not answer.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=into) as scratch:
        pull = Pull(system, period, home, into, Path(scratch))
        labels = pull.read_labels(mature=system.matured(period, now))
        reference, faults = pull.reference()
    if reference is None or labels:
        raise UnreadableInput(*labels, *faults)
    return reference


def sql_files(asked: Mapping[str, str]) -> dict[str, bytes]:
    """What was asked, as files: a number, and the question's name in a comment."""
    return {
        f"sql/{number:03d}.sql": f"-- {json.dumps(name)}\n{text}".encode()
        for number, (name, text) in enumerate(asked.items(), 1)
    }


def drift_json(verdict: Verdict, sql: Mapping[str, bytes]) -> bytes:
    """The results as canonical JSON, with the digest of every question."""
    told = json.loads(verdict.to_json()) | {"format": FORMAT}
    return canonical_json(told | {"sql": {name: sha256(text).hexdigest() for name, text in sql.items()}})


def archive_drift(
    here: Workplace, system: System, verdict: Verdict, asked: Mapping[str, str], now: datetime
) -> Receipt:
    """Sign and store the results and the SQL; the first bundle of a window stands."""
    name, sql = f"{system.id}.drift.{verdict.window}", sql_files(asked)
    key, body = bundle_key(name, verdict.end), drift_json(verdict, sql)
    members = {MEMBER: body, "system.yaml": here.registry.texts[system.id].encode(), **sql}
    named = {status: sorted(one.name for one in verdict.of(status)) for status in Status}
    statement = test_result_statement(
        archive=here.settings.origin,
        key=key,
        system=system.id,
        created=now,
        result=RESULT[verdict.status],
        passed=named[Status.PASS],
        warned=named[Status.INSUFFICIENT],
        failed=sorted(named[Status.ALARM] + named[Status.ERROR]),
        subject={f"data/{MEMBER}": sha256(body).hexdigest()},
        configuration={"data/system.yaml": sha256(members["system.yaml"]).hexdigest(), **verdict.data},
        window=verdict.window,
        model=verdict.model or None,
    )
    bundle = build_bundle(bundle_id=name, members=members, statement=statement, signer=here.keys.statement)
    keep, log_key, origin = here.retain_until(system), here.keys.log, here.settings.origin
    return store_bundle(here.archive, key, bundle, keep, log=here.log, log_signer=log_key, origin=origin)
