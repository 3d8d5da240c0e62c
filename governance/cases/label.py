"""How a case is labelled in a list of runs, and which question is put to its people. Pure."""

from collections.abc import Sequence
from datetime import datetime

from governance.cases.act import SYSTEM, Act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.reminder import overdue_days


def run_name(case: Case, kind: Kind, now: datetime) -> str:
    """`OVERDUE 3 d · <id> · <system> · <owner> · due <date>`, without the first part while it is in time."""
    late = overdue_days(case, kind, now)
    parts = [case.id, case.subject or "organisation", case.owner, f"due {case.due}"]
    return " · ".join([f"OVERDUE {late} d", *parts] if late else parts)


def run_tags(case: Case, kind: Kind, now: datetime) -> list[str]:
    """Case, system, kind, state, who answers for it in which role, and `overdue` when it is."""
    roles = [("owner", case.owner), ("deputy", case.deputy), ("reviewer", case.reviewer)]
    roles += [("escalation", one) for one in case.escalation]
    facts = [("case", case.id), ("system", case.subject or "organisation"), ("kind", case.kind), ("state", case.state)]
    late = ["overdue"] if overdue_days(case, kind, now) else []
    return sorted({*late, *(f"{name}:{value}" for name, value in facts + roles)})


def question(case: Case, acts: Sequence[Act], refused: int) -> str:
    """The name of the question now put to a case's people, `<state>-<last act by a person>-<refused answers>`.

    It changes when the state does, when a person has acted, and when an answer was refused; not when the system adds a
    window, so that an answer given meanwhile still holds. Prefect's keys take no underscore: the state loses its own.
    """
    last = max((act.seq for act in acts if act.by != SYSTEM), default=0)
    return f"{case.state.replace('_', '')}-{last}-{refused}"


def is_unacknowledged(case: Case, kind: Kind) -> bool:
    """Whether nobody has taken a case on yet: it waits for a person in the state in which it was opened."""
    first = {rule.to for rule in kind.acts.values() if rule.opens}
    return case.state in first and kind.states[case.state].waits_for not in (None, "system")


def choices(case: Case, kind: Kind) -> list[str]:
    """The acts that people may do now, those that move the case first."""
    rules = {v: rule for v, rule in kind.acts.items() if case.state in rule.from_ and not (rule.erases and case.erased)}
    found = [v for v, rule in rules.items() if set(rule.who) != {SYSTEM}]
    return sorted(found, key=lambda verb: not kind.acts[verb].to)


def actors(case: Case) -> list[str]:
    """Everybody who holds a role on the case, the owner first."""
    return list(dict.fromkeys((case.owner, case.deputy, case.reviewer, *case.escalation)))
