"""Evidence on demand: find the bundles that answer a request, log the request itself, write the folder for the auditor.

The order: collect -> sign and log the request -> copy. Whoever was handed something is in the log before they have it.
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from governance.adapters.controls_file import control
from governance.adapters.evidence_pieces import collect
from governance.adapters.workplace import Workplace
from governance.cases.text import is_plain
from governance.compliance.evidence_request import (
    ACCESS,
    Dossier,
    Piece,
    Request,
    checked_span,
    members,
    missing_runs,
    silences,
    statement,
)
from governance.errors import ConfigurationError, Fault, Place
from governance.evidence import Proof, build_bundle, checkpoint_over, load_root, store_bundle
from governance.evidence.address import SEALS, TRUST, checkpoint_key, root_key, slot_size
from governance.evidence.answer import POINTER, needed_anchors
from governance.evidence.initialise import RECIPES
from governance.evidence.log import entry_of
from governance.evidence.note import parse_note
from governance.evidence.tree import inclusion_proof, levels

HOUR = 3600


def make_request(
    here: Workplace, *, system: str, first: date, last: date, by: str, reason: str, control_id: str = ""
) -> Request:
    """The request, each part checked.

    Raises:
        ConfigurationError: no such system, person or control, the first day after the last, or no reason.
    """
    checked_span(first, last)
    found = here.registry.system(system)
    if here.registry.people.get(by) is None:
        raise ConfigurationError(
            Fault(Place(column="--by"), "an id of people.yaml", "another name", "Name the person who hands it out.")
        )
    if not 3 <= len(reason.strip()) <= 4000 or not is_plain(reason):
        mend = "Say in plain words, without personal data, who asked and why: it is logged."
        expected, other = "3 to 4000 characters of plain text", "fewer, more, or control characters"
        raise ConfigurationError(Fault(Place(column="--reason"), expected, other, mend))
    asked = control(here.home, control_id, here.kinds) if control_id else None
    now = datetime.now(UTC).replace(microsecond=0)
    return Request(found, first, last, by, reason.strip(), now, secrets.token_hex(3), asked)


def hand_out(here: Workplace, request: Request, folder: Path, page: Callable[[Dossier], bytes]) -> Dossier:
    """Collect, log the request, and write the answer into a folder that is empty or not there yet.

    Args:
        here: the installation.
        request: made by `make_request`.
        folder: where to.
        page: writes index.html (`reports.evidence_page.render_evidence`).

    Raises:
        ConfigurationError: the folder holds something, or cannot be made.
        EvidenceError: a record is not what the log says, or the archive did not answer.
    """
    require_empty(folder)
    here.log.refresh(here.archive)
    pieces = sorted(collect(here, request), key=lambda piece: piece.index)
    root, logged = load_root(here.archive), {entry.key for entry in here.log.entries}
    beat = timedelta(seconds=root.heartbeat_seconds or HOUR)
    missing = (*missing_runs(request, logged), *silences(request, logged, beat))
    payload = members(request, pieces, missing)
    said = statement(request, payload, origin=here.settings.origin)
    body = build_bundle(bundle_id=request.id, members=payload, statement=said, signer=here.keys.statement)
    keep, signer, origin = here.retain_until(request.system), here.keys.log, here.settings.origin
    receipt = store_bundle(here.archive, request.key, body, keep, log=here.log)
    note = checkpoint_over(here.archive, signer, origin, receipt.index, log=here.log, retain_until=keep)
    own = Piece(receipt.index, entry_of(request.key, body), ACCESS, "this request", f"asked by {request.by}")
    first = sha256(here.archive.get(root_key(1))).hexdigest()
    dossier = Dossier(request, own, tuple(pieces), missing, note.decode(), first, root.version, root.is_demo)
    _write_answer(here, dossier, folder)
    _write(folder / "index.html", page(dossier))
    return dossier


def require_empty(folder: Path) -> None:
    """Raises ConfigurationError unless the folder is empty or can be made."""
    place, mend = Place(file=str(folder)), "Name a new folder: an answer is never mixed with something else."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise ConfigurationError(Fault(place, "a folder", error.strerror or "an error", mend)) from error
    if taken:
        raise ConfigurationError(Fault(place, "an empty folder", "files in it", mend))


def _write_answer(here: Workplace, dossier: Dossier, folder: Path) -> None:
    """Bundles with their proofs, the log up to the checkpoint, its anchors, the trust files, the scripts."""
    note = parse_note(dossier.checkpoint.encode(), "checkpoint")
    size = int(note.text.split("\n")[1])
    given = [*dossier.pieces, dossier.own]
    anchors = needed_anchors(here.log.entries[:size], [piece.index for piece in given])
    heads = {
        checkpoint_key(size),
        *("log/checkpoint/" + key.removeprefix("log/anchor/").rpartition("/")[0] for key in anchors),
    }
    trust = [entry.key for entry in here.log.entries[:size] if entry.key.startswith(TRUST)]
    for key in (*(piece.entry.key for piece in given), *trust, *anchors, *heads, *_seals(here, size)):
        _write(folder / key, here.archive.get(key))
    rows = levels([entry.leaf for entry in here.log.entries[:size]])
    for piece in given:
        name = piece.entry.key.rpartition("/")[2]
        proof = Proof(piece.index, tuple(inclusion_proof(rows, piece.index)), note)
        _write(folder / "proof" / f"{name}.proof", proof.to_bytes())
    recipe = files("governance.evidence.recipe")
    for script in RECIPES:
        if script.endswith(".sh"):
            _write(folder / script, recipe.joinpath(script).read_bytes())
    _write(folder / POINTER, dossier.request.key.encode() + b"\n")


def _seals(here: Workplace, size: int) -> Iterable[str]:
    """The seals that hold the first `size` lines."""
    return [key for key in here.archive.list(SEALS) if (start := slot_size(key)) is not None and start < size]


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
