"""The model card: what a system does, for whom, how well and how fairly, in plain language (Mitchell et al., 2019).

ISO/IEC 42001 A.8.2 (information for users), A.6.2.7 (technical documentation); EU AI Act Art. 13 and 26(11).
A card tells what was measured. It never says that a law or a standard is met.
"""

from collections.abc import Sequence

from governance.registry.people import People
from governance.registry.system import System
from governance.verdict import Result, Status, Verdict
from reports import phrases, pictures
from reports.groups import panels
from reports.page import group_picture, name_of
from reports.records import CaseLine
from reports.templating import render

RISK = {
    "prohibited": "prohibited practice (Art. 5)",
    "high": "high-risk (Art. 6, Annex III or Annex I)",
    "limited": "limited risk: people must be told (Art. 50)",
    "minimal": "minimal risk",
}
TASKS = {
    "binary": "a yes or a no for each case",
    "multiclass": "one of several classes for each case",
    "regression": "a number for each case",
}


def render_model_card(
    system: System, people: People, verdict: Verdict, cases: Sequence[CaseLine], monitor: Sequence[str] = ()
) -> bytes:
    """The card as UTF-8 HTML, rendered from the registry entry and one verdict. Equal inputs give equal bytes.

    Args:
        system: the registry's entry.
        people: who the roles are.
        verdict: of the window that is looked at.
        cases: of this run.
        monitor: sentences of the newest calibration: what the monitor itself can see.
    """
    pick = lambda check, *statuses: [r for r in verdict.of(*(statuses or Status)) if r.check == check]  # noqa: E731
    drift = pick("drift")
    return render(
        "model_card.html",
        system=system,
        verdict=verdict,
        headline=phrases.headline(system.title, verdict),
        risk=RISK[system.ai_act.risk_class],
        task=TASKS[system.task],
        misuse=system.not_for,
        roles=[(role, name_of(people, person)) for role, person in _roles(system)],
        performance=pick("performance"),
        fairness=_by_subject(pick("fairness", Status.ERROR, Status.ALARM, Status.PASS)),
        rates=[group_picture(panel) for panel in panels(verdict)],
        drift=drift,
        moved=[r for r in drift if r.status in (Status.ALARM, Status.ERROR)],
        unsure=verdict.of(Status.INSUFFICIENT),
        cases=cases,
        monitor=monitor,
        picture_style=pictures.STYLE,
    )


def _roles(system: System) -> list[tuple[str, str]]:
    """Each role with the id of who fills it, the escalation in its order."""
    roles = system.people
    first = [("Owner", roles.owner), ("Deputy", roles.deputy), ("Reviewer", roles.reviewer)]
    return first + [(f"Escalation, step {step}", person) for step, person in enumerate(roles.escalation, start=1)]


def _by_subject(results: list[Result]) -> dict[str, list[Result]]:
    """Results by protected attribute, the gravest first in each."""
    grouped: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: -list(Status).index(r.status)):
        grouped.setdefault(result.subject, []).append(result)
    return grouped
