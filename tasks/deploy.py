"""Deploy: the schedules of the registry, by digest: one deployment per system, or beyond a hundred one per cadence.

Why a hundred: docs/decisions/0011-sweep.md. Applies what changed, removes what was retired, touches nothing that it
does not manage (no `managed-by` tag of ours).
"""

from asyncio import Semaphore, gather
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow
from prefect.schedules import Cron

from governance.errors import ConfigurationError, Fault, Place
from governance.registry.registry import Registry
from governance.registry.system import System

MANAGED = "managed-by:aims-registry"
MONITOR, SWEEP = "flows/monitor.py:monitor", "flows/sweep.py:sweep"
MOST = 100
"""Up to this many systems each has a deployment of its own."""
SHARD = 200
"""At most this many systems share a sweep."""
PAGE = 200
AT_ONCE = 8


@dataclass(frozen=True)
class Deployed:
    """What a synchronisation did, by the names of deployments."""

    applied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """A deployment as the registry wants it."""

    name: str
    entrypoint: str
    parameters: Mapping[str, Any]
    description: str
    cron: str
    zone: str
    tags: tuple[str, ...]
    text: str
    paused: bool = False

    @property
    def digest(self) -> str:
        """Of all that the deployment depends on: the registry entries and the version of this code."""
        return sha256(f"{version('aims')}\n{self.name}\n{self.text}".encode()).hexdigest()[:16]


def wanted_deployments(registry: Registry, most: int = MOST) -> list[Wanted]:
    """One deployment per system, or one sweep per cadence when there are more than `most`."""
    if len(registry.systems) <= most:
        return [_per_system(one, registry.texts[one.id]) for one in registry.systems.values()]
    cadences: dict[tuple[str, str], list[System]] = defaultdict(list)
    for one in registry.systems.values():
        if not one.schedule.paused:
            cadences[one.schedule.cron, _zone(one)].append(one)
    return [
        _sweep(cron, zone, systems[start : start + SHARD], start // SHARD, registry)
        for (cron, zone), systems in sorted(cadences.items())
        for start in range(0, len(systems), SHARD)
    ]


def _zone(system: System) -> str:
    return system.schedule.zone or system.window.zone


def _per_system(system: System, text: str) -> Wanted:
    """The deployment of one system."""
    return Wanted(
        name=system.id,
        entrypoint=MONITOR,
        parameters={"system_id": system.id},
        description=f"{system.title}. Owner: {system.people.owner}. {system.purpose}",
        cron=system.schedule.cron,
        zone=_zone(system),
        tags=(f"system:{system.id}", f"owner:{system.people.owner}"),
        text=text,
        paused=system.schedule.paused,
    )


def _sweep(cron: str, zone: str, systems: list[System], shard: int, registry: Registry) -> Wanted:
    """The sweep of systems of one cadence."""
    ids = sorted(one.id for one in systems)
    return Wanted(
        name=f"sweep-{sha256(f'{cron} {zone}'.encode()).hexdigest()[:8]}-{shard}",
        entrypoint=SWEEP,
        parameters={"systems": ids},
        description=f"{len(ids)} systems, `{cron}` {zone}.",
        cron=cron,
        zone=zone,
        tags=("sweep",),
        text="".join(registry.texts[one] for one in ids),
    )


async def managed(client: PrefectClient) -> dict[str, DeploymentResponse]:
    """Every deployment that the registry manages on this server, by name."""
    found: dict[str, DeploymentResponse] = {}
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[MANAGED]))
    while page := await client.read_deployments(deployment_filter=ours, limit=PAGE, offset=len(found)):
        found |= {deployment.name: deployment for deployment in page}
    return found


async def sync_deployments(registry: Registry, *, pool: str = "aims", most: int = MOST) -> Deployed:
    """Make the server's deployments equal the registry.

    Args:
        registry: every system, with the text of its file.
        pool: the work pool; it must exist.
        most: up to this many systems each has a deployment of its own.

    Raises:
        ConfigurationError: there is no server, or no such pool.
    """
    wanted = {one.name: one for one in wanted_deployments(registry, most)}
    async with get_client() as client:
        await _require_ready(client, pool)
        have = await managed(client)
        changed = [name for name, one in wanted.items() if name not in have or have[name].version != one.digest]
        await _apply([wanted[name] for name in changed], pool)
        retired = sorted(set(have) - set(wanted))
        for name in retired:
            await client.delete_deployment(have[name].id)
    return Deployed(changed, retired, [name for name in wanted if name not in changed])


async def _require_ready(client: PrefectClient, pool: str) -> None:
    """Refuse in our words what the client would raise."""
    if await client.api_healthcheck():
        mend = "Start the server, and set PREFECT_API_URL (and PREFECT_API_AUTH_STRING) to it."
        raise ConfigurationError(Fault(Place(column="PREFECT_API_URL"), "a Prefect server", "no answer", mend))
    try:
        await client.read_work_pool(pool)
    except ObjectNotFound:
        mend = "Make it: `prefect work-pool create NAME --type process`, or name another."
        raise ConfigurationError(Fault(Place(column="--pool"), "a work pool of the server", "none", mend)) from None


async def _apply(deployments: list[Wanted], pool: str) -> None:
    """Create or update these deployments, a few at a time."""
    points = {one.entrypoint for one in deployments}
    flows = {point: await Flow.afrom_source(source=str(Path.cwd()), entrypoint=point) for point in points}
    gate = Semaphore(AT_ONCE)

    async def apply(one: Wanted) -> None:
        async with gate:
            deployment = await flows[one.entrypoint].ato_deployment(
                name=one.name,
                description=one.description,
                parameters=dict(one.parameters),
                version=one.digest,
                paused=one.paused,
                schedules=[Cron(one.cron, timezone=one.zone, slug="main")],
                tags=[MANAGED, *one.tags],
                concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy="CANCEL_NEW"),
            )
            await deployment.aapply(work_pool_name=pool)

    await gather(*map(apply, deployments))
