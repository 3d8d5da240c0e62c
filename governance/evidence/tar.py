"""Deterministic USTAR (POSIX.1-1988 tar): one spelling for one set of files, so equal content is equal bytes.

Regular files only, sorted by name, mode 0644, owner 0, time 0, no padding after the two closing blocks.
Reading rebuilds each header and compares it, so whatever this module did not write is refused.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from struct import Struct

from governance.evidence.malformed import Malformed, malformed

BLOCK = 512
MAX_MEMBERS = 4096
MAX_SIZE = 512 * 1024 * 1024
SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._@+=,-]*"
_NAME = re.compile(rf"{SEGMENT}(?:/{SEGMENT})*")
_END = bytes(2 * BLOCK)


def write_tar(files: Mapping[str, bytes]) -> bytes:
    """The tar of the files (name to content). Raises Malformed for a name or a size that the format does not allow."""
    parts = []
    for name in sorted(files):
        body = files[name]
        parts += [_header(name, len(body)), body, bytes(-len(body) % BLOCK)]
    tar = b"".join([*parts, _END])
    if len(tar) > MAX_SIZE or len(files) > MAX_MEMBERS:
        raise malformed("bundle", f"at most {MAX_SIZE} bytes in {MAX_MEMBERS} members", f"{len(tar)} in {len(files)}")
    _refuse_file_as_folder(files, "bundle")
    return tar


def read_tar(tar: bytes, where: str = "bundle") -> dict[str, bytes]:
    """The files of a tar that `write_tar` made. Raises Malformed for any other bytes."""
    if len(tar) > MAX_SIZE or len(tar) % BLOCK:
        raise malformed(where, f"whole blocks, at most {MAX_SIZE} bytes", f"{len(tar)} bytes")
    files: dict[str, bytes] = {}
    at, previous, last = 0, "", len(tar) - len(_END)
    while at < last:
        name, size = _parse(tar, at, where)
        if name <= previous or len(files) >= MAX_MEMBERS:
            raise malformed(where, "members in sorted order, each once", "a member out of order, repeated or too many")
        at += BLOCK
        end = at + size
        files[name], previous = tar[at:end], name
        at = end + -size % BLOCK
        if at > last or tar[end:at] != _END[: at - end]:
            raise malformed(where, f"{size} bytes of {name} padded with zeros", "fewer bytes or other padding")
    if at != last or tar[at:] != _END:
        raise malformed(where, "two closing blocks and nothing after", "other bytes")
    _refuse_file_as_folder(files, where)
    return files


def _refuse_file_as_folder(files: Mapping[str, bytes], where: str) -> None:
    """A name that is also a folder of another name cannot be unpacked by any tool."""
    for folder in {name.rpartition("/")[0] for name in files}:
        inner = folder
        while inner:
            if inner in files:
                raise malformed(where, "names that can be unpacked", f"{inner} both as a file and as a folder")
            inner = inner.rpartition("/")[0]


def _parse(tar: bytes, at: int, where: str) -> tuple[str, int]:
    """Name and size in the header at `at`: every field must be what `_header` writes for that name and size.

    Names up to 100 bytes in one folder, as bundles have them, are read with the parts that repeat looked up.
    """
    base, owner, octal, time, checksum, tail = _PLAIN.unpack_from(tar, at)
    if tail == _TAIL and owner == _OWNER and time == _TIME:
        folder, slash, rest = base.rstrip(b"\0").partition(b"/")
        try:
            size, digits = _octal(octal)
            front, total = _path(folder)
            name, letters = _path(rest)
            if slash and checksum == b"%06o\0 " % (total + letters + digits + _SLASH):
                return f"{front}/{name}", size
        except ValueError:
            pass
    return _parse_any(tar, at, where)


@lru_cache(4096)
def _path(name: bytes) -> tuple[str, int]:
    """A path as text, and the sum of its bytes. Raises ValueError when it is none."""
    text = name.decode("ascii")
    if not _NAME.fullmatch(text):
        raise ValueError(text)
    return text, sum(name)


@lru_cache(4096)
def _octal(digits: bytes) -> tuple[int, int]:
    """A size, and the sum of its digits' bytes. Raises ValueError for another spelling than ours."""
    size = int(digits, 8)
    if digits != b"%011o" % size:
        raise ValueError(size)
    return size, sum(digits)


def _parse_any(tar: bytes, at: int, where: str) -> tuple[str, int]:
    """`_parse` for every name that USTAR can hold."""
    base, owner, octal, time, checksum, kind, prefix, rest = _FIELDS.unpack_from(tar, at)
    try:
        if owner == _OWNER and time == _TIME and kind == _KIND and rest == _REST:
            short, front = base.rstrip(b"\0"), prefix.rstrip(b"\0")
            name, size = (front + b"/" + short if front else short).decode("ascii"), int(octal, 8)
            is_named = _split(name) == (front, short) if front else _NAME.fullmatch(name) is not None
            total = sum(short) + sum(front) + sum(octal) + _FIXED
            if is_named and octal == b"%011o" % size and checksum == b"%06o\0 " % total:
                return name, size
    except (ValueError, Malformed):
        pass
    what = "nothing after the two closing blocks" if not any(tar[at : at + BLOCK]) else "a regular file's header"
    raise malformed(where, f"{what} as we write it (USTAR)", "another block") from None


def _header(name: str, size: int) -> bytes:
    """The 512 bytes before a file. The checksum is the sum of them all, with blanks in its own place."""
    if size < 0 or size > MAX_SIZE:
        raise malformed(name, f"a size up to {MAX_SIZE}", str(size))
    prefix, base = _split(name)
    octal = b"%011o" % size
    checksum = sum(base) + sum(prefix) + sum(octal) + _FIXED
    start = base.ljust(100, b"\0") + _OWNER + octal + _TIME
    return start + b"%06o\0 " % checksum + _KIND + prefix.ljust(155, b"\0") + _REST


_OWNER = b"0000644\0" + 2 * b"0000000\0"
_TIME = b"\0" + b"0" * 11 + b"\0"
_KIND = b"0" + bytes(100) + b"ustar\x0000" + bytes(64 + 16)
_REST = bytes(12)
_FIELDS = Struct("100s24s11s13s8s189s155s12s")  # name, owner, size, time, checksum, kind, prefix, rest
_PLAIN = Struct("100s24s11s13s8s356s")  # the same without a prefix: its field is a part of the zeros at the end
_TAIL = _KIND + bytes(155) + _REST
_FIXED = sum(_OWNER + _TIME + b" " * 8 + _KIND)
_SLASH = _FIXED + ord("/")


def _split(name: str) -> tuple[bytes, bytes]:
    """USTAR's split: the whole name if it fits 100 bytes, else at the first slash that leaves 100 bytes or fewer."""
    if not _NAME.fullmatch(name):
        raise malformed(name[:120], f"a relative path of segments like {SEGMENT}", "another path")
    whole = name.encode("ascii")
    if len(whole) <= 100:
        return b"", whole
    cut = whole.find(b"/", len(whole) - 101)
    prefix, base = (whole[:cut], whole[cut + 1 :]) if cut > 0 else (b"", whole)
    if len(base) > 100 or len(prefix) > 155:
        raise malformed(name[:120], "a path that USTAR can hold (155 + 100 bytes)", f"{len(whole)} bytes")
    return prefix, base
