"""The form of a case in markdown: what is wrong, what it rests on, what to do. Foreign text carries no link."""

from collections.abc import Sequence

from governance.cases.act import SYSTEM, Act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import ActRule
from governance.cases.label import choices
from reports.artifacts import plain
from reports.phrases import clean

SEND_CODE = "send_me_a_code"


def case_form(case: Case, kind: Kind, acts: Sequence[Act], refused: Sequence[str] = (), page: str = "") -> str:
    """What stands above the fields.

    Args:
        case: the case as it stands.
        kind: the kind it was opened with.
        acts: its acts, in their order.
        refused: why the answers to this question were refused so far.
        page: address of the page about it.
    """
    state = kind.states[case.state]
    parts = [f"> **Not taken:** {plain(refused[-1])}\n"] if refused else []
    parts += [f"## {plain(case.title)}", ""]
    parts += [f"- {plain(sentence)}" for sentence in case.sentences] or ["- See the reason of its opening below."]
    parts += ["", _facts(case, kind, state.about), "### What you can do", "", "| Act | Who | Needs |", "|---|---|---|"]
    parts += [_row(verb, case, kind.acts[verb]) for verb in choices(case, kind)]
    parts += ["", "### What happened", "", *(_told(act) for act in acts[-5:]), ""]
    parts += [f"The page about it: {clean(page)}", ""] if page else []
    return "\n".join(parts)


def _facts(case: Case, kind: Kind, about: str) -> str:
    """State, dates and the bundle that it rests on."""
    window = (
        f"first seen in window `{case.opened_window}`" if case.opened_window else f"since {case.opened_at:%Y-%m-%d}"
    )
    last = f", last seen in `{case.last.window}`" if case.last else ""
    evidence = f"- Evidence: bundle `{case.basis}`\n" if case.basis else ""
    return (
        f"- {plain(kind.title)} `{case.id}`, severity {case.severity}, {window}{last}\n"
        f"- State **{case.state}**: {plain(about)}\n- Due **{case.due}** ({case.zone})\n{evidence}"
    )


def _row(verb: str, case: Case, rule: ActRule) -> str:
    """One act: its words, who may, which fields it needs."""
    who = [one for role in rule.who for one in (case.holders(role) or (role,)) if one != SYSTEM]
    asked = {name: field for name, field in rule.fields.items() if not field.personal}
    needs = ", ".join(f"`{name}`{'' if field.required else ' (if any)'}" for name, field in asked.items())
    needs += ", personal text: only by `aims act … --field-file`" if rule.personal else ""
    code = (
        ", a code" if rule.strength == "code" else ", your own signature: `aims act`" if rule.strength == "ssh" else ""
    )
    needs = f"`why`{', ' if needs else ''}{needs}{code}"
    return f"| **{verb}**: {plain(rule.about)} | {', '.join(dict.fromkeys(who))} | {needs} |"


def _told(act: Act) -> str:
    """One line of the history."""
    return f"- {act.at:%Y-%m-%d %H:%M} UTC, {act.by}: **{act.verb}**. {plain(act.why)[:600]}"
