"""A fault in a registry file names the file, the line, the field, what was expected, and the mend."""

from pathlib import Path

import pytest

from governance.adapters.registry_files import load_registry, read_registry
from governance.errors import ConfigurationError
from governance.registry.load import read_record
from governance.registry.system import System

DEPLOYMENTS = Path(__file__).parents[3] / "deployments"
BANK = (DEPLOYMENTS / "systems/bank-calls.yaml").read_text()

BROKEN = {
    "an unknown key": ("deputy: dmitri-haas", "deputie: dmitri-haas", "people.deputie", "Did you mean `deputy`?"),
    "a word outside the list": ("risk_class: minimal", "risk_class: tiny", "ai_act.risk_class", "minimal"),
    "a limit of the wrong kind": ("min_rows: 50", "min_rows: many", "checks.contract.min_rows", "integer"),
    "a negative number": ("min_rows: 50", "min_rows: -1", "checks.contract.min_rows", "at least 1"),
    "an unknown zone": ("zone: Europe/Lisbon", "zone: Europe/Lissabon", "window.zone", "IANA time zone"),
    "a cron of four fields": ('cron: "0 7 2 * *"', 'cron: "0 7 2 *"', "schedule.cron", "form"),
    "a key that stands twice": ("task: binary", "task: binary\ntask: binary", "task", "each key once"),
    "an owner who is their own deputy": ("deputy: dmitri-haas", "deputy: carla-reyes", "people", "another person"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_fault_names_file_line_field_and_mend(case: str) -> None:
    """Each broken file says where it is wrong and how to mend it."""
    good, bad, field, words = BROKEN[case]
    text = BANK.replace(good, bad, 1)
    line = text[: text.index(bad)].count("\n") + 1

    with pytest.raises(ConfigurationError) as told:
        read_record(text, "systems/bank-calls.yaml", System)

    fault = next(fault for fault in told.value.faults if fault.place.column == field)
    assert fault.place.file == "systems/bank-calls.yaml"
    assert abs((fault.place.line or 0) - line) <= 2
    assert words in str(fault)


def test_a_missing_field_is_named_with_the_line_of_what_it_belongs_to() -> None:
    """A field that is not there is named by its full path."""
    text = BANK.replace("  reviewer: eve-marsh\n", "")

    with pytest.raises(ConfigurationError) as told:
        read_record(text, "x.yaml", System)

    assert "people.reviewer" in str(told.value)
    assert told.value.faults[0].place.line == text[: text.index("people:")].count("\n") + 1


def test_text_that_is_not_yaml_names_its_line() -> None:
    """A syntax error is told with its line, without a traceback."""
    with pytest.raises(ConfigurationError, match=r"x\.yaml:2"):
        read_record("id: a\n  b: [", "x.yaml", System)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    """Secrets belong into the environment, and the message does not print one."""
    text = BANK.replace("data/bank-calls/calls-*.csv.gz}", "'postgresql://u:hunter2@db/x'}", 1)

    with pytest.raises(ConfigurationError, match="environment") as told:
        read_record(text, "x.yaml", System)

    assert "hunter2" not in str(told.value)


def test_the_shipped_registry_has_no_fault() -> None:
    """The example systems load, and each is found by its id."""
    registry = load_registry(DEPLOYMENTS)

    assert sorted(registry.systems) == ["bank-calls", "bike-demand", "employment-ma"]


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Two broken files and an unknown person give three faults in one reading."""
    (tmp_path / "systems").mkdir()
    (tmp_path / "people.yaml").write_text((DEPLOYMENTS / "people.yaml").read_text())
    (tmp_path / "systems/bank-calls.yaml").write_text(BANK.replace("owner: carla-reyes", "owner: nobody-known"))
    (tmp_path / "systems/other.yaml").write_text(BANK.replace("min_rows: 50", "min_rows: x"))
    (tmp_path / "systems/third.yaml").write_bytes(b"id: \xff")

    _, faults = read_registry(tmp_path)

    told = "\n".join(map(str, faults))
    assert "nobody-known" in told
    assert "systems/other.yaml" in told
    assert "systems/third.yaml:1" in told
