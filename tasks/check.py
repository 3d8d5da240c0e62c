"""Check: judge one window by its contract, labels, drift, performance and fairness."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.history import history_of
from governance.adapters.workplace import Workplace
from governance.registry.system import System
from governance.verdict import Verdict
from governance.window import Window


@task(task_run_name="judge {system.id} {window.period.name}", cache_policy=NO_CACHE)
def judge_window(system: System, window: Window, revision: int = 0) -> Verdict:
    """The verdict on a window, after those before it: the same inputs and history give the same bytes."""
    from checks.judge import judge  # noqa: PLC0415 - Evidently and GX cost seconds to import

    here = Workplace.here()
    known = {"log": here.log, "index": here.index, "revision": revision}
    return judge(system, window, history_of(system, window.period, here.archive, **known), revision=revision)
