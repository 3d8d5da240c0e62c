"""Case form: the typed form of the question that is put to a case's people, and what an answer in it says."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from prefect.input import RunInput
from pydantic import Field, create_model

from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import FieldRule
from governance.cases.label import actors, choices
from governance.registry.people import People
from reports.case_form import SEND_CODE

RESERVED = ("act", "by", "why", "code")


def form_model(case: Case, kind: Kind, people: People, description: str) -> type[RunInput]:
    """The form: which act, who, why, a code, and the fields that the possible acts need, each once."""
    verbs = choices(case, kind)
    said = "; ".join(f"{verb}: {kind.acts[verb].about}" for verb in verbs)
    fields: dict[str, Any] = {
        "act": (Literal[(*verbs, SEND_CODE)], Field(title="What you do", description=said)),
        "by": (Literal[tuple(actors(case))], Field(title="Who you are")),
        "why": (
            str,
            Field(title="Why", description="In plain words, without personal data.", min_length=3, max_length=4000),
        ),
        "code": (str, Field(default="", title="Code", description=f"If you have one; `{SEND_CODE}` sends it to you.")),
    }
    for verb in verbs:
        for name, rule in kind.acts[verb].fields.items():
            if rule.personal:
                continue  # Prefect would keep it: it is given by `aims act`
            fields.setdefault(_typed_as(name), _field(rule, [v for v in verbs if name in kind.acts[v].fields], people))
    form = create_model("Answer", __base__=RunInput, **fields)
    return form.with_initial_data(description=description)


def _typed_as(name: str) -> str:
    """The name of a field in the form."""
    return f"{name}_" if name in RESERVED else name


def _field(rule: FieldRule, verbs: list[str], people: People) -> tuple[Any, Any]:
    """One field of an act; empty unless the act needs it."""
    about = f"For {', '.join(verbs)}."
    known = tuple(sorted(person.id for person in people.people))
    kinds: dict[str, Any] = {
        "text": str,
        "date": date | None,
        "moment": datetime | None,
        "number": float | None,
        "choice": Literal[rule.choices] | None if rule.choices else str,
        "person": Literal[known] | None,
    }
    default = "" if rule.type == "text" else None
    return kinds[rule.type], Field(default=default, title=rule.label, description=about)


def fields_in(answer: Mapping[str, Any], kind: Kind) -> dict[str, str]:
    """The fields of the chosen act that were filled in; what was typed for other acts is left out."""
    wanted = kind.acts[str(answer["act"])].fields
    given = {name: answer.get(_typed_as(name)) for name in wanted}
    return {name: str(value) for name, value in given.items() if value not in (None, "")}
