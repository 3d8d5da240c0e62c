"""Deploy: one scheduled deployment per system, in step with the registry, by digest.

Applies what changed, removes what was retired, touches nothing that it does not manage (no `managed-by` tag of ours).
"""

from asyncio import Semaphore, gather
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.responses import DeploymentResponse
from prefect.flows import Flow
from prefect.schedules import Cron

from governance.registry.registry import Registry
from governance.registry.system import System

MANAGED = "managed-by:aims-registry"
ENTRYPOINT = "flows/monitor.py:monitor"
PAGE = 200
AT_ONCE = 8


@dataclass(frozen=True)
class Deployed:
    """What a synchronisation did, by system id."""

    applied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def digest_of(system: System, text: str) -> str:
    """The digest of what a deployment depends on: the registry entry and the version of this code."""
    return sha256(f"{version('aims')}\n{system.id}\n{text}".encode()).hexdigest()[:16]


async def managed(client: PrefectClient) -> dict[str, DeploymentResponse]:
    """Every deployment that the registry manages on this server, by name."""
    found: dict[str, DeploymentResponse] = {}
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[MANAGED]))
    while page := await client.read_deployments(deployment_filter=ours, limit=PAGE, offset=len(found)):
        found |= {deployment.name: deployment for deployment in page}
    return found


async def sync_deployments(registry: Registry, *, pool: str = "aims") -> Deployed:
    """Make the server's deployments equal the registry.

    Args:
        registry: every system, with the text of its file.
        pool: the work pool; it must exist.
    """
    wanted = {one.id: digest_of(one, registry.texts[one.id]) for one in registry.systems.values()}
    async with get_client() as client:
        have = await managed(client)
        changed = [name for name, digest in wanted.items() if name not in have or have[name].version != digest]
        await _apply([registry.systems[name] for name in changed], wanted, pool)
        retired = sorted(set(have) - set(wanted))
        for name in retired:
            await client.delete_deployment(have[name].id)
    return Deployed(changed, retired, [name for name in wanted if name not in changed])


async def _apply(systems: list[System], digests: dict[str, str], pool: str) -> None:
    """Create or update the deployments of these systems, a few at a time."""
    source = await Flow.afrom_source(source=str(Path.cwd()), entrypoint=ENTRYPOINT)
    gate = Semaphore(AT_ONCE)

    async def apply(system: System) -> None:
        async with gate:
            deployment = await source.ato_deployment(
                name=system.id,
                description=f"{system.title}. Owner: {system.people.owner}. {system.purpose}",
                parameters={"system_id": system.id},
                version=digests[system.id],
                paused=system.schedule.paused,
                schedules=[
                    Cron(system.schedule.cron, timezone=system.schedule.zone or system.window.zone, slug="main")
                ],
                tags=[MANAGED, f"system:{system.id}", f"owner:{system.people.owner}"],
                concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy="CANCEL_NEW"),
            )
            await deployment.aapply(work_pool_name=pool)

    await gather(*map(apply, systems))
