"""May this act be done on this case? One set of rules, asked before an act is archived and again when it is read.

1. The act's number is the next one: nobody decides on a case that has moved meanwhile.
2. The act exists in the kind, and starts from the present state.
3. Whoever does it holds a role that may, and is not kept out by separation of duties (ISO/IEC 42001 A.3.2).
4. It is known strongly enough that it was them.
5. A person says why; each field is there that must be, and is of its type; no other is.
6. An opening states the due date that the kind's clock gives, and fits its subject.
7. Personal text is there only encrypted, and on an erased case there comes no more of it.
"""

from collections.abc import Iterable
from typing import cast

from governance.cases.act import ANONYMOUS, SYSTEM, Act, Opening
from governance.cases.case import Case, Void, begun, moved
from governance.cases.clock import due_date, local_day
from governance.cases.kind import Kind
from governance.cases.kind_parts import ActRule, Strength
from governance.cases.personal import is_encrypted
from governance.errors import ActRefused, Fault, Place
from governance.registry.people import People


def apply(kind: Kind, case: Case | None, act: Act, people: People) -> Case:
    """The case after an act that somebody wants to do now.

    Args:
        kind: the kind the case was opened with.
        case: the case as it stands; None for an opening act.
        act: the act.
        people: who exists; a name in an act must be there.

    Raises:
        ActRefused: the act may not be done; the message says who may, from which state, or which field is missing.
    """
    fault = refusal(kind, case, act) or _strangers(kind, act, people)
    if fault:
        raise ActRefused(fault)
    return _after(kind, case, act)


def fold(kind: Kind, acts: Iterable[Act]) -> Case:
    """The case that these acts make, in whatever order they were read.

    An act that the kind forbids changes nothing and is listed in `void`. Acts after a missing number wait for it.

    Raises:
        ActRefused: there is no act 1 that opens a case of this kind.
    """
    ordered = sorted(acts, key=lambda act: (act.seq, act.at, act.to_json()))
    case: Case | None = None
    fault: Fault | None = Fault(Place(), "an opening act", "no act", "Read the case from the archive again.")
    for act in ordered:
        if case is None:
            fault = refusal(kind, None, act)
            case = None if fault else _after(kind, None, act)
        elif act.seq == case.seq + 1:
            case = _told(kind, case, act)
    if case is None and fault:
        raise ActRefused(fault)
    return cast("Case", case)


def _told(kind: Kind, case: Case, act: Act) -> Case:
    """The case after an act that stands in the log, allowed or not."""
    fault = refusal(kind, case, act)
    if fault is None:
        return _after(kind, case, act)
    void = Void(seq=act.seq, verb=act.verb, by=act.by, reason=f"expected {fault.expected}, found {fault.found}")
    return case.model_copy(update={"seq": act.seq, "void": (*case.void, void)})


def _after(kind: Kind, case: Case | None, act: Act) -> Case:
    """The case after an act that was allowed."""
    rule = kind.acts[act.verb]
    if case is None and act.opening:
        return begun(act, act.opening, rule.to)
    if case is None:
        raise AssertionError("refusal() lets no opening act pass without its opening")
    sets: dict[str, str] = {target: act.fields[name] for target, name in rule.sets.items()}
    if "severity" in sets:
        sets["due"] = due_date(kind.clock, sets["severity"], case.starts, case.zone, case.days_off).isoformat()
    return moved(case, act, rule.to or case.state, sets, erases=rule.erases)


def refusal(kind: Kind, case: Case | None, act: Act) -> Fault | None:
    """Why an act may not be done, or None when it may. The first reason found is told."""
    rule = kind.acts.get(act.verb)
    if rule is None:
        known = ", ".join(allowed(kind, case))
        return _fault(act, f"an act of {kind.name} ({known})", f"`{act.verb}`", "Name one of them.")
    return (
        _order(case, act)
        or _opening(kind, act, rule)
        or _state(kind, case, act, rule)
        or _who(case, act, rule)
        or _duties(case, act, rule)
        or _strength(act, rule)
        or _personal(case, act, rule)
        or _form(case, act, rule)
    )


def allowed(kind: Kind, case: Case | None) -> list[str]:
    """The acts that start from the case's state (or that open a case), whoever may do them."""
    if case is None:
        return [verb for verb, rule in kind.acts.items() if rule.opens]
    rules = {verb: rule for verb, rule in kind.acts.items() if case.state in rule.from_}
    return [verb for verb, rule in rules.items() if not (rule.erases and case.erased)]


def _fault(act: Act, expected: str, found: str, mend: str) -> Fault:
    return Fault(Place(system=act.case), expected, found, mend)


def _order(case: Case | None, act: Act) -> Fault | None:
    """Rule 1."""
    following = case.seq + 1 if case else 1
    if case and case.id != act.case:
        return _fault(act, f"an act on {case.id}", "one on another case", "Name the case again.")
    if act.seq == following:
        return None
    mend = f"Somebody acted meanwhile: look at `aims case {act.case}` and decide again."
    return _fault(act, f"act number {following} next", f"number {act.seq}", mend)


def _opening(kind: Kind, act: Act, rule: ActRule) -> Fault | None:
    """Rule 6."""
    opening = act.opening
    if rule.opens != (opening is not None):
        found = "none" if rule.opens else "one on a case that is open"
        return _fault(act, "the facts of a new case exactly in the act that opens it", found, "Open it anew.")
    if opening is None:
        return None
    if opening.kind != kind.name or not act.case.startswith(f"{kind.prefix}-"):
        return _fault(act, f"a case of the kind {kind.name}, {kind.prefix}-…", "another kind", "Name the right kind.")
    if (opening.subject == "") != (kind.subject == "organisation") and kind.subject != "any":
        return _fault(act, f"a {kind.subject} as subject", "another subject", "Name what the case is about.")
    if opening.severity not in kind.clock.due:
        return _fault(act, f"a severity of {', '.join(kind.clock.due)}", "another", "Choose one of them.")
    return _due(kind, act, opening)


def _due(kind: Kind, act: Act, opening: Opening) -> Fault | None:
    """The due date is the clock's, not the opener's; the clock never starts after the opening."""
    due = due_date(kind.clock, opening.severity, opening.starts, opening.zone, opening.days_off)
    if opening.starts > act.at:
        return _fault(act, "a clock that starts before the opening", "one in the future", "Correct the moment.")
    if opening.due != due:
        return _fault(act, f"{due} as due date, by the clock of {kind.name}", "another", "Leave the date to the clock.")
    return None


def _state(kind: Kind, case: Case | None, act: Act, rule: ActRule) -> Fault | None:
    """Rule 2."""
    if case is None:
        return None if rule.opens else _fault(act, "an act that opens a case", f"`{act.verb}`", "Open the case first.")
    if case.state in rule.from_:
        return None
    now = ", ".join(allowed(kind, case)) or "nothing"
    wanted = " or ".join(rule.from_) or "no case yet"
    return _fault(act, f"the state {wanted} for `{act.verb}`", f"the state {case.state}", f"Possible now: {now}.")


def _roles(case: Case | None, act: Act) -> dict[str, tuple[str, ...]]:
    """Who holds each role, before or at the opening."""
    holder = case or act.opening
    if holder is None:
        return {}
    single = {"owner": (holder.owner,), "deputy": (holder.deputy,), "reviewer": (holder.reviewer,)}
    return {**single, "escalation": holder.escalation, "system": (SYSTEM,)}


def _who(case: Case | None, act: Act, rule: ActRule) -> Fault | None:
    """Rule 3, roles."""
    if act.by == ANONYMOUS:
        named = _fault(act, f"a name for `{act.verb}`", "none", "Only what the kind marks `anonymous` goes without.")
        return None if rule.anonymous else named
    roles = _roles(case, act)
    may = {one for role in rule.who for one in roles.get(role, ())}
    if act.by in may or ("anyone" in rule.who and act.by != SYSTEM):
        return None
    who = "; ".join(f"{role} ({', '.join(roles.get(role, ()))})" if role in roles else role for role in rule.who)
    return _fault(act, f"`{act.verb}` by {who}", act.by, "Ask one of them.")


def _duties(case: Case | None, act: Act, rule: ActRule) -> Fault | None:
    """Rule 3, separation of duties."""
    roles = _roles(case, act)
    for duty in rule.not_by:
        barred = roles.get(duty, ()) if duty in roles else (case.did.get(duty, ()) if case else ())
        if duty == "author":
            barred = (case.opened_by,) if case else ()
        if act.by in barred:
            what = f"whoever did `{duty}`" if duty not in roles and duty != "author" else f"the {duty}"
            mend = "Separation of duties: ask another person who may."
            return _fault(act, f"`{act.verb}` by someone who is not {what}", act.by, mend)
    return _four_eyes(case, act, rule)


def _four_eyes(case: Case | None, act: Act, rule: ActRule) -> Fault | None:
    """Nobody becomes owner and reviewer of one case."""
    holder = case or act.opening
    if holder is None:
        return None
    owner = act.fields.get(rule.sets.get("owner", ""), holder.owner)
    reviewer = act.fields.get(rule.sets.get("reviewer", ""), holder.reviewer)
    if owner != reviewer:
        return None
    return _fault(act, "an owner and a reviewer who are two people", owner, "Name another person.")


def _strength(act: Act, rule: ActRule) -> Fault | None:
    """Rule 4. The strength `system` is the system's alone."""
    if (act.strength is Strength.SYSTEM) != (act.by == SYSTEM):
        return _fault(
            act, "the strength `system` for acts of the system, and only for those", act.strength, "Act anew."
        )
    if act.strength.reaches(rule.strength):
        return None
    mend = "Sign it with your own key (`aims act … --sign KEY`)." if rule.strength is Strength.SSH else "Use a code."
    return _fault(act, f"`{act.verb}` known at least by {rule.strength}", act.strength, mend)


def _personal(case: Case | None, act: Act, rule: ActRule) -> Fault | None:
    """Rule 7."""
    given = [name for name in rule.personal if name in act.fields]
    if case and case.erased and (given or rule.erases):
        mend = "Open another case for what is new." if given else "There is nothing left to erase."
        expected = "no personal text on an erased case" if given else f"one `{act.verb}` of a case"
        return _fault(act, expected, f"`{given[0]}`" if given else "another", mend)
    for name in given:
        if not is_encrypted(act.fields[name]):
            return _fault(act, f"encrypted text in `{name}` ({rule.fields[name].label})", "other text", "Act anew.")
    return None


def _form(case: Case | None, act: Act, rule: ActRule) -> Fault | None:
    """Rule 5."""
    if not act.why and act.by != SYSTEM:
        return _fault(act, "a reason", "none", "Say why.")
    holder = case or act.opening
    today = local_day(act.at, holder.zone if holder else "UTC")
    for name, value in act.fields.items():
        field = rule.fields.get(name)
        if field is None:
            known = ", ".join(rule.fields) or "no field"
            return _fault(act, f"{known} in `{act.verb}`", f"`{name}`", "Leave it out or correct its spelling.")
        if not field.personal and (wanted := field.lacks(value, today)):
            return _fault(act, f"{wanted} in `{name}` ({field.label})", "another value", "Correct it.")
    missing = [name for name, field in rule.fields.items() if field.required and name not in act.fields]
    if missing:
        label = rule.fields[missing[0]].label
        return _fault(act, f"the field `{missing[0]}` ({label})", "nothing", f"Give it: --field {missing[0]}=…")
    return None


def _strangers(kind: Kind, act: Act, people: People) -> Fault | None:
    """People who are named but not known."""
    rule = kind.acts[act.verb]
    named = [act.by] if act.by not in (SYSTEM, ANONYMOUS) else []
    named += [value for name, value in act.fields.items() if rule.fields[name].type == "person"]
    if act.opening:
        named += [act.opening.owner, act.opening.deputy, act.opening.reviewer, *act.opening.escalation]
    for one in named:
        if people.get(one) is None:
            return _fault(act, "a person of people.yaml", f"`{one}`", "Correct the id, or add them to people.yaml.")
    return None
