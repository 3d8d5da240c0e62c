"""Gaps: what should be there and is not, as cases; and the heartbeat of the hour."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from governance.adapters.controls_file import max_ages
from governance.adapters.told import Told
from governance.adapters.verdicts import newest_verdicts
from governance.adapters.workplace import Workplace
from governance.compliance.beat import beat_of
from governance.compliance.gap_cases import plan_gaps
from governance.compliance.gaps import Gap, late_runs, stale_records, unacknowledged, undelivered, unreachable
from governance.compliance.lasting import lasting_insufficient
from governance.evidence import Receipt, build_bundle, store_bundle
from governance.registry.system import System
from tasks.notify import untold_by_person

KIND = "gap"


def _logged(here: Workplace) -> set[str]:
    """The keys of all bundles in the log."""
    here.log.refresh(here.archive)
    return {entry.key for entry in here.log.entries}


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def gaps_now(now: datetime) -> list[Gap]:
    """Every gap that there is."""
    here = Workplace.here()
    here.casework.sync()
    ages, logged, cases = max_ages(here.home), _logged(here), here.index.open_cases()
    runs = [late_runs(one, logged, now, ages["monitor_run"]) for one in here.registry.systems.values()]
    records = {name: days for name, days in ages.items() if name in here.kinds}
    return [
        *(gap for found in runs for gap in found),
        *unreachable(here.registry, _failing(here), has_default=_has_default(here)),
        *unacknowledged(cases, lambda case: here.index.kind(case.id), now),
        *undelivered(
            {who: [(case, act.at) for case, act in some] for who, some in untold_by_person(here).items()}, now
        ),
        *stale_records(_newest(here), records, now),
        *(gap for one in here.registry.systems.values() for gap in _lasting(here, one, now)),
    ]


def _lasting(here: Workplace, system: System, now: datetime) -> list[Gap]:
    """Checks of a system that could not judge for too long."""
    return lasting_insufficient(system, newest_verdicts(system, here.archive, here.log, now), now)


def _failing(here: Workplace) -> dict[str, datetime]:
    """Since when no address of a person has worked."""
    told = Told(here.settings.state)
    since = {one.id: told.unreachable_since(one.id) for one in here.registry.people.people}
    return {person: moment for person, moment in since.items() if moment}


def _has_default(here: Workplace) -> bool:
    """Whether somebody set an address for people without one; the file in the state folder is read by nobody."""
    return not here.settings.notify_default.startswith(here.settings.state.as_uri())


def _newest(here: Workplace) -> dict[str, datetime]:
    """By kind, when a case was last acted on."""
    found: dict[str, datetime] = {}
    for case in here.index.cases():
        found[case.kind] = max(case.changed_at, found.get(case.kind, case.changed_at))
    return found


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def record_gaps(found: Sequence[Gap], now: datetime) -> list[str]:
    """Open, reopen and close the cases of gaps; `<verb> <case>` of each act. Repeating it adds nothing."""
    here = Workplace.here()
    acts = plan_gaps(found, here.index.cases(), here.registry, here.kinds[KIND], now)
    here.casework.record_all(acts)
    return [f"{act.verb} {act.case}" for act in acts]


@task(retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def archive_beat(now: datetime) -> Receipt:
    """The heartbeat of the last whole hour as a signed bundle; of two writers the first stands."""
    here, real = Workplace.here(), datetime.now(UTC)
    beat = beat_of(here.registry, _logged(here), min(now, real))  # nobody writes the beat of an hour to come
    statement = beat.statement(here.registry, origin=here.settings.origin, created=real)
    body = build_bundle(bundle_id=beat.id, members=beat.members, statement=statement, signer=here.keys.statement)
    keep, keys, origin = here.retain_until(None), here.keys.log, here.settings.origin
    return store_bundle(here.archive, beat.key, body, keep, log=here.log, log_signer=keys, origin=origin)


def gaps_told(found: Sequence[Gap], acts: Sequence[str], beat: Receipt) -> State:
    """`Gaps` or `No gaps`, with what was done."""
    said = f"{len(found)} gaps; {', '.join(acts) or 'nothing new'}; heartbeat {beat.key}"
    return Completed(name="Gaps" if found else "No gaps", message=said)
