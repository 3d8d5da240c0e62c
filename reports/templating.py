"""The one door to jinja2: every value on a page is cleaned and escaped; equal inputs give equal bytes."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import phrases


def _cleaned(value: Any) -> Any:
    """Foreign text without characters that a reader cannot see; markup and other types as they are."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return phrases.clean(value)
    return value


@cache
def _environment() -> Environment:
    """Templates beside this module; an unknown name is an error, not a blank."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["phrases"] = phrases
    environment.globals["SIGNS"] = phrases.SIGNS
    environment.globals["WORDS"] = phrases.WORDS
    return environment


def render(template: str, **context: Any) -> bytes:
    """One template of reports/templates as UTF-8 bytes.

    Raises:
        jinja2.UndefinedError: the template names something that `context` does not hold.
    """
    text = _environment().get_template(template).render(**context)
    lines = (line.rstrip() for line in text.split("\n"))
    return ("\n".join(line for line in lines if line) + "\n").encode()
