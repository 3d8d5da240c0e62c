"""Remediate: what a verdict asks of people becomes cases; each step is archived before anybody is told."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.workplace import Workplace
from governance.cases.act import Basis
from governance.cases.case import Case
from governance.cases.plan import Plan, plan_verdict
from governance.evidence import Receipt
from governance.registry.system import System
from governance.verdict import Verdict
from reports.records import CaseLine

KIND = "remediation"


def _plan(system: System, verdict: Verdict, basis: tuple[Basis, ...] = ()) -> Plan:
    """What the verdict asks for, given the cases that the archive holds."""
    here = Workplace.here()
    here.index.sync(here.archive, log=here.log)
    people, kind = here.registry.people, here.kinds[KIND]
    cases = here.index.cases(system.id)
    return plan_verdict(
        verdict,
        cases,
        system=system,
        people=people,
        now=datetime.now(UTC),
        kind=kind,
        basis=basis,
        kind_of=lambda case: here.index.kind(case.id),
    )


def case_line(case: Case, *, opened: bool) -> CaseLine:
    """A case as pages and artifacts list it; it is due at the end of its day in the owner's zone."""
    owner = Workplace.here().registry.people.get(case.owner)
    due = datetime.combine(case.due, time(23, 59, 59), ZoneInfo(case.zone)).astimezone(UTC)
    action = "opened" if opened else "updated"
    return CaseLine(case.id, case.title, owner.name if owner else case.owner, due, case.state, action)


def _lines(plan: Plan) -> list[CaseLine]:
    return [case_line(case, opened=act.seq == 1) for act, case in zip(plan.acts, plan.cases, strict=True)]


@task(task_run_name="plan cases {verdict.bundle_id}", retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def planned_cases(system: System, verdict: Verdict) -> list[CaseLine]:
    """The cases that the verdict will open or update, for the page that goes into the bundle. Writes nothing."""
    return _lines(_plan(system, verdict))


@task(task_run_name="open cases {verdict.bundle_id}", retries=2, retry_delay_seconds=[2, 10], cache_policy=NO_CACHE)
def record_cases(system: System, verdict: Verdict, receipt: Receipt) -> list[CaseLine]:
    """Archive every act that the verdict asks for, resting on its bundle. Repeating it adds nothing."""
    here = Workplace.here()
    plan = _plan(system, verdict, (Basis(key=receipt.key, sha256=receipt.sha256),))
    here.casework.record_all(plan.acts)
    here.index.sync(here.archive, log=here.log)
    return _lines(plan)


def open_cases(system: System, verdict: Verdict, receipt: Receipt | None) -> list[CaseLine]:
    """The cases of the run; none while its bundle waits for the archive, for a case rests on a bundle."""
    return record_cases(system, verdict, receipt) if receipt else []
