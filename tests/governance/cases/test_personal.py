"""Personal text opens with its key at its place, and nowhere else; whatever lies there, nothing but text comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.cases.case import Erasure
from governance.cases.kind_parts import TEXT_LIMIT
from governance.cases.label import choices
from governance.cases.message import doable
from governance.cases.personal import DAMAGED, NO_KEY, PREFIX, encrypted, is_encrypted, shown
from governance.cases.rules import allowed
from governance.cases.text import is_plain
from tests.governance.cases.stories import ADA, EVE, NOON, act, kind, opened, tell

KEY, OTHER = bytes(range(32)), bytes(32)
OF = kind("concern")
CASE = tell(OF, opened(OF, ADA))
TEXTS = st.text(min_size=1, max_size=200).filter(is_plain)


def said(text: str, seq: int = 2) -> dict[str, str]:
    """The form of an act with a personal text, encrypted."""
    step = act(CASE, "comment", ADA).model_copy(update={"fields": {"account": text, "open": "to all"}, "seq": seq})
    return encrypted(step, ("account",), KEY).fields


def read(fields: dict[str, str], key: bytes | None = KEY, seq: int = 2) -> str:
    """What is shown of the personal text in a form."""
    step = act(CASE, "comment", ADA).model_copy(update={"fields": fields, "seq": seq})
    return shown(CASE, step, key)["account"]


@settings(deadline=None, max_examples=50)
@given(TEXTS)
def test_text_comes_back_with_its_key_and_with_no_other(text: str) -> None:
    """Whatever the writing; what is not personal is left alone."""
    fields = said(text)

    assert is_encrypted(fields["account"])
    assert fields["open"] == "to all"
    assert read(fields) == text
    assert read(fields, OTHER) == DAMAGED
    assert read(fields, None) == NO_KEY


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_changed_text_is_damaged_and_raises_nothing(at: int, mark: str) -> None:
    """Each character of it counts."""
    good = said("x" * 60)["account"]
    at = len(PREFIX) + at % (len(good) - len(PREFIX))
    changed = good[:at] + mark + good[at + 1 :]
    shown_ = read({"account": changed})

    assert shown_ in (DAMAGED, changed if not is_encrypted(changed) else "x" * 60)


def test_a_text_that_is_moved_to_another_act_does_not_open() -> None:
    """Nobody's words are put under another step."""
    assert read(said("mine"), seq=3) == DAMAGED


def test_the_same_step_has_the_same_bytes_and_another_step_others() -> None:
    """A repeated run makes no second act; equal words in two acts do not look equal."""
    assert said("the same") == said("the same")
    assert said("the same") != said("the same", seq=3)
    assert len(said("a")["account"]) == len(said("a longer name")["account"])


def test_the_longest_text_fits() -> None:
    """Four bytes a character, as much as a field takes."""
    fields = said("𐍈" * TEXT_LIMIT)

    assert is_encrypted(fields["account"])
    assert read(fields) == "𐍈" * TEXT_LIMIT


def test_nobody_is_asked_to_erase_and_an_erased_case_offers_it_no_more() -> None:
    """It can be chosen, but no message names it as a thing to do."""
    erased = CASE.model_copy(update={"erased": Erasure(by="eve-marsh", at=NOON)})

    assert "erase" not in doable(CASE, OF, EVE)
    assert "erase" in choices(CASE, OF)
    assert "erase" not in [*choices(erased, OF), *allowed(OF, erased)]


def test_an_erased_case_shows_nothing_even_with_the_key() -> None:
    """A copy of the key that came back opens nothing."""
    erased = CASE.model_copy(update={"erased": Erasure(by="eve-marsh", at=NOON)})
    step = act(CASE, "comment", ADA).model_copy(update={"fields": said("gone"), "seq": 2})

    assert shown(erased, step, KEY)["account"] == "erased on 2026-11-24 by eve-marsh"
