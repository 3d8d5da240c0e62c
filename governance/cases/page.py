"""An act and its case in plain words, as they lie in the act's bundle (data/case.md) and stand in notifications."""

from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import Strength
from governance.cases.personal import is_encrypted
from governance.cases.text import harmless
from governance.evidence.statement import utc_second

KNOWN_BY = {
    Strength.SESSION: "said in a session of somebody who was let in",
    Strength.CODE: "confirmed with a one-time code sent to them alone",
    Strength.SSH: "signed with their own SSH key",
    Strength.SYSTEM: "done by the system itself, under its signing key",
}


def case_page(act: Act, kind: Kind, case: Case) -> str:
    """Markdown: what the case is about, what was done, by whom, why, how strongly that is known, and what comes next.

    Args:
        act: the act.
        kind: the kind in force for the case.
        case: the case after the act.
    """
    state = kind.states[case.state]
    facts = [
        f"- Kind: {kind.title}",
        f"- About: {case.subject or 'the organisation'}",
        f"- Severity: {case.severity}",
        f"- State: {case.state} – {state.about}",
        f"- Owner: {case.owner}; deputy: {case.deputy}; reviewer: {case.reviewer}",
        "- Closed" if state.final else f"- Due: {case.due} ({case.zone}); waits for: {state.waits_for}",
    ]
    sentences = [f"> {harmless(one)}" for one in case.sentences]
    parts = [f"# {harmless(case.title)}", "", f"Case {case.id}", "", *facts, "", *sentences]
    return "\n".join([*parts, "", *_step(act, kind)]) + "\n"


def _value(value: str) -> str:
    """A value of the form; of personal text only that there is some."""
    return "(encrypted under the key of the case)" if is_encrypted(value) else harmless(value, "  ")


def _step(act: Act, kind: Kind) -> list[str]:
    """What was done in this act."""
    rule = kind.acts[act.verb]
    said = [f"## Act {act.seq}: {act.verb}", "", rule.about, ""]
    said += [
        f"- By {act.by} at {utc_second(act.at)}, {KNOWN_BY[act.strength]}",
        f"- Why: {harmless(act.why, '  ') or '(no reason)'}",
    ]
    said += [f"- {rule.fields[name].label}: {_value(value)}" for name, value in act.fields.items()]
    said += [f"- Window {act.sighting.window}, revision {act.sighting.revision}"] if act.sighting else []
    said += [f"- Rests on {basis.key}" for basis in act.rests_on]
    seen = act.checkpoint_seen
    return [*said, f"- Checkpoint seen: {seen.origin}, {seen.size} entries, {seen.root}"] if seen else said
