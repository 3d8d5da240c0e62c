"""The one tree of errors. Each says what was expected, what was found, where, and the mend.

AimsError                    exit code
├── ConfigurationError       2   a registry file, a kind or a call is wrong
├── UnreadableInput          3   predictions, reference or labels could not be read
│   └── SourceUnavailable    3   the store of the rows did not answer; worth asking again
├── EvidenceError            4   a bundle could not be signed, stored or sealed
│   ├── KeyFault             4   a key is missing, readable by others, or of a wrong kind
│   └── ArchiveUnavailable   4   the store did not answer; the bundle waits in the outbox
└── ActRefused               2   this person may not take this step, or not now

A message never carries a row value, a personal value or a secret: name the place, not the content.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where something is wrong: any of file, line (from 1), column or field, system."""

    file: str = ""
    line: int | None = None
    column: str = ""
    system: str = ""

    def __str__(self) -> str:
        """`system · file:line, column "x"`, leaving out what is unknown."""
        spot = f"{self.file}:{self.line}" if self.line is not None else self.file
        named = f'column "{self.column}"' if self.column else ""
        here = ", ".join(part for part in (spot, named) if part)
        return " · ".join(part for part in (self.system, here) if part)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input, told so that a person can mend it."""

    place: Place
    expected: str
    found: str
    mend: str

    def __str__(self) -> str:
        """One line: place, expected, found, mend."""
        where = f"{self.place}: " if str(self.place) else ""
        return f"{where}expected {self.expected}, found {self.found}. {self.mend}"


class AimsError(Exception):
    """Root of every error of ours; carries all faults found, not only the first."""

    exit_code = 2

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class ConfigurationError(AimsError):
    """A registry file, a case kind or a call is wrong."""


class UnreadableInput(AimsError):
    """Predictions, reference or labels could not be read."""

    exit_code = 3


class SourceUnavailable(UnreadableInput):
    """The store of the rows did not answer (refused, timed out, failed inside): another try may succeed."""


class EvidenceError(AimsError):
    """A bundle could not be built, signed, stored or sealed."""

    exit_code = 4


class KeyFault(EvidenceError):
    """A key is missing, readable by others, or of a wrong kind."""


class ArchiveUnavailable(EvidenceError):
    """The archive did not answer, or refused to keep what it was given."""


class ActRefused(AimsError):
    """This person may not take this step on this case, or not in its present state."""
