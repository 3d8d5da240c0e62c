"""The pages of the runs as files under /pages/: only what the product writes there, never a list of what there is."""

import re
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.gate.policy import PAGE, SANDBOX

# <system>/<window>/<page>.html, evidence that was asked for in one file, or a file of Evidently's own library whose
# name is its digest
_PAGE = re.compile(r"[a-z0-9][\w-]*/[\w.-]+/[a-z][\w-]*\.(html|json)")
_EVIDENCE = re.compile(r"evidence/evidence-request\.[\w.-]+\.tar")
_ASSET = re.compile(r"evidently-[\w.]+-[0-9a-f]{64}\.(js|woff2)")
_TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "js": "text/javascript; charset=utf-8",
    "woff2": "font/woff2",
    "tar": "application/x-tar",
}


@dataclass(frozen=True)
class Page:
    """A file to give out."""

    path: Path
    media_type: str
    policy: str


def is_public(name: str) -> bool:
    """Whether this is a file of Evidently's library: the sandboxed page loads it without a session."""
    return bool(_ASSET.fullmatch(name))


def find_page(folder: Path, name: str) -> Page | None:
    """The file of this name under the folder of the pages; None for whatever else lies there."""
    if not any(known.fullmatch(name) for known in (_PAGE, _EVIDENCE, _ASSET)) or "/." in name or ".." in name:
        return None
    path, root = (folder / name).resolve(), folder.resolve()
    if not path.is_file() or not path.is_relative_to(root):
        return None
    policy = SANDBOX if name.endswith("/evidently.html") else PAGE
    return Page(path, _TYPES[path.suffix[1:]], policy)
