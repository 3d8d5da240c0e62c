"""What is wrong with a kind as a whole: states nobody reaches or leaves, acts that name what does not exist.

Each fault is (path of the field, what was expected), so the reader of the file can give its line.
"""

from collections.abc import Iterator
from typing import get_args

from governance.cases.kind_parts import ActRule, KindParts, Role

Path = tuple[str | int, ...]
FaultAt = tuple[Path, str]


def faults_of(kind: KindParts) -> list[FaultAt]:
    """Every fault between the parts of a kind; none when it is sound."""
    unknown = [*_unknown_states(kind), *_unknown_words(kind)]
    return unknown or [*_graph(kind), *_clock(kind), *_monitor(kind), *_personal(kind)]


def _unknown_states(kind: KindParts) -> Iterator[FaultAt]:
    """Acts must name states that exist; an opening act must lead somewhere."""
    for verb, rule in kind.acts.items():
        for state in (*rule.from_, *([rule.to] if rule.to else [])):
            if state not in kind.states:
                yield ("acts", verb), f"states of this kind, not `{state}`"
        if rule.opens and not rule.to:
            yield ("acts", verb), "`to`, because an act without `from` opens the case"


def _unknown_words(kind: KindParts) -> Iterator[FaultAt]:
    """`not_by`, `sets`, `lapses` must name what exists and fits."""
    known = {*get_args(Role), *kind.acts, "author"}
    for verb, rule in kind.acts.items():
        for name in rule.not_by:
            if name not in known:
                yield ("acts", verb, "not_by"), f"a role, an act of this kind or `author`, not `{name}`"
        yield from _sets(kind, verb, rule)
    for name, state in kind.states.items():
        if state.lapses and not _system_may(kind, state.lapses, name):
            yield ("states", name, "lapses"), "an act that `system` may do from this state without required fields"
        if state.final == (state.waits_for is not None):
            yield ("states", name), "either `final: true` or the role that it `waits_for`"


def _sets(kind: KindParts, verb: str, rule: ActRule) -> Iterator[FaultAt]:
    """A field that sets something must be declared, required and of the right type."""
    wanted = {"due": "date", "severity": "choice"}
    for target, name in rule.sets.items():
        field = rule.fields.get(name)
        if field is None or not field.required or field.type != wanted.get(target, "person"):
            yield ("acts", verb, "sets"), f"`{name}` as a required field of type {wanted.get(target, 'person')}"
        elif target == "severity" and not set(field.choices) <= set(kind.clock.due):
            yield ("acts", verb, "sets"), "choices that are severities of the clock"


def _graph(kind: KindParts) -> Iterator[FaultAt]:
    """Every state can be reached from an opening act, and from each a final state can be reached."""
    steps = [(start, rule.to) for rule in kind.acts.values() for start in rule.from_ if rule.to]
    reached = _closure({rule.to for rule in kind.acts.values() if rule.opens}, steps)
    final = {name for name, state in kind.states.items() if state.final}
    ending = _closure(final, [(end, start) for start, end in steps])
    for name in kind.states:
        if name not in reached:
            yield ("states", name), "a state that some act leads to from the opening"
        if name not in ending:
            yield ("states", name), "a state from which acts lead to a final one"


def _closure(start: set[str], steps: list[tuple[str, str]]) -> set[str]:
    """All states that steps lead to from the start."""
    seen, fresh = set(start), set(start)
    while fresh:
        fresh = {end for begin, end in steps if begin in fresh} - seen
        seen |= fresh
    return seen


def _clock(kind: KindParts) -> Iterator[FaultAt]:
    """The clock's start must be a required moment of every opening act."""
    for verb, rule in kind.acts.items():
        field = rule.fields.get(kind.clock.starts)
        if kind.clock.starts and rule.opens and (field is None or field.type != "moment" or not field.required):
            yield (
                ("acts", verb, "fields"),
                f"`{kind.clock.starts}` as a required moment, because the clock starts there",
            )
    for severity, rules in kind.clock.due.items():
        if all(rule.since is not None for rule in rules):
            yield ("clock", "due", severity), "one rule without `since`, for the days before any law"


def _monitor(kind: KindParts) -> Iterator[FaultAt]:
    """The acts of a monitoring run exist, and the system may do them without filling in a form."""
    if kind.monitor is None:
        return
    monitor, retest = kind.monitor, kind.monitor.retest
    if not _system_may(kind, monitor.open, ""):
        yield ("monitor", "open"), "an opening act that `system` may do without required fields"
    for word, verb in (("update", monitor.update), ("reopen", monitor.reopen), ("retest", retest.act)):
        if not _system_may(kind, verb, retest.state):
            yield ("monitor", word), f"an act that `system` may do from `{retest.state}` without required fields"
    to_retest = [rule for rule in kind.acts.values() if rule.to == retest.state]
    if not to_retest or any(_type(rule, retest.since) != "date" for rule in to_retest):
        yield ("monitor", "retest", "since"), f"a required date of every act that leads to `{retest.state}`"
    for verb, rule in kind.acts.items():
        if retest.since in rule.fields and rule.fields[retest.since].type != "date":
            yield ("acts", verb, "fields", retest.since), "a date, because the retest goes by this field"
    if not {"high", "medium"} <= set(kind.clock.due):
        yield ("clock", "due"), "the severities `high` and `medium`, which findings have"


def _personal(kind: KindParts) -> Iterator[FaultAt]:
    """A kind with personal fields has one act that erases them, and none that an erased case needs to go on."""
    has_personal = any(rule.personal for rule in kind.acts.values())
    erasing = [verb for verb, rule in kind.acts.items() if rule.erases]
    if len(erasing) != has_personal:
        yield ("acts",), "one act with `erases: true` exactly where some field is `personal`"
    for verb in erasing:
        rule = kind.acts[verb]
        if set(rule.from_) != set(kind.states) or rule.to or rule.personal or "system" in rule.who:
            yield ("acts", verb), "an erasure by people from every state, without `to` and personal fields"
    for verb, rule in kind.acts.items():
        for name in rule.personal:
            if rule.fields[name].required and not rule.opens:
                yield ("acts", verb, "fields", name), "`required: false`, because an erased case must still go on"


def _type(rule: ActRule, name: str) -> str:
    field = rule.fields.get(name)
    return field.type if field and field.required else ""


def _system_may(kind: KindParts, verb: str, state: str) -> bool:
    """Whether the system may do the act from a state (empty: open a case with it) with no field to fill in."""
    rule = kind.acts.get(verb)
    if rule is None or "system" not in rule.who or any(field.required for field in rule.fields.values()):
        return False
    return state in rule.from_ if state else rule.opens
