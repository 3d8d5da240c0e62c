"""Notify: one message a person for all that was opened or reopened, and reminders; marks keep them from coming twice.

A mark is kept for each person and act that reached them, so a run that was killed before it told is made up for by the
next, or by the hourly follow-up. A stand-in who got a message in somebody's place is no end of it: the person is told
when an address of theirs works again.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from prefect import get_run_logger, runtime, task
from prefect.cache_policies import NO_CACHE

from governance.adapters.notify import notify
from governance.adapters.told import Told
from governance.adapters.workplace import Workplace
from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.clock import local_day
from governance.cases.message import Message, message_to
from governance.cases.record import act_id
from governance.cases.telling import Batch, batches, may_write_again
from governance.evidence import Receipt, three_lines

TELLING = ("open", "reopen")


@task(task_run_name="tell of new cases", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=[2, 10])
def tell_new(checkpoint: str, now: datetime, *, flush: bool) -> list[str]:
    """Send everybody what they have not been told, in one message each; whom it reached.

    Args:
        checkpoint: the newest checkpoint's three lines.
        now: the moment of telling.
        flush: also to those who had a message within the hour.

    Raises:
        RuntimeError: somebody could not be reached; what reached the others is marked, so it can be tried again.
    """
    here = Workplace.here()
    told = Told(here.settings.state)
    with told.lock():
        untold = {
            person: pairs
            for person, pairs in untold_by_person(here).items()
            if flush or may_write_again(told.written(person), now)
        }
        made = {
            person: _message(here, person, [case for case, _ in untold[person]], checkpoint, now) for person in untold
        }
        reached = send(here, made.values(), now)
        for person in reached:
            told.note_written(person, now)
            for _, act in untold[person]:
                told.keep(f"{act_id(act)}.{person}")
    _require_all(made, reached)
    return sorted(reached)


@task(task_run_name="remind of due cases", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=[2, 10])
def remind(checkpoint: str, now: datetime) -> list[str]:
    """Send reminders, delays and escalations that are due now, in one message a person; whom it reached.

    Raises:
        RuntimeError: somebody could not be reached.
    """
    here = Workplace.here()
    told = Told(here.settings.state)
    with told.lock():
        due = batches(
            here.casework.notices(now),
            here.index.open_cases(),
            zone_of=lambda person: _zone(here, person),
            is_told=told.has,
            now=now,
        )
        reached = send(here, [_reminder(here, batch, checkpoint, now) for batch in due], now)
        for batch in due:
            for mark in batch.marks if batch.person in reached else ():
                told.keep(mark)
    _require_all([batch.person for batch in due], reached)
    return [f"{batch.heading} to {batch.person}: {len(batch.cases)}" for batch in due]


def untold_by_person(here: Workplace) -> dict[str, list[tuple[Case, Act]]]:
    """By person, the open cases that wait for them and whose newest opening they have not been told."""
    told, found = Told(here.settings.state), dict[str, list[tuple[Case, Act]]]()
    for case in here.index.open_cases():
        kind = here.index.kind(case.id)
        telling = [act for act in here.index.acts(case.id) if kind.acts[act.verb].opens or act.verb in TELLING]
        for person in case.holders(kind.states[case.state].waits_for or "owner") if telling else ():
            if not told.has(f"{act_id(telling[-1])}.{person}"):
                found.setdefault(person, []).append((case, telling[-1]))
    return found


def send(here: Workplace, made: Iterable[Message], now: datetime) -> set[str]:
    """Send messages; the people whom an address of their own or the default one reached.

    A stand-in gets a message once a day in the same person's place.
    """
    told, reached = Told(here.settings.state), set[str]()
    for message in made:
        stand_in = f"{message.to}.{local_day(now, _zone(here, message.to))}.stand-in.{message.deputy}"
        asked = Message(message.to, "" if told.has(stand_in) else message.deputy, message.subject, message.body)
        good = {
            one.reached for one in notify([asked], here.registry.people, default=here.settings.notify_default) if one.ok
        }
        told.note_reached(message.to, now, reached=message.to in good)
        if message.to in good:
            reached.add(message.to)
        elif good:
            told.keep(stand_in)
    return reached


def notify_owners(receipt: Receipt | None) -> None:
    """Tell the owners, unless another run is our parent: it tells them once for all its windows and systems."""
    if runtime.flow_run.parent_flow_run_id is None:
        tell_or_log(three_lines(receipt.checkpoint) if receipt and receipt.checkpoint else "")


def tell_or_log(checkpoint: str, now: datetime | None = None, *, flush: bool = False) -> str:
    """Tell of new cases; whoever cannot be reached is left to the follow-up, and said in the log."""
    return _logged(lambda: tell_new(checkpoint, now or datetime.now(UTC), flush=flush))


def remind_or_log(checkpoint: str, now: datetime) -> str:
    """Remind; whoever cannot be reached is left to the next follow-up, and said in the log."""
    return _logged(lambda: remind(checkpoint, now))


def _logged(telling: Callable[[], list[str]]) -> str:
    """Whom a telling reached; empty when somebody was not."""
    try:
        return ", ".join(telling())
    except RuntimeError as lost:
        get_run_logger().warning("undelivered: %s", lost)
        return ""


def _require_all(wanted: Iterable[str], reached: set[str]) -> None:
    if lost := sorted({*wanted} - reached):
        raise RuntimeError(f"could not reach {', '.join(lost)}")


def _message(here: Workplace, person: str, cases: list[Case], checkpoint: str, now: datetime) -> Message:
    return message_to(
        person,
        cases,
        lambda case: here.index.kind(case.id),
        here.registry.people,
        link=lambda case: case_link(here, case),
        checkpoint=checkpoint,
        now=now,
    )


def case_link(here: Workplace, case: Case) -> str:
    """The one link to a case: through the gate to its run, where Resume is a button.

    Without a gate its page; a case about no window has none, so the command that shows it stands there.
    """
    there = f"{here.settings.gate}/case/{case.id}" if here.settings.gate else here.page_link(case)
    return there or f"aims case {case.id}"


def _reminder(here: Workplace, batch: Batch, checkpoint: str, now: datetime) -> Message:
    """The message of a batch, with its gravest reason first in the subject."""
    plain = _message(here, batch.person, list(batch.cases), checkpoint, now)
    return Message(plain.to, plain.deputy, f"{batch.heading}: {plain.subject}", plain.body)


def _zone(here: Workplace, person: str) -> str:
    known = here.registry.people.get(person)
    return known.zone if known else "UTC"
