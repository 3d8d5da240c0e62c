"""Whatever acts come in whatever order, a case is in a state of its kind, and nothing crashes."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from governance.cases.act import Act
from governance.cases.kind_parts import Strength
from governance.cases.reminder import lapsed, notices, overdue_days
from governance.cases.rules import allowed, apply, fold
from governance.errors import ActRefused
from tests.builders import people
from tests.governance.cases.stories import ADA, BEN, EVE, FEMI, KINDS, NOON, SYSTEM, kind, opened, opener

EVERY = [kind(path.stem) for path in sorted(KINDS.glob("*.yaml"))]
VALUES = st.sampled_from(["2026-12-01", "2026-12-01T10:00+01:00", "5", "some text", BEN, FEMI, "no such thing", ""])
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


@given(histories(), st.randoms(use_true_random=False))
def test_the_fold_does_not_depend_on_the_order_of_reading(history: tuple[int, list[Act]], chance: object) -> None:
    """Acts are taken by their numbers."""
    of, acts = EVERY[history[0]], history[1]
    shuffled = list(acts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert fold(of, shuffled) == fold(of, acts)


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


@given(histories())
def test_every_act_survives_its_way_through_the_archive(history: tuple[int, list[Act]]) -> None:
    """Read back from its canonical JSON it is equal."""
    for act in history[1]:
        assert Act.from_json(act.to_json(), "act.json") == act
