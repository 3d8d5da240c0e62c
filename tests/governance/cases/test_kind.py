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


def test_a_kind_survives_its_way_through_the_archive() -> None:
    """Read back from its canonical JSON it is equal."""
    assert kind_from_json(kind().to_json(), "kind.json") == kind()


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b'{"name":"x"}', kind().to_json() + b" "])
def test_bytes_that_are_no_kind_are_malformed_and_nothing_else(body: bytes) -> None:
    """No other exception leaves the reader."""
    with pytest.raises(Malformed):
        kind_from_json(body, "kind.json")
