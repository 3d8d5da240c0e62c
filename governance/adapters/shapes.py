"""What kind of text stands where a number or a time should be: told by its shape, never by its value.

Nothing is guessed: a shape only chooses the words of a fault and its mend. Whoever delivers the rows writes them anew,
or declares in the registry how they are written.
"""

import re
from dataclasses import dataclass

NULLS = frozenset(
    [
        "na",
        "n/a",
        "n.a.",
        "nan",
        "null",
        "none",
        "nil",
        "missing",
        "unknown",
        "-",
        "--",
        ".",
        "?",
        "#n/a",
        "#n/a",
        "n/a",
        "<na>",
    ]
)
TRUTHS = frozenset(["true", "false", "yes", "no", "on", "off"])
POINT = "Write numbers with a point and no thousands mark; leave the cell empty where there is none."
ISO = "Write ISO 8601 times such as 2026-11-24T05:30:00Z"


@dataclass(frozen=True)
class Shape:
    """What was found, and the mend."""

    found: str
    mend: str


_NUMBERS = (
    (r"[-+]?\d{1,3}([ .'\u00a0\u202f]\d{3})+,\d+|[-+]?\d+,\d{1,2}|[-+]?\d+,\d{4,}", Shape("a decimal comma", POINT)),
    (
        r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?",
        Shape("a comma that is a thousands mark or a decimal comma, which nobody can tell", POINT),
    ),
    (r"[-+]?\d{1,3}([ '\u00a0\u202f]\d{3})+(\.\d+)?|[-+]?\d{1,3}(\.\d{3}){2,}", Shape("a thousands mark", POINT)),
    (r"[-+]?\d+([.,]\d+)?\s*%", Shape("a percent sign", "Write the number alone, in the unit of the reference.")),
    (r"[$€£¥]\s*[-+]?[\d.,]+|[-+]?[\d.,]+\s*[$€£¥]", Shape("a currency sign", "Write the number alone.")),
    (r"#(REF|VALUE|NAME|DIV/0|NUM|NULL|SPILL|CALC)[!?]?", Shape("an error of a spreadsheet", "Mend the spreadsheet.")),
    (r"[=@].*", Shape("a formula", "Export values, not formulas.")),
)
_TIMES = (
    (r"\d{9,10}(\.\d*)?", Shape("a number as of seconds since 1970", f"{ISO}, or set columns.time_format: epoch_s.")),
    (
        r"\d{12,13}(\.\d*)?",
        Shape("a number as of milliseconds since 1970", f"{ISO}, or set columns.time_format: epoch_ms."),
    ),
    (
        r"\d{15,16}(\.\d*)?",
        Shape("a number as of microseconds since 1970", f"{ISO}, or set columns.time_format: epoch_us."),
    ),
    (
        r"\d{1,2}([/.-])\d{1,2}\1(\d{2}|\d{4})\b.*",
        Shape(
            "a date with its year last, whose day and month nobody can tell apart",
            f'{ISO}, or set columns.time_format to what it is, such as "%d/%m/%Y" or "%m/%d/%Y".',
        ),
    ),
)


def of_number(text: str) -> Shape | None:
    """The shape of a text that is no number, if it is a usual one."""
    bare = text.strip()
    if bare.lower() in NULLS:
        return Shape("a word for a missing value", POINT)
    if bare.lower() in TRUTHS:
        return Shape("a truth value", "Write numbers, or name the column as categorical in the registry.")
    return _fitting(_NUMBERS, bare)


def of_time(text: str) -> Shape | None:
    """The shape of a text that is no time of the form expected, if it is a usual one."""
    return _fitting(_TIMES, text.strip())


def _fitting(shapes: tuple[tuple[str, Shape], ...], text: str) -> Shape | None:
    """The first shape that a text has; long texts have none."""
    if len(text) > 40:
        return None
    return next((shape for pattern, shape in shapes if re.fullmatch(pattern, text, re.ASCII)), None)
