"""Whose act it is."""

import pytest

from governance.registry.access import Role
from governance.registry.acting import Target, Visitor, creation_fault, plain, resume_fault

ADA = Visitor("ada-okafor", Role.OWNER)
OPERATOR = Visitor("operator-demo", Role.OPERATOR)
FORM = Target("act", "form")
CASE = Target("remediate", tags=frozenset({"owner:ada-okafor", "overdue"}))


def test_an_owner_acts_in_their_own_name() -> None:
    """The form names who is signed in."""
    assert creation_fault(ADA, FORM, {"step": {"case": "REM-1", "by": "ada-okafor"}}) == ""


@pytest.mark.parametrize(
    "parameters",
    [
        {"step": {"by": "ben-lind"}},
        {"step": {"by": ["ada-okafor"]}},
        {"step": {"by": None}},
        {"step": {"by": "ada-okafor", "fields": {"by": "ben-lind"}}},
        {"step": {"by": "ada-okafor "}},
        {"step": {}},
        {"step": '{"by": "ada-okafor"}'},
        {"step": [{"by": "ada-okafor"}]},
        {"step": {"by": {"__prefect_kind": "jinja", "template": "ben-lind"}}},
        {"step": {"__prefect_kind": "json", "value": '{"by": "ben-lind"}', "by": "ada-okafor"}},
        {"step": {"by": "ada-okafor", "why": {"__prefect_kind": "workspace_variable", "variable_name": "x"}}},
        {"by": "ada-okafor"},
        {},
        None,
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize("visitor", [ADA, OPERATOR], ids=["owner", "operator"])
def test_an_act_that_does_not_plainly_name_the_signed_in_person_is_refused(
    visitor: Visitor, parameters: object
) -> None:
    """Another id, none, or one that the server would only work out later."""
    assert creation_fault(visitor, FORM, parameters)


@pytest.mark.parametrize("visitor", [ADA, OPERATOR], ids=["owner", "operator"])
def test_evidence_is_asked_for_in_ones_own_name(visitor: Visitor) -> None:
    """Who asked is logged for good, so it is who is signed in, on the one form for it."""
    form = Target("evidence", "on-demand")

    assert creation_fault(visitor, form, {"wanted": {"system": "loans", "by": visitor.id}}) == ""
    assert "act in your own name" in creation_fault(visitor, form, {"wanted": {"by": "ben-lind"}})
    assert creation_fault(visitor, form, {"wanted": {}})
    assert creation_fault(visitor, form, {"step": {"by": visitor.id}})
    assert creation_fault(visitor, Target("evidence", "other"), {"wanted": {"by": visitor.id}})


def test_json_text_is_read_before_it_is_judged() -> None:
    """The first UI sends an object so; what is judged is what is sent on."""
    hidden = {"step": {"__prefect_kind": "json", "value": '{"by": "ben-lind", "fields": {"x": ["y"]}}'}}

    read = plain(hidden)

    assert read == {"step": {"by": "ben-lind", "fields": {"x": ["y"]}}}
    assert creation_fault(ADA, FORM, read)


@pytest.mark.parametrize(
    "template",
    [
        {"__prefect_kind": "json", "value": '{"by": '},
        {"__prefect_kind": "json", "value": {"__prefect_kind": "jinja", "template": "x"}},
        {"__prefect_kind": "json", "value": '{"by": {"__prefect_kind": "jinja", "template": "x"}}'},
        {"__prefect_kind": "json"},
        {"__prefect_kind": "json", "value": "{}", "by": "ada-okafor"},
    ],
    ids=str,
)
def test_whatever_the_server_would_still_replace_is_refused(template: object) -> None:
    """Nothing is left to be replaced after the gate has looked."""
    given = plain({"step": {"by": "ada-okafor", "fields": template}})

    assert "not taken" in creation_fault(ADA, FORM, given)


def test_an_operator_takes_no_act_for_an_owner() -> None:
    """Whoever runs the machines does not answer for the systems."""
    assert "act in your own name" in creation_fault(OPERATOR, FORM, {"step": {"by": "ada-okafor"}})


@pytest.mark.parametrize("target", [Target("monitor", "by-hand"), Target("remediate", "case"), Target("act", "other")])
def test_an_owner_starts_the_form_for_acts_and_no_other_deployment(target: Target) -> None:
    """Neither other flows nor another deployment of the same flow."""
    assert creation_fault(ADA, target, {"step": {"by": "ada-okafor"}})


def test_an_operator_starts_other_deployments() -> None:
    """That is what operators are for."""
    assert creation_fault(OPERATOR, Target("monitor", "by-hand"), {"system_id": "x"}) == ""


def test_an_owner_resumes_the_run_that_bears_their_id() -> None:
    """With and without `by` among the inputs."""
    assert resume_fault(ADA, CASE, {"run_input": {"root_cause": "x"}}) == ""
    assert resume_fault(ADA, CASE, {"run_input": {"by": "ada-okafor"}}) == ""


@pytest.mark.parametrize(
    ("visitor", "target", "inputs"),
    [
        (Visitor("ben-lind", Role.OWNER), CASE, {}),
        (Visitor("okafor", Role.OWNER), CASE, {}),
        (ADA, Target("remediate", tags=frozenset({"system:ada-okafor", "ada-okafor"})), {}),
        (OPERATOR, CASE, {}),
        (ADA, CASE, {"run_input": {"by": "ben-lind"}}),
        (ADA, CASE, {"run_input": {"why": {"__prefect_kind": "jinja"}}}),
        (ADA, Target("monitor", tags=CASE.tags), {}),
    ],
    ids=["another owner", "part of the id", "no role", "operator", "another name", "template", "another flow"],
)
def test_a_case_of_somebody_else_stays_as_it_is(visitor: Visitor, target: Target, inputs: object) -> None:
    """The run's tags say whom it waits for."""
    assert resume_fault(visitor, target, inputs)
