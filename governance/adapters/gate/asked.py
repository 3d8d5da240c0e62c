"""How the gate reads a request, each part in one way only. Pure but for the body, which comes in pieces."""

import re
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

LARGEST = 1024 * 1024
"""Bytes of a body."""
PLAIN = re.compile(r"/[\w./~:@+,=!()' -]*")


def path_of(asked: HTTPConnection) -> str:
    """The decoded path as it was sent; a URL object would end it at a decoded question mark."""
    return str(asked.scope["path"])


def query_of(asked: HTTPConnection) -> str:
    """The query as it was sent, without its question mark."""
    return str(asked.scope["query_string"].decode("latin-1"))


async def body_of(request: Request) -> bytes | None:
    """The body; None when it is too large."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > LARGEST:
            return None
    return read


def is_plain(path: str) -> bool:
    """Whether a decoded path has one reading: no dots for folders, no doubled or turned slashes, no controls."""
    return bool(PLAIN.fullmatch(path)) and "//" not in path and not {".", ".."} & set(path.split("/"))


def local(target: str) -> str:
    """Where to go after signing in: a place of ours, never another site."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if ours and target.isprintable() and "\\" not in target else "/"
