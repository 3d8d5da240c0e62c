"""Archive: sign the bundle of a run, put it into the log, and hand back the record that stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import runtime, task
from prefect.cache_policies import NO_CACHE

from governance.adapters.outbox import deliver_waiting
from governance.adapters.workplace import Workplace
from governance.compliance.proof import run_key, run_members, run_statement
from governance.errors import ArchiveUnavailable
from governance.evidence import Receipt, build_bundle, read_bundle, store_bundle
from governance.registry.system import System
from governance.verdict import Verdict
from tasks.retrying import after

BESIDE = ("evidently.html",)  # 340 kB and made of evidently.json: shown beside the bundle, not kept in it


@dataclass(frozen=True)
class Signed:
    """A signed bundle: its key and its bytes."""

    key: str
    body: bytes


@task(task_run_name="sign {verdict.bundle_id}", cache_policy=NO_CACHE)
def sign_bundle(
    system: System, verdict: Verdict, pages: Mapping[str, bytes], earlier: Mapping[str, str] | None = None
) -> Signed:
    """The run's bundle, signed; it names the verdict that it supersedes. Without a key there is no bundle: KeyFault."""
    here = Workplace.here()
    kept = {name: body for name, body in pages.items() if name not in BESIDE}
    members = run_members(verdict, here.registry.texts[system.id], kept)
    statement = run_statement(
        verdict,
        members,
        origin=here.settings.origin,
        created=datetime.now(UTC),
        flowRun=str(runtime.flow_run.id or "") or None,
        supersedes=dict(earlier) if earlier else None,
    )
    key = run_key(verdict)
    signer = here.keys.statement
    return Signed(key, build_bundle(bundle_id=verdict.bundle_id, members=members, statement=statement, signer=signer))


@task(
    task_run_name="archive {signed.key}",
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=after(ArchiveUnavailable),
    cache_policy=NO_CACHE,
)
def put_bundle(system: System, signed: Signed) -> Receipt:
    """Put the bundle and seal it; who was first stands. Bundles of earlier runs that wait are delivered too."""
    here = Workplace.here()
    keep = here.retain_until(system)
    deliver_waiting(here, keep)
    return store_bundle(
        here.archive, signed.key, signed.body, keep, log=here.log, log_signer=here.keys.log, origin=here.settings.origin
    )


def archive_bundle(system: System, signed: Signed) -> Receipt | None:
    """The receipt; None when the archive stayed away and the signed bundle waits in the outbox."""
    try:
        return put_bundle(system, signed)
    except ArchiveUnavailable:
        here = Workplace.here()
        path = here.outbox / signed.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_bytes(signed.body)
        path.with_suffix(".part").replace(path)
        return None


def record_of(
    receipt: Receipt | None, verdict: Verdict, pages: Mapping[str, bytes]
) -> tuple[Verdict, Mapping[str, bytes]]:
    """The verdict and pages that stand in the archive: ours, or those of the run that was first."""
    if receipt is None or receipt.created:
        return verdict, pages
    here = Workplace.here()
    members = read_bundle(here.archive.get(receipt.key), receipt.key).members
    kept = {name: body for name, body in members.items() if name.rpartition(".")[2] in ("html", "json")}
    return Verdict.from_json(kept.pop("verdict.json")), {**pages, **kept}
