"""Text that people type: what may not stand in it, and how it is shown where something might make markup of it. Pure.

1. No control characters, no halves of a surrogate pair, none that turn the direction of writing (Unicode TR 36, TR 9).
2. Shown to others, it carries no link, no HTML, and no line that could be taken for one of ours.
"""

import re

_UNFIT = re.compile(
    r"\r(?!\n)|"  # a carriage alone: what follows is written over the line
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control, but not tab and ends of lines
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"  # turning and separating
    r"\ud800-\udfff\ue000-\uf8ff\ufffe\uffff\U000f0000-\U0010ffff]"  # surrogates, private use
)
_LINES = re.compile(r"[\t\n\r]")
_MARKS = {"<": "‹", ">": "›", "](": "] (", "://": ": //", "`": "'"}


def is_plain(text: str, *, lines: bool = True) -> bool:
    """Whether a text may be kept (rule 1); `lines`: it may have several lines, and tabs."""
    return not _UNFIT.search(text) and (lines or not _LINES.search(text))


def harmless(text: str, indent: str = "") -> str:
    """The text as it may stand in Markdown or in a message (rule 2); further lines begin with `indent`."""
    for mark, instead in _MARKS.items():
        text = text.replace(mark, instead)
    return f"\n{indent}".join(text.splitlines()) if indent else " ".join(text.split())
