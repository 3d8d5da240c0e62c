"""Calibrations of the monitor in the archive: written by `aims calibrate`, read for the model card."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from governance.adapters.pull import pull_window
from governance.adapters.workplace import Workplace
from governance.errors import ArchiveUnavailable, ConfigurationError, Fault, Place, UnreadableInput
from governance.evidence import (
    Archive,
    Log,
    Malformed,
    MissingObject,
    Receipt,
    build_bundle,
    bundle_key,
    read_bundle,
    store_bundle,
    test_result_statement,
)
from governance.registry.system import System
from governance.window import Table

MEMBER = "calibration.json"
CHECK = "false_alarms_per_year"


def reference_of(system: System, home: Path, into: Path, now: datetime) -> Table:
    """The system's reference, pulled.

    Raises:
        UnreadableInput: it cannot be read; every fault is told.
        ConfigurationError: no window of the system has ended yet, so nothing is pulled.
        SourceUnavailable: a store did not answer.
    """
    due = system.window.due(now)
    if not due:
        raise ConfigurationError(
            Fault(Place(system=system.id), "a window that has ended", "none", "Wait for the first, or set `since`.")
        )
    window = pull_window(system, due[0], home=home, into=into, as_of=now)
    if window.reference is None:
        raise UnreadableInput(*window.faults)
    return window.reference


def archive_calibration(here: Workplace, system: System, body: bytes, *, keeps: bool, now: datetime) -> Receipt:
    """Sign and store a calibration; `keeps` says whether the false alarms keep the policy's budget."""
    name = f"{_prefix(system)}{now.astimezone(UTC):%Y%m%dT%H%M%S}"
    key, members = bundle_key(name, now), {MEMBER: body, "system.yaml": here.registry.texts[system.id].encode()}
    statement = test_result_statement(
        archive=here.settings.origin,
        key=key,
        system=system.id,
        created=now,
        result="PASSED" if keeps else "WARNED",
        passed=[CHECK] if keeps else [],
        warned=[] if keeps else [CHECK],
        subject={f"data/{MEMBER}": sha256(body).hexdigest()},
        configuration={"data/system.yaml": sha256(members["system.yaml"]).hexdigest()},
        model=f"{system.model.name} {system.model.version}",
    )
    bundle = build_bundle(bundle_id=name, members=members, statement=statement, signer=here.keys.statement)
    keep, log_key, origin = here.retain_until(system), here.keys.log, here.settings.origin
    return store_bundle(here.archive, key, bundle, keep, log=here.log, log_signer=log_key, origin=origin)


def newest_calibration(system: System, archive: Archive, log: Log) -> tuple[str, ...]:
    """The sentences of the newest calibration that the log names; none where there is none, or the archive is away."""
    try:
        log.refresh(archive)
        named = log.holding(f"/{_prefix(system)}")
        for entry in sorted(named, key=lambda one: one.key, reverse=True):
            body = archive.get(entry.key)
            if sha256(body).hexdigest() == entry.digest:
                told = json.loads(read_bundle(body, entry.key).members[MEMBER])["sentences"]
                return tuple(str(sentence) for sentence in told)
    except (ArchiveUnavailable, Malformed, MissingObject, KeyError, ValueError):
        return ()
    return ()


def _prefix(system: System) -> str:
    return f"{system.id}.calibration."
