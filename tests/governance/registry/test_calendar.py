"""Public holidays of the owner's country or region are no working days."""

from datetime import UTC, date, datetime
from functools import partial

import pytest

from governance.cases.clock import clocked
from governance.cases.kind_parts import Clock, DueRule
from governance.errors import ConfigurationError
from governance.registry.load import read_record
from governance.registry.people import People, Person
from governance.registry.registry import build_registry

pytest.importorskip("holidays")

FIVE = Clock(due={"high": (DueRule(days=5, count="working"),)})
PEOPLE = """people:
  - {id: ada-okafor, name: Ada, email: a@example.org, holidays: REGION}
"""
DUE = {
    "Austria: Friday the 25th": ("AT", "2026-12-30"),
    "England: Friday, and Monday for Boxing Day": ("GB-ENG", "2026-12-31"),
    "nowhere": ("", "2026-12-29"),
}


@pytest.mark.parametrize(("region", "due"), DUE.values(), ids=DUE.keys())
def test_a_due_date_over_christmas_goes_by_the_owners_country(region: str, due: str) -> None:
    """Five working days from Tuesday, 22 December 2026."""
    owner = Person(id="ada-okafor", name="Ada", email="a@example.org", holidays=region)
    off = partial(People(people=(owner,)).days_off, owner.id)

    assert clocked(FIVE, "high", datetime(2026, 12, 22, 12, tzinfo=UTC), "UTC", off)["due"] == date.fromisoformat(due)


def test_the_turn_of_the_year_is_in_both_years() -> None:
    """New Year's Day belongs to the next year's list."""
    owner = Person(id="ada-okafor", name="Ada", email="a@example.org", holidays="PT")
    days = People(people=(owner,)).days_off(owner.id, date(2026, 12, 24), date(2027, 1, 2))

    assert days == (date(2026, 12, 25), date(2027, 1, 1))


@pytest.mark.parametrize("region", ["XX", "AT-99", "austria", "DE-"])
def test_a_region_that_is_none_is_refused_with_its_line(region: str) -> None:
    """The message shows what one looks like."""
    with pytest.raises(ConfigurationError) as caught:
        read_record(PEOPLE.replace("REGION", region), "people.yaml", People)

    [fault] = caught.value.faults
    assert (fault.place.line, fault.place.column) == (2, "people.0.holidays")


def test_people_who_answer_for_the_organisation_must_be_known() -> None:
    """A stranger among them is a fault of people.yaml."""
    roles = "organisation: {owner: ada-okafor, deputy: ben-lind, reviewer: eve-marsh, escalation: [ada-okafor]}\n"
    _, faults = build_registry(("people.yaml", roles + PEOPLE.replace("REGION", "AT")), {})

    assert [fault.place.column for fault in faults] == ["organisation.deputy", "organisation.reviewer"]
