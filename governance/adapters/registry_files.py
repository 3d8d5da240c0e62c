"""Reads a registry folder: people.yaml and systems/*.yaml."""

from pathlib import Path

from governance.errors import Fault, Place
from governance.registry.registry import Registry, build_registry, require


def _text(path: Path, name: str) -> tuple[str, list[Fault]]:
    """A file's text, or a fault instead of an exception."""
    try:
        return path.read_text(encoding="utf-8"), []
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return "", [Fault(Place(name, line), "UTF-8 text", "other bytes", "Save the file as UTF-8.")]
    except OSError as error:
        return "", [Fault(Place(name), "a readable file", type(error).__name__, "Create it or grant access.")]


def read_registry(home: Path) -> tuple[Registry, list[Fault]]:
    """What the registry folder `home` holds, and every fault in it."""
    people, faults = _text(home / "people.yaml", "people.yaml")
    systems = {}
    for path in sorted((home / "systems").glob("*.yaml")):
        name = f"systems/{path.name}"
        systems[name], more = _text(path, name)
        faults += more
        if more:
            del systems[name]
    if faults and not people:
        return Registry({}, build_registry(("people.yaml", "people: []"), {})[0].people), faults
    registry, more = build_registry(("people.yaml", people), systems)
    return registry, faults + more


def load_registry(home: Path) -> Registry:
    """The registry in folder `home`.

    Raises:
        ConfigurationError: with every fault of every file.
    """
    return require(*read_registry(home))
