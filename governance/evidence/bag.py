"""BagIt 1.0 (RFC 8493) with SHA-256, manifests in the format of `sha256sum` (two spaces), so stock tools check them.

A bag here maps member names to bytes: payload under `data/`, the tag files `bagit.txt`, `bag-info.txt`, both manifests.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import NoReturn

from governance.evidence.malformed import malformed

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
PAYLOAD = "data/"
_TAGS = ("bag-info.txt", "bagit.txt", MANIFEST)
_LINE = re.compile(r"([0-9a-f]{64})  (\S[^\n\r\\]*)")


def make_bag(identifier: str, members: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bag around the members (names relative to `data/`), its tag files included."""
    return _bag(identifier, {PAYLOAD + name: body for name, body in members.items()})


def _bag(identifier: str, payload: Mapping[str, bytes]) -> dict[str, bytes]:
    octets = sum(map(len, payload.values()))
    info = f"External-Identifier: {identifier}\nPayload-Oxum: {octets}.{len(payload)}\n".encode()
    tags = {"bagit.txt": BAGIT, "bag-info.txt": info, MANIFEST: _manifest(payload)}
    return {**payload, **tags, TAG_MANIFEST: _manifest(tags)}


def check_bag(identifier: str, bag: Mapping[str, bytes], where: str) -> dict[str, bytes]:
    """The members of a valid bag, names relative to `data/`.

    Raises Malformed when a file differs from its manifest, is listed and missing, or is there and not listed; also when
    a tag file is not the one that `make_bag` writes for this identifier.
    """
    payload = {name: body for name, body in bag.items() if name.startswith(PAYLOAD)}
    if _bag(identifier, payload) != bag:
        _explain(bag, where)
    return {name[len(PAYLOAD) :]: body for name, body in payload.items()}


def _explain(bag: Mapping[str, bytes], where: str) -> NoReturn:
    """Say which file differs; that the whole differs would not name it."""
    for name in (*_TAGS, TAG_MANIFEST):
        if name not in bag:
            raise malformed(where, f"the tag file {name}", "none")
    payload = {name: body for name, body in bag.items() if name.startswith(PAYLOAD)}
    _compare(bag[MANIFEST], payload, f"{where}:{MANIFEST}")
    _compare(bag[TAG_MANIFEST], {name: bag[name] for name in _TAGS}, f"{where}:{TAG_MANIFEST}")
    raise malformed(where, "the tag files of this bag and no others", "another tag file")


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join([f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]).encode()


def _compare(manifest: bytes, files: Mapping[str, bytes], where: str) -> None:
    if manifest == _manifest(files):
        return
    listed = dict(_parse(manifest, where))
    for name in sorted({*listed, *files}):
        if name not in files or name not in listed:
            where_only = "bag" if name in files else "manifest"
            raise malformed(where, "a manifest that lists every file", f"{name} only in the {where_only}")
        if sha256(files[name]).hexdigest() != listed[name]:
            raise malformed(where, f"the logged sha256 of {name}", "another (the file was altered)")
    raise malformed(where, "lines in sorted order, each once", "other lines")


def _parse(manifest: bytes, where: str) -> list[tuple[str, str]]:
    try:
        matches = [_LINE.fullmatch(line) for line in manifest.decode().splitlines()]
    except UnicodeDecodeError:
        matches = [None]
    if None in matches:
        raise malformed(where, "lines of sha256sum", "another line")
    return [(match[2], match[1]) for match in matches if match]
