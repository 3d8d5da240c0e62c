"""Performance."""

from typing import Any


def examine(*_: Any) -> tuple[()]:
    """Nothing yet."""
    return ()
