"""A finding tells the cause that the verdict names."""

from dataclasses import replace

from governance.cases.finding import findings
from governance.verdict import Cause, Status
from tests.builders import result, verdict

ALARMS = tuple(result("drift", name, "x", Status.ALARM, f"{name} moved.", cause="drift:contact") for name in "abcd")
CONTACT = result("drift", "contact", "x", Status.ALARM, "contact moved.", cause="drift:contact")
NAMED = Cause("drift:contact", "covariate shift", "contact", ("contact", *"abcd"), "Covariate shift: contact leads.")


def test_the_title_begins_with_the_lead_and_ends_with_the_kind() -> None:
    """Whatever the order of the results."""
    (found,) = findings(replace(verdict(), results=(*ALARMS, CONTACT), causes=(NAMED,)))

    assert found.title == "Drift: contact, a, b and 2 more (covariate shift)"


def test_the_first_sentence_is_the_causes_with_its_reason() -> None:
    """Then those of the results, each once."""
    (found,) = findings(replace(verdict(), results=(*ALARMS, CONTACT), causes=(NAMED,)))

    assert found.sentences[:2] == ("Covariate shift: contact leads.", "a moved.")
    assert len(found.sentences) == 6


def test_a_verdict_from_before_causes_were_named_still_has_findings() -> None:
    """Older bundles hold none."""
    (found,) = findings(replace(verdict(), results=(CONTACT,)))

    assert (found.title, found.sentences) == ("Drift: contact", ("contact moved.",))


def test_a_long_title_keeps_its_kind() -> None:
    """At most 200 characters."""
    long = tuple(replace(one, subject=one.subject * 90) for one in ALARMS)

    (found,) = findings(replace(verdict(), results=long, causes=(NAMED,)))

    assert len(found.title) == 200
    assert found.title.endswith(" (covariate shift)")
