"""One cause for what rings together, and of what kind it is, with the measured reason.

Rules
1. Columns that drift are put together when one explains at least a quarter of the other's move (cause_columns.py).
   Three or more linked columns are a cause of their own; what else began in the same window, or the one after, goes
   with the greatest: what begins at the same time has hardly two causes. So a storm is one finding a cause.
2. What rang in the window before keeps its cause, so that a case is updated and not opened twice. The state
   (`Verdict.state["causes"]`) holds the causes of columns and of performance; what no longer rings is forgotten.
3. Kinds of a cause of drift, the first that fits:
   data fault: a fault explains the column's move wholly; such columns are put together;
   model change: only the score or the prediction moved, and the inputs do not explain it;
   label or prior shift: labels by score moved alike at every score, and the labels' move explains the lead's;
   mix change of groups: the lead is a protected attribute;
   covariate shift: all else. Whether labels by score moved is said beside it.
4. Performance: the labels by score tell (cause_relation.py). If they did not move, it goes with the greatest cause of
   drift; if they moved alike at every score it is label or prior shift, else concept shift.
5. Fairness: a gap that the reference shows too is a standing gap, no change. Else the groups' mix, the labels by score
   and the inputs are looked at, in this order. Of the groups themselves spelling is a data fault, else mix change.
6. A broken contract and labels that contradict each other are data faults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from checks.cause_facts import Facts
from checks.cause_groups import gather
from checks.cause_words import Kind, by_labels, led, of_kind
from checks.counted import Counted
from checks.decision import decide
from governance.registry.system import System
from governance.verdict import Cause, Result, Status
from governance.window import Window

_SHAPE = {"columns": dict, "fresh": list, "model": str, "performance": str}


@dataclass(frozen=True)
class Named:
    """The results with their causes, the causes, and the state for the next window."""

    results: tuple[Result, ...]
    causes: tuple[Cause, ...]
    state: dict[str, Any]


def examine(
    system: System,
    window: Window,
    results: Sequence[Result],
    *,
    waiting: str = "",
    history: Mapping[str, Any] | None = None,
    file: Counted | None = None,
) -> Named:
    """Name the causes of what rings.

    Args:
        system: the registry's entry.
        window: what was judged; its files are sampled where something drifts.
        results: all results of the window.
        waiting: why labels may not be trusted yet; empty when they may.
        history: `Verdict.state` of the window before.
        file: the window's file, if it is being read already.
    """
    before = _usable(history)
    facts = Facts(system, window, waiting, file)
    moved = [one.subject for one in results if one.check == "drift" and one.status is Status.ALARM]
    of_column = _columns(facts, moved, before)
    told = tuple(_with(one, of_column) for one in results)
    drifts = _drifts(facts, of_column, before.get("model", ""))
    told = tuple(_joined(one, facts, drifts, before.get("performance", "")) for one in told)
    causes = (*drifts, *_others(facts, told, {one.id for one in drifts}))
    fresh = [cause for cause in dict.fromkeys(of_column.values()) if cause not in before.get("columns", {}).values()]
    model = f"{system.model.name} {system.model.version}"
    worse = next((one.cause for one in told if _is_worse(one)), "")
    state = {"columns": of_column, "fresh": fresh, "model": model, "performance": worse}
    return Named(told, causes, {"causes": state})


def handed_on(history: Mapping[str, Any] | None) -> dict[str, Any]:
    """The state of the window before, for a window that is not judged."""
    return {"causes": found} if (found := _usable(history)) else {}


def _usable(history: Mapping[str, Any] | None) -> dict[str, Any]:
    found = (history or {}).get("causes")
    if not isinstance(found, dict) or not all(isinstance(found.get(key), kind) for key, kind in _SHAPE.items()):
        return {}
    return found


def _columns(facts: Facts, moved: Sequence[str], before: Mapping[str, Any]) -> dict[str, str]:
    """The cause of each column that drifts (rules 1 and 2)."""
    if not moved or not facts.readable:
        return dict.fromkeys(moved, "drift")
    faulty = [name for name in moved if facts.fault(name)]
    rest = [name for name in moved if name not in faulty]
    alone = [name for name in rest if name in facts.outputs] if facts.outputs_stand_alone(rest) else []
    cells = {name: facts.cells[name] for name in rest if name not in alone}
    return gather(
        cells,
        faulty=faulty,
        alone=alone,
        outputs=facts.outputs,
        before=before.get("columns"),
        fresh=before.get("fresh", ()),
    )


def _with(one: Result, of_column: Mapping[str, str]) -> Result:
    """A drift that rings gets its column's cause."""
    rings = one.check == "drift" and one.status is Status.ALARM
    return replace(one, cause=of_column[one.subject]) if rings and one.subject in of_column else one


def _drifts(facts: Facts, of_column: Mapping[str, str], model: str) -> tuple[Cause, ...]:
    """The causes of drift, the greatest first (rule 3)."""
    members: dict[str, list[str]] = {}
    for name, cause in of_column.items():
        members.setdefault(cause, []).append(name)
    ordered = sorted(members.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(_drift(facts, cause, names, model) for cause, names in ordered)


def _drift(facts: Facts, cause: str, names: Sequence[str], model: str) -> Cause:
    named = cause.removeprefix("drift:")
    lead = named if named in names else facts.greatest(names)
    subjects = (lead, *(name for name in names if name != lead))
    if not facts.readable:
        return Cause(cause, Kind.UNKNOWN, lead, subjects, of_kind(Kind.UNKNOWN, led(lead, (), subjects[1:])))
    kind, reason = _kind_of_drift(facts, lead, subjects, model)
    explained = facts.explained_by(lead, subjects[1:])
    others = [name for name in subjects[1:] if name not in explained]
    return Cause(cause, kind, lead, subjects, of_kind(kind, f"{led(lead, explained, others)}; {reason}"))


def _kind_of_drift(facts: Facts, lead: str, subjects: Sequence[str], model: str) -> tuple[Kind, str]:
    fault = facts.fault(lead)
    if fault:
        return Kind.DATA, fault
    if set(subjects) <= facts.outputs and facts.outputs_stand_alone(subjects):
        now = f"{facts.system.model.name} {facts.system.model.version}"
        named = f"; the registry names {now}, before it {model}" if model and model != now else ""
        return Kind.MODEL, f"the inputs explain {facts.inputs_explain_told(lead)} of it{named}"
    labels = by_labels(facts.relation, facts.waiting)
    relation = facts.relation
    if relation is not None and relation.moved and relation.alike and facts.labels_explain(lead):
        return Kind.PRIOR, f"the labels' shares moved, and explain it; {labels}"
    if lead in facts.system.columns.protected:
        return Kind.MIX, f"it is a protected attribute; {labels}"
    return Kind.COVARIATE, labels


def _is_worse(one: Result) -> bool:
    return one.check == "performance" and one.status is Status.ALARM


def _joined(one: Result, facts: Facts, drifts: Sequence[Cause], held: str) -> Result:
    """Performance that follows from drift goes with it (rule 4); `held` is its cause in the window before (rule 2)."""
    if not _is_worse(one) or not drifts or held == one.cause:
        return one
    if held in {cause.id for cause in drifts}:
        return replace(one, cause=held)
    relation = facts.relation
    if relation is not None and not relation.moved:
        return replace(one, cause=drifts[0].id)
    prior = [cause for cause in drifts if cause.kind == Kind.PRIOR]
    return replace(one, cause=prior[0].id) if prior and relation is not None and relation.alike else one


def _others(facts: Facts, results: Sequence[Result], known: set[str]) -> list[Cause]:
    """The causes of everything but drift (rules 4 to 6)."""
    found: dict[str, list[Result]] = {}
    for one in results:
        if one.status in (Status.ALARM, Status.ERROR) and one.cause not in known:
            found.setdefault(one.cause, []).append(one)
    mixed = {one.subject for one in results if _is_mix(one)}
    return [_other(facts, cause, rings, mixed, drifted=bool(known)) for cause, rings in found.items()]


def _is_mix(one: Result) -> bool:
    return one.status is Status.ALARM and one.metric in ("group_mix", "new_groups", "vanished_groups")


def _other(facts: Facts, cause: str, rings: Sequence[Result], mixed: set[str], *, drifted: bool) -> Cause:
    subjects = tuple(dict.fromkeys(one.subject for one in rings))
    kind, reason = _kind_of_other(facts, rings, mixed, drifted=drifted)
    more = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
    return Cause(cause, kind, subjects[0], subjects, of_kind(kind, f'"{subjects[0]}"{more}: {reason}'))


def _kind_of_other(facts: Facts, rings: Sequence[Result], mixed: set[str], *, drifted: bool) -> tuple[Kind, str]:
    check = rings[0].check
    if check in ("contract", "labels") or any(one.status is Status.ERROR for one in rings):
        return Kind.DATA, "what was delivered breaks a rule or could not be judged"
    return _of_labels(facts, Kind.UNKNOWN) if check == "performance" else _of_fairness(facts, rings, mixed, drifted)


def _of_fairness(facts: Facts, rings: Sequence[Result], mixed: set[str], drifted: bool) -> tuple[Kind, str]:
    """Rule 5."""
    if any(one.metric == "spelling_variants" for one in rings):
        return Kind.DATA, "one group has several spellings"
    if any(_is_mix(one) for one in rings):
        return Kind.MIX, "the shares of the groups are not those of the reference"
    standing = [one for one in rings if _stands(one)]
    if len(standing) * 2 >= len(rings):
        return Kind.STANDING, f"{len(standing)} of {len(rings)} gaps are past their limit in the reference too"
    if {one.subject for one in rings} & mixed:
        return Kind.MIX, "the gap is new, and the shares of the groups moved"
    kind, reason = _of_labels(facts, Kind.COVARIATE if drifted else Kind.UNKNOWN)
    return kind, f"the gap is new since the reference; {reason}"


def _of_labels(facts: Facts, unmoved: Kind) -> tuple[Kind, str]:
    relation = facts.relation
    told = by_labels(relation, facts.waiting)
    if relation is None or not relation.moved:
        return unmoved, told
    return (Kind.PRIOR if relation.alike else Kind.CONCEPT), told


def _stands(one: Result) -> bool:
    """Whether the reference is past the limit as well."""
    if one.reference is None or one.limit is None:
        return False
    return decide(one.reference, one.reference, one.limit) is Status.ALARM
