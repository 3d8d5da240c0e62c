"""Reads registry files so that every fault names the file, the line, the field, what was expected, and the mend.

Rules
1. All faults of a file are told at once, and all files of a registry are read before anything is refused.
2. An unknown or repeated key is an error; a close spelling is proposed.
3. A message names fields and kinds of values, never a value that could be a secret.
"""

from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from governance.errors import ConfigurationError, Fault, Place

T = TypeVar("T", bound=BaseModel)
Path = tuple[str | int, ...]
_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: ten times as fast, and all kinds are read by each command."""

_MENDS = {
    "missing": ("this field", "nothing", "Add it."),
    "extra_forbidden": ("only the fields that are known here", "an unknown key", "Remove it or correct its spelling."),
    "string_pattern_mismatch": ("text of the form {pattern}", "another form", "Rewrite it in that form."),
    "literal_error": ("one of {expected}", "another word", "Choose one of them."),
    "enum": ("one of {expected}", "another word", "Choose one of them."),
    "greater_than_equal": ("a number of at least {ge}", "a smaller one", "Raise it."),
    "greater_than": ("a number above {gt}", "a smaller or equal one", "Raise it."),
    "less_than_equal": ("a number of at most {le}", "a greater one", "Lower it."),
    "string_too_short": ("at least {min_length} characters", "fewer", "Say more."),
    "too_short": ("at least {min_length} entries", "{actual_length}", "Add an entry."),
}


def read_record(text: str, file: str, model: type[T]) -> T:
    """One YAML document as a frozen record.

    Args:
        text: the file's text.
        file: its name as faults shall print it.
        model: the pydantic model it must fit.

    Raises:
        ConfigurationError: with every fault of the file, each with its line.
    """
    node = _parse(text, file)
    lines, doubles = _positions(node, file)
    if doubles:
        raise ConfigurationError(*doubles)
    data = yaml.load(text, Loader=_QUICK)  # noqa: S506 - a safe loader
    if not isinstance(data, dict):
        raise ConfigurationError(Fault(Place(file, 1), "fields with values", "something else", "Write `field: value`."))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [_fault(problem, file, lines, model) for problem in error.errors()]
        raise ConfigurationError(*dict.fromkeys(faults)) from None


def _parse(text: str, file: str) -> yaml.Node | None:
    """The document's nodes, which know their lines; a fault is told in the words of PyYAML's own parser."""
    with suppress(yaml.YAMLError):
        return yaml.compose(text, Loader=_QUICK)
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        fault = Fault(Place(file, line), "YAML", error.problem or "text that is not YAML", "Check indents and quotes.")
        raise ConfigurationError(fault) from None
    except yaml.YAMLError:
        raise ConfigurationError(Fault(Place(file), "YAML", "characters YAML forbids", "Save as UTF-8 text.")) from None


def _positions(node: yaml.Node | None, file: str) -> tuple[dict[Path, int], list[Fault]]:
    """The line of every field by its path, and a fault for each key that stands twice."""
    lines: dict[Path, int] = {}
    doubles: list[Fault] = []
    for path, line in _walk(node, ()):
        if path in lines:
            place = Place(file, line, _dotted(path))
            doubles.append(Fault(place, "each key once", f"it on line {lines[path]} too", "Keep one of the two."))
        lines[path] = line
    return lines, doubles


def _walk(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, int]]:
    """Each field's path and line (from 1), depth first."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), value.start_mark.line + 1
            yield from _walk(value, (*path, index))


def _dotted(path: Path) -> str:
    """`checks.fairness.difference`, the field as people write it."""
    return ".".join(str(part) for part in path)


def _line(path: Path, lines: dict[Path, int]) -> int:
    """The line of a field, or of the nearest field around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _fault(problem: Any, file: str, lines: dict[Path, int], model: type[BaseModel]) -> Fault:
    """A pydantic problem in our words."""
    path, context = tuple(problem["loc"]), dict(problem.get("ctx") or {})
    if problem["type"] == "value_error":
        expected, found, mend = str(context["error"]), "otherwise", "Change the file so."
    elif problem["type"] in _MENDS:
        expected, found, mend = (part.format_map(context) for part in _MENDS[problem["type"]])
    else:
        expected, found, mend = problem["msg"].removeprefix("Input should be "), "another kind of value", "Rewrite it."
    if problem["type"] == "extra_forbidden" and (close := _close(path, model)):
        mend = f"Did you mean `{close}`?"
    return Fault(Place(file, _line(path, lines), _dotted(path)), expected, found, mend)


def _close(path: Path, model: type[BaseModel]) -> str:
    """The known field that an unknown one is most like, or nothing."""
    for part in path[:-1]:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return ""
        model = inner
    return next(iter(get_close_matches(str(path[-1]), list(model.model_fields), n=1)), "")
