"""`aims cases`, `aims case` and `aims open`: what waits for whom, the history of a case, a new case."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from governance.adapters.workplace import Workplace
from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.message import doable
from governance.cases.page import KNOWN_BY
from governance.cases.reminder import overdue_days
from governance.cli.table import print_table
from governance.errors import ConfigurationError, Fault, Place
from governance.registry.system import Roles

READ_MOST = 1 << 20
"""Bytes that are read of a file: more than any field takes."""

Fields = Annotated[list[str] | None, typer.Option(help="A field of the form, name=value; may be given several times.")]
FieldFiles = Annotated[
    list[str] | None,
    typer.Option(help="A field whose text is in a file, name=path (`-`: standard input): for personal text."),
]
KeyFile = Annotated[Path | None, typer.Option(help="Your SSH key file: the act is signed by your own hand.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: `aims cases --system bank-calls`")(cases)
    app.command(epilog="Example: `aims case REM-bank-calls-drift.euribor3m-2008-10`")(case)
    app.command("open", epilog='Example: `aims open concern --by eve-marsh --title "Stale reference" --why "…"`')(open_)


def cases(
    system: str = typer.Option("", help="Only cases of this system."),
    owner: str = typer.Option("", help="Only cases of this owner (an id of people.yaml)."),
    state: str = typer.Option("", help="Only cases in this state; `all` shows closed ones too."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON list."),
) -> None:
    """Every case that is not closed, the first due first; those that are late are marked."""
    here, now = Workplace.here(), datetime.now(UTC)
    here.casework.sync()
    every = here.index.cases()
    states = {name for kind in here.kinds.values() for name in kind.states}
    people = {one.id for one in here.registry.people.people}
    _require("--system", system, {*here.registry.systems, *(case.subject for case in every)})
    _require("--owner", owner, {*people, *(case.owner for case in every)})
    _require("--state", state, {"all", *states, *(case.state for case in every)})
    found = every if state else here.index.open_cases()
    chosen = [
        case
        for case in found
        if (not system or case.subject == system)
        and (not owner or case.owner == owner)
        and (state in ("", "all") or case.state == state)
    ]
    late = [overdue_days(case, here.index.kind(case.id), now) for case in chosen]
    if as_json:
        typer.echo(json.dumps([_plain(case, days) for case, days in zip(chosen, late, strict=True)]))
        return
    rows = [_row(case, days) for case, days in zip(chosen, late, strict=True)]
    title = f"{len(chosen)} cases, {sum(days > 0 for days in late)} overdue"
    print_table(title, ("case", "title", "state", "owner", "due", "late"), rows, [days > 0 for days in late])


def _require(option: str, given: str, known: set[str]) -> None:
    """A word to choose by is one that there is. Raises ConfigurationError: an empty list would look like good news."""
    if given and given not in known:
        words = ", ".join(sorted(filter(None, known)))
        raise ConfigurationError(Fault(Place(column=option), f"one of {words}", "another word", "Correct it."))


def _plain(case: Case, late: int) -> dict[str, Any]:
    """A case as JSON, with the days it is late."""
    return case.model_dump(mode="json") | {"overdue_days": late}


def _row(case: Case, late: int) -> tuple[str, ...]:
    return case.id, case.title, case.state, case.owner, str(case.due), f"{late} days" if late else ""


def case(
    case_id: str = typer.Argument(metavar="ID", help="The case's id, as `aims cases` shows it."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """One case: what it is about, and who did what, when, why, and how strongly that is known."""
    work = Workplace.here().casework
    found, kind = work.case(case_id)
    acts = [act.model_copy(update={"fields": work.personal.form(found, act)}) for act in work.index.acts(case_id)]
    if as_json:
        told = [act.model_dump(mode="json") for act in acts]
        late = overdue_days(found, kind, datetime.now(UTC))
        typer.echo(json.dumps({"case": _plain(found, late), "acts": told, "bundles": work.index.keys(case_id)}))
        return
    for line in _about(found, kind):
        typer.echo(line)
    print_table("History", ("act", "by", "when", "known by", "why", "form"), [_told(act) for act in acts])


def _about(case: Case, kind: Kind) -> list[str]:
    """The head of a case's page."""
    state, late = kind.states[case.state], overdue_days(case, kind, datetime.now(UTC))
    lines = [f"{case.id}: {case.title}", *(f"  {sentence}" for sentence in case.sentences)]
    lines += [f"  {kind.title}, about {case.subject or 'the organisation'}, severity {case.severity}"]
    lines += [f"  State {case.state}: {state.about}"]
    lines += [f"  Personal text erased on {case.erased.at:%Y-%m-%d} by {case.erased.by}"] if case.erased else []
    lines += [f"  Owner {case.owner}, deputy {case.deputy}, reviewer {case.reviewer}"]
    if not state.final:
        lines += [f"  Due {case.due} ({case.zone}){f', OVERDUE by {late} days' if late else ''}"]
        lines += [f"  {role} may: {', '.join(doable(case, kind, who))}" for role, who in _holders(case)]
    return lines + [f"  Act {void.seq} by {void.by} changed nothing: {void.reason}" for void in case.void]


def _holders(case: Case) -> list[tuple[str, str]]:
    return [("The owner", case.owner), ("The deputy", case.deputy), ("The reviewer", case.reviewer)]


def _told(act: Act) -> tuple[str, ...]:
    """One line of the history."""
    form = "; ".join(f"{name}: {value}" for name, value in act.fields.items())
    return f"{act.seq} {act.verb}", act.by, f"{act.at:%Y-%m-%d %H:%M} UTC", KNOWN_BY[act.strength], act.why, form


def open_(
    kind: str = typer.Argument(help="The kind of case, as its file in deployments/kinds is named."),
    *,
    title: str = typer.Option(..., help="A few words, without anyone's name."),
    by: str = typer.Option(..., help="Who opens it: an id of people.yaml (or `anonymous` where the kind allows it)."),
    why: str = typer.Option(..., help="What happened, in plain words, without personal data."),
    system: str = typer.Option("", help="The system it is about; none: the organisation."),
    severity: str = typer.Option("", help="A severity of the kind; default: its first."),
    verb: str = typer.Option("", help="The opening act, where a kind has several."),
    field: Fields = None,
    field_file: FieldFiles = None,
    roles: str = typer.Option("", help="owner,deputy,reviewer,escalation: ids; default: the system's own."),
    sign: KeyFile = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Open a case by hand: an incident, a model change, an appeal, a review."""
    recorded = Workplace.here().casework.open(
        kind,
        system=system,
        title=title,
        severity=severity,
        by=by,
        why=why,
        verb=verb,
        roles=_roles(roles),
        fields=fields_of(field or (), field_file or ()),
        key_file=sign,
    )
    if as_json:
        typer.echo(recorded.case.model_dump_json())
    else:
        typer.echo(f"{recorded.case.id} opened; due {recorded.case.due}; proof in {recorded.receipt.key}")


def _roles(given: str) -> Roles | None:
    """The roles in `owner,deputy,reviewer,escalation`; None for no text. Raises ConfigurationError for another form."""
    if not given:
        return None
    owner, deputy, reviewer, *escalation = [*given.split(","), "", "", ""]
    try:
        return Roles(owner=owner, deputy=deputy, reviewer=reviewer, escalation=tuple(filter(None, escalation)))
    except ValueError:
        expected = "owner,deputy,reviewer,escalation: four people, the owner neither deputy nor reviewer"
        raise ConfigurationError(Fault(Place(column="--roles"), expected, "another list", "Correct it.")) from None


def fields_of(given: Sequence[str], files: Sequence[str] = ()) -> dict[str, str]:
    """`name=value` and `name=path` as a mapping. Raises ConfigurationError for another form or a name given twice."""
    pairs = [("--field", *text.partition("=")) for text in given]
    pairs += [("--field-file", *text.partition("=")) for text in files]
    names = [name for _, name, _, _ in pairs]
    for option, name, mark, _ in pairs:
        if not (mark and name and names.count(name) == 1):
            form = "name=path" if option == "--field-file" else "name=value"
            raise ConfigurationError(
                Fault(Place(column=option), f"{form}, each name once", "another form", "Correct it.")
            )
    return {name: _text_of(value) if option == "--field-file" else value for option, name, _, value in pairs}


def _text_of(path: str) -> str:
    """The text of a file, or of standard input, so that it stands in no list of processes and no shell history."""
    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
            return file.read(READ_MOST).decode("utf-8").strip()
    except (OSError, ValueError):
        fault = Fault(
            Place(column="--field-file"), "a file of UTF-8 text", "none that can be read", "Correct the path."
        )
        raise ConfigurationError(fault) from None
