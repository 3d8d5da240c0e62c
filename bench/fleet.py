"""A fleet on one machine: what one round of a cadence costs, by shape; in CPU seconds, for others use the machine too.

    python bench/fleet.py [--systems 20] [--shapes sweep deployments] [--postgres postgresql://…] [--minutes 60]

Each system has 300 rows in one due window, judged through the real line: a Prefect server, a worker with two places at
once, `aims deploy`, pull, checks, pages, signature, archive in a folder, artifacts. A round is what a cron tick starts.
Printed: CPU of server and of worker with its flows, a system; the greatest memory (PSS) of both; how late the last
verdict came; what the round added to the database and to the archive.

With --minutes nothing is started by hand: hourly windows and a cron of that many minutes, which Prefect's server turns
into runs by itself, beside the flows of prefect.yaml as `aims up` deploys them (checkpoint, follow-up with the boards,
gaps with the heartbeat). Measured from one tick to the next, each minute; at the end: how late each system's verdict
was, which runs came late or never, whether the next tick's runs stand. Ends with 1 if anything is missing.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fleets.home import Cadence
from fleets.installation import SHAPES, Fleet, call, every, running
from fleets.meter import Meter

SHARD = 200  # as tasks/deploy.py
LOOKS = 4  # at the memory, a minute
SETTLE = 20  # seconds after the next tick, until its runs are looked for
LEAD = 4  # minutes from the start of the set-up to the first tick


def measure(shape: str, systems: int, postgres: str) -> None:
    """One round in one shape, printed."""
    with running(shape, systems, postgres, Cadence.yesterday()) as fleet:
        before = fleet.sizes()
        late = run_round(fleet.api, fleet.meters)
        report(shape, systems, fleet.meters, late)
        added = [now - then for now, then in zip(fleet.sizes(), before, strict=True)]
        print(f"  added: database {added[0]:.1f} MB, archive {added[1]:.1f} MB")


def run_round(api: str, meters: Mapping[str, Meter]) -> list[float]:
    """Start every deployment at once and wait until all have ended; the seconds after which each verdict stood."""
    began = datetime.now(UTC)
    made = [
        call(api, f"deployments/{one['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})["id"]
        for one in every(api, "deployments/filter")
    ]
    going = {"id": {"any_": made}, "state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}}
    while every(api, "flow_runs/filter", flow_runs=going):
        time.sleep(5)
        for meter in meters.values():
            meter.look()
    ended = every(api, "flow_runs/filter", flows={"name": {"any_": ["monitor"]}})
    print("  ends:", dict(Counter(str(run["state_name"]) for run in ended)))
    return sorted((datetime.fromisoformat(run["end_time"]) - began).total_seconds() for run in ended if run["end_time"])


def measure_ticks(systems: int, postgres: str, minutes: int) -> bool:
    """From one tick of the cron to the next, printed; whether nothing was missing."""
    begin = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=LEAD)
    end, cadence = begin + timedelta(minutes=minutes), Cadence.each(minutes, begin)
    with running("sweep", systems, postgres, cadence) as fleet:
        if datetime.now(UTC) > begin:
            raise SystemExit(f"the set-up took longer than {LEAD} minutes")
        wait_until(begin)
        print(f"{systems} systems, cron `{cadence.cron}` ({cadence.zone}), from {begin:%H:%M} to {end:%H:%M} UTC")
        note_minutes(fleet, begin, minutes)
        report("sweep", systems, fleet.meters, late := lateness(fleet, begin, cadence.windows[0]))
        middle, most = late[len(late) // 2], late[len(late) * 95 // 100]
        print(f"  verdict after the tick: {middle:.0f} s median, {most:.0f} s p95, {late[-1]:.0f} s last")
        time.sleep(SETTLE)
        return check_runs(fleet, begin, end) and len(late) == systems


def wait_until(moment: datetime) -> None:
    """Sleep until a moment."""
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def note_minutes(fleet: Fleet, begin: datetime, minutes: int) -> None:
    """A line a minute: CPU and memory of each family, sizes, verdicts in the archive, the machine's load."""
    for meter in fleet.meters.values():
        meter.base += meter.cpu()
    first, spent = fleet.sizes(), dict.fromkeys(fleet.meters, 0.0)
    print("minute", *(f"{name}: CPU s, MB" for name in fleet.meters), "database +MB", "archive +MB", "verdicts", "load")
    for minute in range(1, minutes + 1):
        for part in range(LOOKS):
            wait_until(begin + timedelta(minutes=minute - 1 + (part + 1) / LOOKS))
            for meter in fleet.meters.values():
                meter.look()
        said = [f"{meter.cpu() - spent[name]:.1f} {meter.memory:.0f}" for name, meter in fleet.meters.items()]
        spent = {name: meter.cpu() for name, meter in fleet.meters.items()}
        more = [f"{now - then:.1f}" for now, then in zip(fleet.sizes(), first, strict=True)]
        stand = len(list((fleet.folder / "state/archive").glob("bundle/**/fleet-*.tar")))
        print(minute, *said, *more, stand, f"{os.getloadavg()[0]:.1f}", sep="\t", flush=True)


def lateness(fleet: Fleet, begin: datetime, window: str) -> list[float]:
    """Seconds from the tick to the end of each system's run of the window due then: judged, archived, shown.

    A sweep that lasts beyond the full hour judges the window that ends with it, too.
    """
    runs = every(fleet.api, "flow_runs/filter", flows={"name": {"any_": ["monitor"]}})
    print("  ends:", dict(Counter(str(run["state_name"]) for run in runs)))
    ends = [datetime.fromisoformat(run["end_time"]) for run in runs if run["end_time"] and window in run["name"]]
    return sorted((end - begin).total_seconds() for end in ends)


def check_runs(fleet: Fleet, begin: datetime, end: datetime) -> bool:
    """Every scheduled run of the time, printed; whether all ended well and those of the next tick stand."""
    after = {"expected_start_time": {"after_": begin.isoformat(), "before_": end.isoformat()}}
    runs = [run for run in every(fleet.api, "flow_runs/filter", flow_runs=after) if run["auto_scheduled"]]
    names = {one["id"]: one["name"] for one in every(fleet.api, "deployments/filter")}
    due = {run["id"]: datetime.fromisoformat(run["expected_start_time"]) for run in runs}
    for run in sorted(runs, key=lambda run: due[run["id"]]):
        began = datetime.fromisoformat(run["start_time"]) if run["start_time"] else datetime.now(UTC)
        waited = (began - due[run["id"]]).total_seconds()
        print(f"  {due[run['id']]:%H:%M} {names[run['deployment_id']]}: {run['state_name']},", end=" ")
        print(f"waited {waited:.0f} s, ran {run['total_run_time']:.0f} s")
    sweeps = Counter(due[run["id"]] for run in runs if names[run["deployment_id"]].startswith("sweep"))
    shards = -(-fleet.systems // SHARD)
    print(f"  sweeps: {shards} wanted, {sweeps[begin]} at the tick, {sweeps[end]} stand at the next")
    earlier = [run["state_type"] for run in runs if due[run["id"]] < end]
    bad = len(earlier) - earlier.count("COMPLETED")
    print(f"  runs not ended well by the next tick: {bad} of {len(earlier)}")
    return not bad and sweeps[begin] == sweeps[end] == shards


def report(shape: str, systems: int, meters: Mapping[str, Meter], late: list[float]) -> None:
    """What a round cost."""
    print(f"{shape}: {systems} systems, load {os.getloadavg()[0]:.0f}, last verdict after {late[-1]:.0f} s")
    for name, meter in meters.items():
        cpu = meter.cpu()
        print(f"  {name:7} CPU {cpu:7.1f} s, {cpu / systems:6.3f} s a system; memory {meter.greatest:5.0f} MB")


def main() -> None:
    """Measure each shape."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--systems", type=int, default=20)
    asked.add_argument("--shapes", nargs="+", choices=SHAPES, default=["sweep"])
    asked.add_argument("--minutes", type=int, default=0, help="from tick to tick of a cron, by itself; a divisor of 60")
    asked.add_argument("--postgres", default="", help="postgresql://… of an empty database; without it SQLite")
    given = asked.parse_args()
    if given.minutes:
        raise SystemExit(0 if measure_ticks(given.systems, given.postgres, given.minutes) else 1)
    for shape in given.shapes:
        measure(shape, given.systems, given.postgres)


if __name__ == "__main__":
    main()
