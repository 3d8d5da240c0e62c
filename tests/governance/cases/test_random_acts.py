"""Whatever acts come in whatever order, a case is in a state of its kind, and nothing crashes."""

import copy
import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.cases.act import Act
from governance.cases.kind_parts import Strength
from governance.cases.personal import PREFIX
from governance.cases.reminder import lapsed, notices, overdue_days
from governance.cases.rules import allowed, apply, fold
from governance.errors import ActRefused
from governance.evidence import Malformed
from governance.evidence.canonical import canonical_json
from tests.builders import people
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, KINDS, NOON, SYSTEM, kind, opened, opener

EVERY = [kind(path.stem) for path in sorted(KINDS.glob("*.yaml"))]
HIDDEN = f"{PREFIX}{'A' * 123}="
VALUES = st.sampled_from(["2026-12-01", "2026-12-01T10:00+01:00", "5", "some text", BEN, FEMI, "no", "", HIDDEN])
PEOPLE = st.sampled_from([ADA, BEN, EVE, FEMI, SYSTEM, "anonymous", "mallory"])


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[Act]]:
    """The number of a kind, and acts on one case of it: numbers, verbs, people, forms by chance."""
    number = draw(st.integers(0, len(EVERY) - 1))
    of = EVERY[number]
    first = next(verb for verb, rule in of.acts.items() if rule.opens)
    fields = {
        name: {"moment": "2026-11-24T10:00+00:00", "date": "2026-12-01", "number": "1", "person": BEN}.get(
            field.type, field.choices[0] if field.choices else "text"
        )
        for name, field in of.acts[first].fields.items()
        if not field.personal
    }
    opening = opened(of, opener(of, first), verb=first, fields=fields)
    acts = [opening]
    for seq in draw(st.lists(st.integers(1, 12), max_size=12)):
        verb = draw(st.sampled_from([*of.acts, "invented"]))
        rule = of.acts.get(verb)
        names = [name for name in (rule.fields if rule else {"extra": 1}) if draw(st.booleans())]
        by = draw(PEOPLE)
        strength = Strength.SYSTEM if by == SYSTEM else draw(st.sampled_from(list(Strength)))
        form = {name: draw(VALUES) for name in names}
        why = draw(st.sampled_from(["", "why"]))
        acts.append(Act(case=opening.case, seq=seq, verb=verb, by=by, at=NOON, why=why, strength=strength, fields=form))
    return number, acts


@settings(deadline=None)
@given(histories())
def test_the_fold_ends_in_a_state_of_the_kind(history: tuple[int, list[Act]]) -> None:
    """Every state has its meaning, its dates and its next acts."""
    of, acts = EVERY[history[0]], history[1]

    case = fold(of, acts)

    assert case.state in of.states
    assert of.states[case.state].final or allowed(of, case)
    assert overdue_days(case, of, NOON) >= 0
    assert notices(case, of, NOON) is not None
    assert lapsed(case, of, NOON) is None or of.states[case.state].lapses


@settings(deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_fold_does_not_depend_on_the_order_of_reading(history: tuple[int, list[Act]], chance: object) -> None:
    """Acts are taken by their numbers."""
    of, acts = EVERY[history[0]], history[1]
    shuffled = list(acts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert fold(of, shuffled) == fold(of, acts)


@settings(deadline=None)
@given(histories())
def test_what_apply_allows_the_fold_obeys(history: tuple[int, list[Act]]) -> None:
    """Rules asked before writing and rules asked when reading are the same."""
    of, acts = EVERY[history[0]], history[1]
    case, kept = apply(of, None, acts[0], people()), [acts[0]]
    for act in acts[1:]:
        following = act.model_copy(update={"seq": case.seq + 1})
        with suppress(ActRefused):
            case = apply(of, case, following, people())
            kept.append(following)

    assert fold(of, kept) == case
    assert case.void == ()


@settings(deadline=None)
@given(histories())
def test_every_act_survives_its_way_through_the_archive(history: tuple[int, list[Act]]) -> None:
    """Read back from its canonical JSON it is equal."""
    for act in history[1]:
        assert Act.from_json(act.to_json(), "act.json") == act


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9999, 99_999_999)
    | st.text(max_size=8)
    | st.sampled_from(
        ["9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "Mars/Base", "open", "system", "ssh", ADA]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
REMEDIATION = kind()
WHOLE = json.loads(opened(REMEDIATION, SYSTEM).to_json())
PATHS = [(name,) for name in WHOLE] + [("opening", name) for name in WHOLE["opening"]]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(PATHS), JSON, min_size=1, max_size=3))
def test_a_forged_act_is_malformed_refused_or_folded_and_nothing_else(changes: dict[tuple[str, ...], object]) -> None:
    """Whatever stands in the archive, the reader goes on."""
    forged = copy.deepcopy(WHOLE)
    for path, value in changes.items():
        if len(path) == 1:
            forged[path[0]] = value
        elif isinstance(forged.get("opening"), dict):
            forged["opening"][path[1]] = value

    with suppress(Malformed, ActRefused):
        case = fold(REMEDIATION, [Act.from_json(canonical_json(forged), "act.json")])
        assert case.state == "open"
