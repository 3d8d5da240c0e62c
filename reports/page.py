"""One HTML page a run: the verdict in plain words, its pictures, cases and proof. Needs no network and no script.

ISO/IEC 42001 9.1 (monitoring and its documented results); EU AI Act Art. 26(5) (monitoring by deployers), Art. 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance.registry.people import People
from governance.registry.system import System
from governance.verdict import Distribution, Result, Status, Verdict, worst
from reports import phrases, pictures
from reports.groups import Panel, panels
from reports.recipe import recipe
from reports.records import CaseLine, EvidenceLine
from reports.templating import render

SHOWN = 12


@dataclass(frozen=True)
class Section:
    """All results of one check, split by how much they ask of a reader."""

    check: str
    title: str
    question: str
    grave: tuple[Result, ...]
    unsure: tuple[Result, ...]
    passed: tuple[Result, ...]

    @property
    def status(self) -> Status:
        """The gravest status of the check."""
        return worst([result.status for result in (*self.grave, *self.unsure, *self.passed)])

    @property
    def basis(self) -> str:
        """The one rule or law behind all limits of the check; empty when there are none or several."""
        limits = [result.limit for result in (*self.grave, *self.unsure, *self.passed) if result.limit]
        bases = {limit.basis for limit in limits}
        return bases.pop().rstrip(".") if len(bases) == 1 else ""

    def count(self, status: Status) -> int:
        """How many of its results have this status."""
        return sum(result.status is status for result in (*self.grave, *self.unsure, *self.passed))


@dataclass(frozen=True)
class Picture:
    """An SVG with its caption, and the status of what it shows where something judged it."""

    caption: str
    note: str
    status: Status | None
    svg: str


def render_page(
    system: System, people: People, verdict: Verdict, cases: Sequence[CaseLine], evidence: EvidenceLine
) -> bytes:
    """The page of one run, as UTF-8 HTML. Equal inputs give equal bytes.

    Args:
        system: the registry entry in force.
        people: who the entry's roles stand for; an unknown id is shown as the id.
        verdict: of this system; one whose window could not be read gives a page that says what, where, and the mend.
        cases: the cases that the run opened or updated.
        evidence: where the signed bundle of this run lies.
    """
    drawn = distributions(verdict)
    return render(
        "page.html",
        system=system,
        verdict=verdict,
        headline=phrases.headline(system.title, verdict),
        unreadable=phrases.unreadable(verdict),
        owner=name_of(people, system.people.owner),
        deputy=name_of(people, system.people.deputy),
        gravest=gravest(verdict),
        sections=sections(verdict),
        rates=[group_picture(panel) for panel in panels(verdict)],
        pictures=drawn[:SHOWN],
        more_pictures=drawn[SHOWN:],
        cases=cases,
        evidence=evidence,
        recipe=recipe(evidence),
        statuses=(Status.ALARM, Status.ERROR, Status.INSUFFICIENT, Status.PASS),
        picture_style=pictures.STYLE,
    )


def name_of(people: People, person: str) -> str:
    """The name behind an id of people.yaml, or the id when nobody stands there."""
    found = people.get(person)
    return found.name if found else person


def gravest(verdict: Verdict, most: int = 3) -> list[Result]:
    """The first alarm or error of each cause, errors first, at most `most`; what a reader must see at once.

    Where the verdict names the cause its sentence comes first.
    """
    by_cause: dict[str, Result] = {}
    for result in (*verdict.of(Status.ERROR), *verdict.of(Status.ALARM)):
        by_cause.setdefault(result.cause, result)
    named = {cause.id: f"{cause.sentence} " for cause in verdict.causes}
    found = list(by_cause.values())[:most]
    return [replace(result, sentence=named.get(result.cause, "") + result.sentence) for result in found]


def sections(verdict: Verdict) -> list[Section]:
    """The verdict's results by check, the check with the gravest result first."""
    order = list(phrases.CHECKS)
    checks = sorted(
        {result.check for result in verdict.results}, key=lambda c: (order.index(c) if c in order else len(order), c)
    )
    made = [_section(verdict, check) for check in checks]
    return sorted(made, key=lambda section: -list(Status).index(section.status))


def _section(verdict: Verdict, check: str) -> Section:
    title, question = phrases.CHECKS.get(check, (check.capitalize(), ""))
    pick = lambda *statuses: tuple(r for r in verdict.of(*statuses) if r.check == check)  # noqa: E731
    grave = (*pick(Status.ERROR), *pick(Status.ALARM))
    return Section(check, title, question, grave, pick(Status.INSUFFICIENT), pick(Status.PASS))


def distributions(verdict: Verdict) -> list[Picture]:
    """Every column's distribution: alarms first, then by how far the column is past or near its limit."""
    drift: dict[str, Result] = {}
    for result in verdict.results:
        if result.check == "drift":
            drift.setdefault(result.subject, result)
    ordered = sorted(verdict.distributions, key=lambda dist: _rank(drift.get(dist.column)))
    return [_drawn(dist, drift.get(dist.column)) for dist in ordered]


def _rank(result: Result | None) -> tuple[int, float]:
    """Gravity, then distance as a share of its limit; smaller comes first."""
    if result is None:
        return (1, 0.0)
    most = result.limit.max if result.limit else None
    share = result.high / most if result.high is not None and most else (result.value or 0.0)
    return (-list(Status).index(result.status), -share)


def _drawn(dist: Distribution, result: Result | None) -> Picture:
    note = ""
    if result is not None and result.value is not None:
        limit = "" if phrases.is_p_value(result.metric) else phrases.limit_words(result.metric, result.limit)
        note = f"{'p = ' if phrases.is_p_value(result.metric) else ''}{phrases.number(result.value)}"
        note += f", {limit}" if limit else ""
    return Picture(dist.column, note, result.status if result else None, pictures.distribution(dist))


def group_picture(panel: Panel) -> Picture:
    """The picture of one attribute under one metric."""
    caption = f"{phrases.metric_words(panel.metric).capitalize()} by {panel.attribute}"
    status = panel.status if panel.results else None
    return Picture(caption, "", status, pictures.group_rates(panel.rates, panel.limits))
