"""The first page of an answer to a request for evidence: what was asked, what is given, what is missing, how to check.

ISO/IEC 42001 9.2 (internal audit), 7.5.3 (records are at hand). Needs no network and no script.
"""

from dataclasses import dataclass
from shlex import quote

from governance.compliance.evidence_request import Dossier, Piece
from governance.evidence import three_lines
from governance.evidence.address import root_key
from governance.verdict import Status
from reports import phrases, pictures
from reports.templating import render


@dataclass(frozen=True)
class Line:
    """One bundle on the page: what it is about, its verdict or act in words, and the one command to check it."""

    piece: Piece
    status: Status | None
    file: str
    command: str


def render_evidence(dossier: Dossier) -> bytes:
    """The page as UTF-8 HTML; its links lead only to files beside it. Equal dossiers give equal bytes."""
    lines = [_line(piece, dossier) for piece in dossier.pieces]
    return render(
        "evidence.html",
        request=dossier.request,
        own=_line(dossier.own, dossier),
        lines=lines,
        missing=dossier.missing,
        checkpoint=three_lines(dossier.checkpoint).splitlines(),
        digest=dossier.root_digest,
        is_demo=dossier.is_demo,
        picture_style=pictures.STYLE,
        counted=phrases.things(len(lines), "bundle", "bundles"),
    )


def _line(piece: Piece, dossier: Dossier) -> Line:
    key = piece.entry.key
    name = key.rpartition("/")[2]
    root = root_key(dossier.root_version)
    command = f"sh verify-one.sh {quote(key)} {quote(f'proof/{name}.proof')} {root}"
    return Line(piece, Status(piece.status) if piece.status else None, key, command)
