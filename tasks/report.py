"""Report: the pages of one run."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.workplace import Workplace
from governance.cases.finding import Plan
from governance.registry.system import System
from governance.verdict import Verdict


@task(task_run_name="write pages {verdict.bundle_id}", cache_policy=NO_CACHE)
def write_pages(system: System, verdict: Verdict, plan: Plan) -> dict[str, bytes]:
    """The page of the run, the model card and Evidently's report, by file name."""
    from reports.run import run_pages  # noqa: PLC0415 - Evidently costs seconds to import

    return run_pages(system, Workplace.here().registry.people, verdict, plan)
