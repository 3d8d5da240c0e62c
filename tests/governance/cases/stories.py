"""What the stories of cases share: the people, the shipped kinds, and a short way to tell who does what."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind import Kind, read_kind
from governance.cases.kind_parts import Strength
from governance.cases.opening import Subject, opening_act
from governance.cases.rules import apply
from governance.registry.system import Roles
from tests.builders import people

ADA, BEN, EVE, FEMI, SYSTEM = "ada-okafor", "ben-lind", "eve-marsh", "femi-adeyemi", "system"  # owner … escalation
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
KINDS = Path(__file__).parents[3] / "deployments" / "kinds"
ROLES = Roles(owner=ADA, deputy=BEN, reviewer=EVE, escalation=(FEMI,))


@cache
def kind(name: str = "remediation") -> Kind:
    """A shipped kind."""
    return read_kind((KINDS / f"{name}.yaml").read_text("utf-8"), f"kinds/{name}.yaml")


def act(case: Case, verb: str, by: str, *, at: datetime | None = None, **fields: str) -> Act:
    """The next act on a case, an hour after the last unless told otherwise; fields are the form."""
    strength = Strength.SYSTEM if by == SYSTEM else Strength.SESSION
    when = at or case.changed_at + timedelta(hours=1)
    why = "because it is so"
    return Act(case=case.id, seq=case.seq + 1, verb=verb, by=by, at=when, why=why, strength=strength, fields=fields)


def opened(of: Kind, by: str = ADA, *, verb: str = "", system: str = "early-help", **more: Any) -> Act:
    """The act that opens a case of a kind about a system (or about the organisation, where the kind is of that)."""
    about = "" if of.subject == "organisation" else system
    first = verb or next(name for name, rule in of.acts.items() if rule.opens)
    given: dict[str, Any] = {
        "title": "A case to try",
        "severity": next(iter(of.clock.due)),
        "at": NOON,
        "why": "because it is so",
        "token": "a1b2",
        "strength": Strength.SYSTEM if by == SYSTEM else Strength.SESSION,
    }
    return opening_act(of, Subject(about, ROLES, "UTC"), verb=first, by=by, **{**given, **more})


def opener(of: Kind, verb: str) -> str:
    """Somebody who may do the opening act."""
    holders = {"owner": ADA, "deputy": BEN, "reviewer": EVE, "escalation": FEMI, "system": SYSTEM, "anyone": ADA}
    return holders[of.acts[verb].who[0]]


def tell(of: Kind, opening: Act, *steps: tuple[str, str, dict[str, str]]) -> Case:
    """The case after its opening and these steps (verb, who, form); each must be allowed."""
    case = apply(of, None, opening, people())
    for verb, by, fields in steps:
        case = apply(of, case, act(case, verb, by, **fields), people())
    return case


FIX = {"root_cause": "a new form", "mend": "mapped the codes", "effective_from": "2026-11-30"}
ACCEPT = {"until": "2026-12-31", "measures": "every case is read by a person"}
