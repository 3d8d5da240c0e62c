"""The standard suite that every kind of deployments/kinds must pass."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from governance.cases.kind import Kind
from tests.governance.cases.stories import KINDS, kind

NAMES = sorted(path.stem for path in KINDS.glob("*.yaml"))
CONTROLS: dict[str, Any] = yaml.safe_load((Path(KINDS).parent / "controls.yaml").read_text("utf-8"))
ISO = {entry["id"]: entry for part in ("clauses", "annex_a") for entry in CONTROLS[part]}
pytestmark = pytest.mark.parametrize("name", NAMES)


def person_acts(of: Kind) -> list[str]:
    """The acts that people may do."""
    return [verb for verb, rule in of.acts.items() if set(rule.who) - {"system"}]


def test_its_file_is_named_after_it(name: str) -> None:
    """A kind is found by its name."""
    assert kind(name).name == name


def test_no_other_kind_has_its_prefix(name: str) -> None:
    """A case's id tells its kind."""
    assert [other for other in NAMES if kind(other).prefix == kind(name).prefix] == [name]


def test_it_has_an_act_for_its_owner(name: str) -> None:
    """An owner can always do something about their case."""
    of = kind(name)

    assert [verb for verb, rule in of.acts.items() if "owner" in rule.who and not rule.opens]


def test_whoever_a_state_waits_for_can_move_it(name: str) -> None:
    """A state does not wait for somebody who can do nothing there."""
    of = kind(name)
    stuck = [
        state
        for state, about in of.states.items()
        if about.waits_for and not any(state in r.from_ and r.to and about.waits_for in r.who for r in of.acts.values())
    ]

    assert stuck == []


def test_it_has_a_clock_with_a_basis(name: str) -> None:
    """Each due date says by which rule."""
    assert all(rule.basis for rules in kind(name).clock.due.values() for rule in rules)


def test_it_names_controls_that_exist(name: str) -> None:
    """Controls are those of the catalogue, and nothing else."""
    evidences = kind(name).evidences

    assert set(evidences.iso42001) <= set(ISO)
    assert set(evidences.ai_act) <= set(CONTROLS["eu_ai_act"]["articles"])


def test_the_catalogue_knows_it_as_evidence(name: str) -> None:
    """It has an age beyond which it is stale."""
    assert CONTROLS["evidence_kinds"][name]["max_age_days"] > 0


def test_the_catalogue_counts_it_as_evidence_for_the_same_controls(name: str) -> None:
    """The two files do not contradict each other."""
    counted = {identifier for identifier, entry in ISO.items() if name in entry["evidence"]}

    assert counted == set(kind(name).evidences.iso42001)


def test_it_separates_duties_somewhere(name: str) -> None:
    """Nobody opens, decides and closes alone."""
    assert any(rule.not_by for rule in kind(name).acts.values())


def test_a_remark_is_always_possible(name: str) -> None:
    """Anyone may comment in every state."""
    of = kind(name)

    assert set(of.acts["comment"].from_) == set(of.states)
    assert not of.acts["comment"].to


def test_it_says_everything_in_plain_words(name: str) -> None:
    """Sentences end like sentences, so pages and messages read well."""
    of = kind(name)

    assert all(part.about.endswith(".") for part in [*of.states.values(), *of.acts.values()])
    assert person_acts(of)
