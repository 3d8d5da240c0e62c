"""`aims doctor`: read everything, report all faults at once, say what is missing for a good night's sleep."""

import json

import typer

from governance.adapters.registry_files import read_registry
from governance.adapters.workplace import Workplace
from governance.errors import AimsError, Fault, Place


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `aims doctor --json`")(doctor)


def doctor(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    store: bool = typer.Option(False, "--store", help="Also try attacks on a canary object in the archive."),
) -> None:
    """Check the registry, the kinds of case, the keys and the archive, and report every fault."""
    here = Workplace.here()
    registry, faults = read_registry(here.home)
    faults += [*_kinds(here), *_keys(here), *_archive(here), *_clock(here)]
    notes = [
        f"{person.id} has no notify address; messages go to the default"
        for person in registry.people.people
        if not person.notify
    ]
    notes += [] if faults else [*_unlisted(here), *_strays(here)]
    if store:
        notes += [*canary_lines(here), *_retention(here)]
    if as_json:
        typer.echo(json.dumps({"systems": sorted(registry.systems), "faults": list(map(str, faults)), "notes": notes}))
    else:
        for fault in faults:
            typer.echo(f"fault: {fault}")
        for note in notes:
            typer.echo(f"note:  {note}")
        typer.echo(f"{len(registry.systems)} systems, {len(registry.people.people)} people, {len(faults)} faults")
    raise typer.Exit(2 if faults else 0)


def _unlisted(here: Workplace) -> list[str]:
    """People whose signed acts do not count yet as a view of the log from outside: the root file lacks their key."""
    from governance.evidence import load_root
    from governance.evidence.initialise import bare_keys

    known = load_root(here.archive).people
    lacking = [person for person, key in bare_keys(here.registry.people.ssh_keys).items() if known.get(person) != key]
    return [f"{person}'s signed acts are no witness yet: `aims keys people` puts their key in" for person in lacking]


def _strays(here: Workplace) -> list[str]:
    """Bundles that stand where an act of a case should and are none: no case follows from them."""
    here.casework.sync()
    return [f"no act, passed over: {key}: {reason}" for key, reason in here.index.strays().items()]


def canary_lines(here: Workplace) -> list[str]:
    """What the archive's store really protects, tried on a canary object."""
    from governance.adapters.canary import try_store

    return [str(line) for line in try_store(here.archive)]


def _retention(here: Workplace) -> list[str]:
    """Until when the last bundle is locked, and whether what proves it is locked as long."""
    from datetime import UTC, datetime

    from governance.adapters.retention import read_retention

    found = read_retention(here.archive, datetime.now(UTC))
    if found is None:
        return ["retention: a folder locks nothing"]
    mend = ["retention: the flow `extend-retention` (weekly) extends them"] if found.short else []
    return [f"retention: {found}", *mend]


def _kinds(here: Workplace) -> list[Fault]:
    """Faults of the case kinds."""
    try:
        found = here.kinds
    except AimsError as error:
        return list(error.faults)
    lack = Fault(
        Place(str(here.home / "kinds")), "the kind remediation", "none", "Copy deployments/kinds of the project."
    )
    return [] if "remediation" in found else [lack]


def _keys(here: Workplace) -> list[Fault]:
    """Faults of the signing keys."""
    try:
        _ = here.keys
    except AimsError as error:
        return list(error.faults)
    return []


def _clock(here: Workplace) -> list[Fault]:
    """A clock that differs from the store's; a folder has no other clock than ours."""
    clock = getattr(here.archive, "clock", None)
    fault = clock.fault(here.archive.name) if clock else None
    return [fault] if fault else []


def _archive(here: Workplace) -> list[Fault]:
    """Faults of the archive: it does not answer, or was never initialised with these keys."""
    from governance.evidence import MissingObject, load_root

    try:
        load_root(here.archive)
    except MissingObject:
        mend = "Begin it: `aims keys init FOLDER --archive URL --origin NAME`."
        return [Fault(Place(here.archive.name), "an archive that was begun", "no root file", mend)]
    except AimsError as error:
        return list(error.faults)
    return []
