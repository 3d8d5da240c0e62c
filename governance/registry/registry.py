"""The registry: every AI system and every person, cross-checked (ISO/IEC 42001 A.4.2, A.3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.errors import AimsError, ConfigurationError, Fault, Place
from governance.registry.load import read_record
from governance.registry.people import People
from governance.registry.system import Roles, System


@dataclass(frozen=True)
class Registry:
    """All systems by id, and all people. `texts` are the files as read, by system id, for the bundles."""

    systems: Mapping[str, System]
    people: People
    texts: Mapping[str, str] = field(default_factory=dict)

    def system(self, system_id: str) -> System:
        """The system with this id.

        Raises:
            ConfigurationError: there is none; the message lists those there are.
        """
        if found := self.systems.get(system_id):
            return found
        known = ", ".join(sorted(self.systems)) or "none"
        raise ConfigurationError(
            Fault(Place(column="system"), f"a system of the registry ({known})", "no such id", "Check its spelling.")
        )


def build_registry(people_file: tuple[str, str], system_files: Mapping[str, str]) -> tuple[Registry, list[Fault]]:
    """Read everything; return what could be read and every fault of every file.

    Args:
        people_file: name and text of people.yaml.
        system_files: text by name of each systems/*.yaml.
    """
    faults: list[Fault] = []
    people = People(people=())
    try:
        people = read_record(people_file[1], people_file[0], People)
    except AimsError as error:
        faults += error.faults
    faults += _twice([person.id for person in people.people], people_file[0])
    if people.organisation:
        faults += _strangers(people.organisation, people_file[0], people, "organisation")
    systems: dict[str, System] = {}
    texts: dict[str, str] = {}
    for name, text in sorted(system_files.items()):
        try:
            system = read_record(text, name, System)
        except AimsError as error:
            faults += error.faults
            continue
        faults += _cross_check(system, name, people, systems)
        systems[system.id], texts[system.id] = system, text
    return Registry(systems, people, texts), faults


def _twice(ids: list[str], file: str) -> list[Fault]:
    """A fault for each id that stands more than once."""
    return [
        Fault(Place(file), "each id once", f"`{one}` {ids.count(one)} times", "Rename one.")
        for one in sorted(set(ids))
        if ids.count(one) > 1
    ]


def _cross_check(system: System, file: str, people: People, known: Mapping[str, System]) -> list[Fault]:
    """Faults between files: an id used twice, a file named otherwise, a person nobody knows."""
    faults = []
    if system.id in known:
        faults.append(Fault(Place(file, column="id"), "an id of its own", "one that another file has", "Rename it."))
    if not file.endswith(f"{system.id}.yaml"):
        faults.append(Fault(Place(file, column="id"), f"{system.id}.yaml as file name", "another", "Rename the file."))
    return faults + _strangers(system.people, file, people, "people")


def _strangers(roles: Roles, file: str, people: People, field_: str) -> list[Fault]:
    """A fault for each role that somebody holds whom nobody knows."""
    named = [("owner", roles.owner), ("deputy", roles.deputy), ("reviewer", roles.reviewer)]
    named += [("escalation", one) for one in roles.escalation]
    return [
        Fault(Place(file, column=f"{field_}.{role}"), "an id of people.yaml", "somebody unknown",
              f"Add `{person}` to people.yaml.")
        for role, person in named
        if people.get(person) is None
    ]  # fmt: skip


def require(registry: Registry, faults: list[Fault]) -> Registry:
    """The registry, unless anything in it is wrong.

    Raises:
        ConfigurationError: with all faults of all files.
    """
    if faults:
        raise ConfigurationError(*faults)
    return registry
