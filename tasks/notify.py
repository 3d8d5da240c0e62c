"""Notify: tell each owner once of what was opened or reopened, in one message a person.

A mark is kept for each telling act that reached somebody, so a run that was killed before it told is made up for by
the next; an update of an open case tells nobody.
"""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.notify import Delivery, notify
from governance.adapters.workplace import Workplace
from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.message import messages
from governance.evidence import Receipt, three_lines
from governance.registry.system import System

TELLING = ("open", "reopen")


@task(task_run_name="notify owners of {system.id}", cache_policy=NO_CACHE, retries=3, retry_delay_seconds=[5, 30, 60])
def tell(system: System, checkpoint: str) -> list[Delivery]:
    """Send what has not been told. Raises RuntimeError for whom nothing reached, so that it is tried again."""
    here = Workplace.here()
    untold = [(case, act) for case in here.index.open_cases(system.id) if (act := _untold(here, case))]
    told = messages(
        [case for case, _ in untold],
        here.kinds,
        here.registry.people,
        link=here.page_link,
        checkpoint=checkpoint,
        now=datetime.now(UTC),
        kind_of=lambda case: here.index.kind(case.id),
    )
    deliveries = notify(told, here.registry.people, default=here.settings.notify_default)
    reached = {delivery.person for delivery in deliveries if delivery.ok}
    for case, act in untold:
        if set(case.holders(here.index.kind(case.id).states[case.state].waits_for or "owner")) & reached:
            here.mark_told(act)
    if lost := sorted({delivery.person for delivery in deliveries} - reached):
        raise RuntimeError(f"could not reach {', '.join(lost)}: {[one.reason for one in deliveries if not one.ok]}")
    return deliveries


def _untold(here: Workplace, case: Case) -> Act | None:
    """The newest act of a case that must be told and was not."""
    telling = [act for act in here.index.acts(case.id) if act.verb in TELLING]
    return telling[-1] if telling and not here.is_told(telling[-1]) else None


def notify_owners(system: System, receipt: Receipt | None) -> None:
    """Tell the owners; one who cannot be reached through all retries is left to the next run, and said in the log."""
    checkpoint = three_lines(receipt.checkpoint) if receipt and receipt.checkpoint else ""
    state = tell(system, checkpoint, return_state=True)
    if state.is_failed():
        from prefect import get_run_logger  # noqa: PLC0415 - only inside a run

        get_run_logger().warning("undelivered: %s", state.message)
