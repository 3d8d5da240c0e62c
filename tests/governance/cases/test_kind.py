"""A kind of case is read with every fault, each with its line; and kept as bytes that say the same."""

import pytest

from governance.cases.kind import kind_from_json, read_kind
from governance.errors import ConfigurationError
from governance.evidence import Malformed
from tests.governance.cases.stories import KINDS, kind

TEXT = (KINDS / "remediation.yaml").read_text("utf-8")
BROKEN = {
    "an act to a state that is none": ("    to: acknowledged\n", "    to: noted\n", "states of this kind, not `noted`"),
    "a state that nobody reaches": (
        "  closed: {about",
        "  lost: {about: Nobody gets here., waits_for: owner}\n  closed: {about",
        "a state that some act leads to from the opening",
    ),
    "a state without exit": (
        "    from: [fixed, closed, accepted]\n    to: reopened",
        "    from: [fixed, closed, accepted]\n    to: stuck",
        "states of this kind, not `stuck`",
    ),
    "an unknown key": ("purpose: >-", "colour: red\npurpose: >-", "only the fields that are known here"),
    "an unknown role": ("    who: [reviewer, escalation]", "    who: [boss]", "one of"),
    "separation from nobody": ("not_by: [owner, acknowledge, fix]", "not_by: [owner, nobody]", "not `nobody`"),
    "a set field that is no date": (
        "    sets: {due: until}",
        "    sets: {due: measures}",
        "`measures` as a required field of type date",
    ),
    "a state that lapses by nothing": (
        "lapses: expire",
        "lapses: vanish",
        "an act that `system` may do from this state",
    ),
    "a retest without its date": ("since: effective_from", "since: mend", "a required date of every act"),
    "a remark that hides the date of the mend": (
        "    about: A remark that changes nothing.\n",
        "    about: A remark that changes nothing.\n    fields: {effective_from: {label: From when}}\n",
        "a date, because the retest goes by this field",
    ),
    "personal text that nothing erases": (
        "{label: What limits the harm until then}",
        "{label: Whom it harms, personal: true, required: false}",
        "one act with `erases: true` exactly where some field is `personal`",
    ),
    "an erasure of nothing": ("    sets: {due: until}", "    erases: true", "one act with `erases: true` exactly"),
    "a personal choice": (
        "{label: What limits the harm until then}",
        "{label: Which, type: date, personal: true}",
        "`personal` only where the type is `text`",
    ),
    "no severity for findings": (
        "    medium: {days: 10",
        "    middling: {days: 10",
        "the severities `high` and `medium`",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_kind_is_refused_with_file_and_line(old: str, new: str, said: str) -> None:
    """Every fault names the file and a line that exists."""
    assert old in TEXT

    with pytest.raises(ConfigurationError) as caught:
        read_kind(TEXT.replace(old, new), "kinds/remediation.yaml")

    assert said in str(caught.value)
    for fault in caught.value.faults:
        assert fault.place.file == "kinds/remediation.yaml"
        assert fault.place.line
        assert fault.place.line > 0


def test_a_state_that_leads_nowhere_is_refused() -> None:
    """From every state a final one can be reached."""
    text = TEXT.replace("  closed: {about", "  limbo: {about: No way out., waits_for: owner}\n  closed: {about")
    text = text.replace(
        "  comment:\n",
        "  park:\n    about: Into limbo.\n    from: [open]\n    to: limbo\n    who: [owner]\n  comment:\n",
    )

    with pytest.raises(ConfigurationError) as caught:
        read_kind(text, "kinds/remediation.yaml")

    assert str(caught.value).count("a state from which acts lead to a final one") == 1
    assert "states.limbo" in str(caught.value)


PERSONAL = (KINDS / "concern.yaml").read_text("utf-8")
ERASE = "    from: [raised, looked_into, answered, passed_on]\n    who: [reviewer, deputy, escalation]\n"
UNERASABLE = {
    "an erasure not from everywhere": (ERASE, ERASE.replace("raised, ", ""), "from every state"),
    "an erasure by the system": (ERASE, ERASE.replace("deputy", "system"), "by people from every state"),
    "personal text that a step needs": (
        "      outcome: {label: What was found and what is done}",
        "      outcome: {label: What was found and what is done, personal: true}",
        "`required: false`, because an erased case must still go on",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), UNERASABLE.values(), ids=UNERASABLE.keys())
def test_a_kind_whose_personal_text_cannot_be_erased_is_refused(old: str, new: str, said: str) -> None:
    """Erasure is possible in every state, and stops no case."""
    assert old in PERSONAL

    with pytest.raises(ConfigurationError, match=said):
        read_kind(PERSONAL.replace(old, new), "kinds/concern.yaml")


def test_a_kind_without_personal_text_has_the_bytes_that_it_always_had() -> None:
    """Cases of earlier years keep a kind that knew no personal fields, and are still read."""
    assert b"personal" not in kind().to_json()
    assert b"erases" not in kind().to_json()
    assert b'"personal":true' in kind("concern").to_json()


def test_a_kind_survives_its_way_through_the_archive() -> None:
    """Read back from its canonical JSON it is equal."""
    assert kind_from_json(kind().to_json(), "kind.json") == kind()


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b'{"name":"x"}', kind().to_json() + b" "])
def test_bytes_that_are_no_kind_are_malformed_and_nothing_else(body: bytes) -> None:
    """No other exception leaves the reader."""
    with pytest.raises(Malformed):
        kind_from_json(body, "kind.json")
