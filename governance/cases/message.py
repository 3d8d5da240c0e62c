"""What a person is told: one plain message with all their cases. Pure.

It holds what is wrong, since when, by when, what to do, a link, and the newest checkpoint's three lines, which make
the reader a witness of the log. It holds no row, and nobody's name but the reader's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import Role
from governance.cases.reminder import overdue_days
from governance.cases.text import harmless
from governance.registry.people import People

ROLES: tuple[Role, ...] = ("owner", "deputy", "reviewer", "escalation")


@dataclass(frozen=True)
class Message:
    """One message: to whom (a person's id), who gets it when they cannot be reached, subject and plain text."""

    to: str
    deputy: str
    subject: str
    body: str


def message_to(
    person: str,
    cases: list[Case],
    kind_of: Callable[[Case], Kind],
    people: People,
    *,
    link: Callable[[Case], str],
    checkpoint: str,
    now: datetime,
) -> Message:
    """The message to one person about some cases.

    Args:
        person: whom it is for.
        cases: the cases to tell of.
        kind_of: the kind that a case was opened with.
        people: everyone; gives the name in the salutation.
        link: where a case can be seen and acted on.
        checkpoint: the newest checkpoint's three lines (may be empty).
        now: the moment of telling (aware).
    """
    late = sum(overdue_days(case, kind_of(case), now) > 0 for case in cases)
    count = "1 case waits" if len(cases) == 1 else f"{len(cases)} cases wait"
    subject = f"{count} for you{f', {late} overdue' if late else ''}"
    known = people.get(person)
    parts = [f"Hello {known.name if known else person},", f"{subject}."]
    for number, case in enumerate(cases, 1):
        about = _about(case, kind_of(case), person, now)
        parts.append(f"{number}. {about}\n   Link:  {link(case)}")
    if checkpoint:
        parts.append("Please keep these three lines. They prove what the archive held today:\n" + checkpoint.strip())
    stand_in = next((case.deputy if case.owner == person else case.owner for case in cases), "")
    return Message(person, stand_in, subject, "\n\n".join(parts) + "\n")


def _about(case: Case, kind: Kind, person: str, now: datetime) -> str:
    """One case: what, since when, by when, what to do."""
    late = overdue_days(case, kind, now)
    due = f"{case.due}{f' – OVERDUE by {late} days' if late else ''}"
    since = f"window {case.opened_window}" if case.opened_window else f"{case.opened_at:%Y-%m-%d}"
    since += f", last seen in {case.last.window}" if case.last and case.last.window != case.opened_window else ""
    lines = [
        f"{harmless(case.title)} ({case.severity}, {case.subject or 'organisation'})",
        *(f"   {harmless(sentence)}" for sentence in case.sentences),
        f"   Since: {since}",
        f"   Due:   {due}",
        f"   State: {case.state} – {kind.states[case.state].about}",
        *(f"   To do: {verb} – {kind.acts[verb].about}" for verb in doable(case, kind, person)),
        f"   Case:  {case.id}",
    ]
    return "\n".join(lines)


def doable(case: Case, kind: Kind, person: str) -> list[str]:
    """What a person is asked for now by their role, what moves the case first; remarks and erasure are left out."""
    mine = {role for role in ROLES if person in case.holders(role)}
    rules = {verb: rule for verb, rule in kind.acts.items() if case.state in rule.from_ and not rule.erases}
    acts = [verb for verb, rule in rules.items() if mine & set(rule.who)]
    return sorted(acts, key=lambda verb: not kind.acts[verb].to)
