"""Whose act it is: who is signed in must be who the form says. Pure.

Prefect's API knows no persons, so the gate compares `by` with the signed-in id before the API sees it. That makes an
act as strong as a session, no stronger (DESIGN section 5); only a person's own key says more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.registry.access import Role, values_of

FORMS = {"act": ("form", "step"), "evidence": ("on-demand", "wanted")}
"""The flows that people start in their own name: the deployment of each, and the parameter whose `by` they are."""
CASE_FLOW = "remediate"
CASE_ROLES = ("owner", "deputy", "reviewer", "escalation")  # a case's run bears the tag <role>:<id> for each of them
TEMPLATE = "__prefect_kind"  # Prefect replaces an object that has it, after the gate has read it


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in."""

    id: str
    role: Role
    name: str = ""


@dataclass(frozen=True)
class Target:
    """What a call is aimed at, as the server tells it: a deployment or a run, by its flow."""

    flow: str
    deployment: str = ""
    tags: frozenset[str] = frozenset()


def plain(given: Any) -> Any:
    """The inputs of an act with JSON text (the first UI's way of sending an object) read, as the server would read it.

    Sent on in this form, the server has nothing left to replace. Other templates stay, and `person_fault` refuses them.
    """
    if isinstance(given, list):
        return [plain(one) for one in given]
    if not isinstance(given, Mapping):
        return given
    if given.get(TEMPLATE) == "json" and given.keys() == {TEMPLATE, "value"} and isinstance(given["value"], str):
        try:
            return plain(json.loads(given["value"]))
        except ValueError:
            return given
    return {name: plain(value) for name, value in given.items()}


def creation_fault(visitor: Visitor, target: Target, parameters: object) -> str:
    """Why this visitor may not start this deployment with these parameters; empty if they may."""
    if target.flow not in FORMS:
        if visitor.role is Role.OPERATOR:
            return ""
        forms = " or ".join(f"{flow}/{form}" for flow, (form, _) in FORMS.items())
        return f"An {visitor.role} may start only the deployment {forms}."
    form, parameter = FORMS[target.flow]
    if target.deployment != form:
        return f"This is done on the deployment {target.flow}/{form} alone."
    said = parameters.get(parameter) if isinstance(parameters, Mapping) else None
    if not isinstance(said, Mapping) or "by" not in said:
        return f'This needs the parameter "{parameter}" with the field "by": who you are.'
    return person_fault(visitor, parameters)


def resume_fault(visitor: Visitor, target: Target, inputs: object) -> str:
    """Why this visitor may not resume this run with these inputs; empty if they may."""
    mine = bool(target.tags & {f"{role}:{visitor.id}" for role in CASE_ROLES})
    if target.flow == CASE_FLOW and not mine:
        return f"This case waits for somebody else: its run does not bear your id, {visitor.id}."
    if target.flow != CASE_FLOW and visitor.role is not Role.OPERATOR:
        return f"An {visitor.role} may resume only the runs of the flow {CASE_FLOW}."
    return person_fault(visitor, inputs)


def person_fault(visitor: Visitor, given: Any) -> str:
    """Why the inputs cannot be this visitor's own; empty if they can.

    Raises no error; templates are refused because what they turn into cannot be compared.
    """
    if any(True for _ in values_of(TEMPLATE, given)):
        return "Templates, variables and JSON text are not taken in an act. Write the values themselves."
    if any(value != visitor.id for value in values_of("by", given)):
        return f'"by" names somebody else. You are signed in as {visitor.id}; act in your own name.'
    return ""
