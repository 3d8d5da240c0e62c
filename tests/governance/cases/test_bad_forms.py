"""The standard suite of bad input: every act of every kind, given what no form should take.

Each refusal is an error of ours that says what was expected and the mend, names the part, and repeats nothing of what
was typed; and nothing is written: no bundle, no line of the log, no key, no row of the index.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from governance.adapters.workplace import Workplace
from governance.cases.act import Act, make_act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import ActRule, FieldRule, Strength
from governance.cases.personal import encrypted
from governance.cases.rules import apply
from governance.errors import AimsError
from governance.registry.registry import Registry
from governance.registry.system import Roles
from tests.builders import people, system
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, KINDS, ROLES, SYSTEM, kind, opened, opener
from tests.prefect_server import begin

NAMES = sorted(path.stem for path in KINDS.glob("*.yaml"))
EVERYBODY = (ADA, BEN, EVE, FEMI)
NOW = datetime.now(UTC).replace(microsecond=0)
EVIL = "Planted<script>alert(1)</script> [x](https://evil.example)"
UNFIT = {
    "NUL": f"a\0{EVIL}",
    "an escape sequence": f"\x1b[31m{EVIL}",
    "a turn of direction": f"\u202e{EVIL}",
    "half a surrogate": f"\udcff{EVIL}",
    "a megabyte": EVIL + "x" * 1_000_000,
}
BAD: dict[str, dict[str, str]] = {
    "text": {**UNFIT, "nothing": ""},
    "date": {"a past century": "0001-01-01", "a week": "2026-W48-2", "words": EVIL, "another day": "2026-02-30"},
    "moment": {"no zone": "2026-11-24T09:30", "the last year": "9999-12-31T23:59-14:00", "words": EVIL},
    "number": {"too great": "1e999", "a thousand digits": "9" * 1000, "no number": "nan", "words": EVIL},
    "choice": {"no choice": EVIL, "NUL": "\0"},
    "person": {"a stranger": "mallory", "words": EVIL},
}


def fit(field: FieldRule) -> str:
    """A value that a field takes."""
    soon = (NOW + timedelta(days=min(1, field.within_days or 1))).date().isoformat()
    good = {"text": "some text", "date": soon, "moment": (NOW - timedelta(hours=4)).isoformat(), "number": "1"}
    return good.get(field.type) or (field.choices[0] if field.choices else FEMI)


def form(rule: ActRule) -> dict[str, str]:
    """A whole form of an act."""
    return {name: fit(field) for name, field in rule.fields.items()}


def step(case: Case, verb: str, by: str, fields: dict[str, str], why: str = "because it is so") -> Act:
    """The next act on a case."""
    strength = Strength.SYSTEM if by == SYSTEM else Strength.CODE
    return make_act(case=case.id, seq=case.seq + 1, verb=verb, by=by, at=NOW, why=why, strength=strength, fields=fields)


def after(of: Kind, case: Case, verb: str) -> tuple[Case, str] | None:
    """The case after an act by somebody who may do it, and who that is."""
    for by in (*EVERYBODY, SYSTEM):
        rule = of.acts[verb]
        said = step(case, verb, by, form(rule)).model_copy(update={"strength": rule.strength} if by != SYSTEM else {})
        act = encrypted(said, rule.personal, bytes(32))
        try:
            return apply(of, case, act, people()), by
        except AimsError:
            continue
    return None


@cache
def ready(name: str) -> dict[str, tuple[Case, str]]:
    """For each act of a kind that people may do on a case: a case on which somebody may do it, and who."""
    of = kind(name)
    first = next(verb for verb, rule in of.acts.items() if rule.opens)
    act = opened(of, opener(of, first), verb=first, at=NOW - timedelta(hours=3), fields=form(of.acts[first]))
    cases = [apply(of, None, encrypted(act, of.acts[first].personal, bytes(32)), people())]
    found: dict[str, tuple[Case, str]] = {}
    seen = {cases[0].state}
    for case in cases:
        for verb in (verb for verb, rule in of.acts.items() if case.state in rule.from_):
            done = after(of, case, verb)
            if done and done[1] != SYSTEM:
                found.setdefault(verb, (case, done[1]))
            if done and (done[0].state, frozenset(done[0].did)) not in seen and len(cases) < 200:
                seen |= {(done[0].state, frozenset(done[0].did))}
                cases.append(done[0])
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A workplace with one system."""
    made = begin(tmp_path_factory.mktemp("bad") / "state", KINDS.parent)
    made.__dict__["registry"] = Registry({"early-help": system()}, people())
    made.casework.sync()
    return made


def objects(here: Workplace) -> list[str]:
    """Every file of the archive and of the keys."""
    state = here.settings.state
    return sorted(str(path) for folder in ("archive", "keys") for path in (state / folder).rglob("*"))


def wrong_forms(rule: ActRule) -> Iterator[tuple[str, dict[str, str]]]:
    """The part that is wrong, and a form in which only this is wrong."""
    whole = form(rule)
    for name, field in rule.fields.items():
        for bad in BAD[field.type].values():
            yield name, whole | {name: bad}
        if field.within_days is not None:
            yield name, whole | {name: (date.today() - timedelta(days=2)).isoformat()}  # noqa: DTZ011 - a past day
            yield name, whole | {name: (date.today() + timedelta(days=4000)).isoformat()}  # noqa: DTZ011
        if field.required:
            yield name, {other: value for other, value in whole.items() if other != name}
    yield "invented", whole | {"invented": EVIL}


def wrong_acts(of: Kind, case: Case, verb: str, by: str) -> Iterator[tuple[str, dict[str, object]]]:
    """The part that must be named, and what makes an act that must be refused."""
    rule = of.acts[verb]
    good: dict[str, object] = {"case": case, "verb": verb, "by": by, "fields": form(rule)}
    for named, fields in wrong_forms(rule):
        yield named, good | {"fields": fields}
    for bad in (*UNFIT.values(), ""):
        yield "reason" if not bad else "why", good | {"why": bad}
    yield "mallory", good | {"by": "mallory"}
    yield verb, good | {"by": "anonymous"}
    yield "by", good | {"by": EVIL}
    yield "verb", good | {"verb": EVIL}
    yield "fields", good | {"fields": {EVIL: "x"}}
    yield "act number", good | {"case": case.model_copy(update={"seq": case.seq + 1})}
    for state in sorted(set(of.states) - set(rule.from_))[:1]:
        yield "the state", good | {"case": case.model_copy(update={"state": state})}
    if "anyone" not in rule.who:
        yield f"`{verb}`", good | {"case": case.model_copy(update=dict.fromkeys(("owner", "deputy", "reviewer"), "zoe")
                                                           | {"escalation": ("zoe",)})}  # fmt: skip


def refusal_of(here: Workplace, of: Kind, known: Case, given: dict[str, object]) -> str:
    """What somebody is told whose act is refused; a case that has moved meanwhile is `known`."""
    with pytest.raises(AimsError) as caught:
        here.casework.record(of, known, step(**given))  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    return str(caught.value)


def is_clear(said: str) -> bool:
    """Whether it says what was expected, what was found and the mend, briefly, with nothing of what was typed."""
    return (
        "expected " in said and "found " in said and len(said) < 2000 and "Planted" not in said and "evil" not in said
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_act_refuses_what_it_should_and_nothing_is_written(name: str, here: Workplace) -> None:
    """Strangers, others' cases, past dates, huge text and numbers, HTML, control and turning characters."""
    of, before, unclear = kind(name), objects(here), []
    acts = ready(name)
    for verb, (case, by) in acts.items():
        for named, given in wrong_acts(of, case, verb, by):
            moved = given.pop("case")
            assert isinstance(moved, Case)
            known = case if moved.seq != case.seq else moved
            said = refusal_of(here, of, known, {"case": moved, **given})
            wanted = named if of.acts[verb].strength is not Strength.SSH else ""  # without a key it is refused at once
            if not is_clear(said) or wanted not in said:
                unclear.append((verb, named, said[:300]))
    by_people = {verb for verb, rule in of.acts.items() if not rule.opens and set(rule.who) != {SYSTEM}}

    assert unclear == []
    assert set(acts) == by_people
    assert objects(here) == before
    assert here.index.cases() == []


@pytest.mark.parametrize("name", NAMES)
def test_every_opening_refuses_what_it_should_and_nothing_is_written(name: str, here: Workplace) -> None:
    """The same for the act that begins a case, with its title, severity, subject and roles."""
    of, before, unclear = kind(name), objects(here), []
    verb = next(verb for verb, rule in of.acts.items() if rule.opens)
    about = "" if of.subject == "organisation" else "early-help"
    stranger = Roles(owner="zoe", deputy=BEN, reviewer=EVE, escalation=(FEMI,))
    good: dict[str, object] = {"system": about, "title": "A case", "severity": "", "by": opener(of, verb), "why": "so",
                               "verb": verb, "roles": ROLES, "fields": form(of.acts[verb])}  # fmt: skip
    wrong: list[tuple[str, dict[str, object]]] = [
        ("title", {"title": ""}),
        *(("title", {"title": bad}) for bad in (*UNFIT.values(), "two\nlines")),
        ("severity", {"severity": EVIL}),
        ("verb", {"verb": EVIL}),
        ("by", {"by": EVIL}),
        ("act", {"verb": "invented"}),
        ("", {"by": "mallory"}),
        ("", {"roles": stranger}),
        *(("system", {"system": bad, "roles": None}) for bad in (EVIL, "no-such", "\0", "\udcff")),
        *(("why", {"why": bad}) for bad in UNFIT.values()),
    ]
    if set(of.acts[verb].who) != {SYSTEM}:
        wrong += [(named, {"fields": fields}) for named, fields in wrong_forms(of.acts[verb])]
    for named, change in wrong:
        with pytest.raises(AimsError) as caught:
            here.casework.open(name, **good | change)  # type: ignore[arg-type]
        said = str(caught.value)
        if not is_clear(said) or (named not in said and "by system" not in said) or caught.value.exit_code != 2:
            unclear.append((named, said[:300]))

    assert unclear == []
    assert objects(here) == before


def test_the_path_of_a_case_is_not_a_path_of_files(here: Workplace, tmp_path: Path) -> None:
    """An id that climbs out of a folder, or is none at all, is refused before anything is looked up."""
    for bad in ("../../etc/passwd", EVIL, "\0", "\udcff", "x" * 1_000_000, "", "REM-no-such-case"):
        with pytest.raises(AimsError) as caught:
            here.casework.case(bad)
        assert is_clear(str(caught.value))
