"""What a verdict finds: the results that ring or could not be judged, grouped by their cause. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.cases.act import Sighting
from governance.verdict import INPUT_FAULTS, NO_INPUT_FAULT, Cause, Result, Status, Verdict

_TITLES = {
    "contract": "Data contract broken",
    "labels": "Labels cannot be trusted",
    "drift": "Drift",
    "performance": "Performance outside its limit",
    "fairness": "Unequal treatment of groups",
}


@dataclass(frozen=True)
class Finding:
    """What one cause shows in one window: its results' names in `sighting`, in plain words in `sentences`."""

    cause: str
    severity: str
    title: str
    sentences: tuple[str, ...]
    sighting: Sighting


def findings(verdict: Verdict) -> list[Finding]:
    """One finding for each cause that rings or could not be judged, in the order the verdict names them.

    Severity is high for fairness and for what could not be judged, medium otherwise.
    """
    causes: dict[str, list[Result]] = {}
    for result in verdict.of(Status.ALARM, Status.ERROR):
        causes.setdefault(result.cause, []).append(result)
    return [_finding(verdict, cause, results) for cause, results in causes.items()]


def _finding(verdict: Verdict, cause: str, results: list[Result]) -> Finding:
    """The finding of one cause."""
    grave = any(result.status is Status.ERROR or result.check == "fairness" for result in results)
    named = next((one for one in verdict.causes if one.id == cause), None)
    sentences = ([named.sentence] if named else []) + [result.sentence for result in results]
    return Finding(
        cause=cause,
        severity="high" if grave else "medium",
        title=_title(results, named),
        sentences=tuple(dict.fromkeys(sentences)),
        sighting=sighting_of(verdict, results),
    )


def sighting_of(verdict: Verdict, results: Sequence[Result] = ()) -> Sighting:
    """What the window showed: the names of some of its results, by status."""
    by_status = {
        status: tuple(result.name for result in results if result.status is status)
        for status in (Status.ALARM, Status.ERROR)
    }
    return Sighting(
        window=verdict.window,
        revision=verdict.revision,
        start=verdict.start,
        end=verdict.end,
        alarms=by_status[Status.ALARM],
        errors=by_status[Status.ERROR],
    )


def _title(results: list[Result], named: Cause | None = None) -> str:
    """`Drift: AGEP, SCHL and 3 more (covariate shift)`, the lead column first."""
    first = max(results, key=lambda result: (result.status is Status.ERROR, result.check == "fairness"))
    what = "Could not be judged" if first.status is Status.ERROR else _TITLES.get(first.check, first.check)
    lead = [named.lead] if named and named.lead in {result.subject for result in results} else []
    subjects = list(dict.fromkeys(lead + [result.subject for result in results]))
    more = f" and {len(subjects) - 3} more" if len(subjects) > 3 else ""
    kind = f" ({named.kind})" if named else ""
    return f"{what}: {', '.join(subjects[:3])}{more}"[: 200 - len(kind)] + kind


def passes(last: Sighting, verdict: Verdict) -> bool:
    """Whether a verdict proves the end of what a sighting showed.

    Each alarm must be there again and pass: a result that is missing proves nothing. Only an input fault has no result
    in a good window; there the result that all kinds of them were looked for must pass. An error must be gone: its own
    result passes, or its check has results on the same subject and all of them pass.
    """
    status = {result.name: result.status for result in verdict.results}
    if not all(_alarm_is_gone(name, status) for name in last.alarms):
        return False
    return all(_error_is_gone(name, status) for name in last.errors)


def _alarm_is_gone(name: str, status: dict[str, Status]) -> bool:
    """Whether what had alarmed is judged again, and passes."""
    if name not in status and name.startswith("contract:") and name.rpartition(":")[2] in INPUT_FAULTS:
        name = NO_INPUT_FAULT
    return status.get(name) is Status.PASS


def _error_is_gone(name: str, status: dict[str, Status]) -> bool:
    """Whether what could not be judged is judged now, and passes."""
    if name in status:
        return status[name] is Status.PASS
    check = name.split(":", 1)[0]
    judged = [one for other, one in status.items() if other.split(":", 1)[0] == check]
    return bool(judged) and all(one is Status.PASS for one in judged)
