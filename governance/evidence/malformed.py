"""One error for bytes that break their format: no parser of this package lets another exception out."""

from governance.errors import EvidenceError, Fault, Place


class Malformed(EvidenceError):
    """Bytes that do not follow the format they should have. Carries the place, never the content."""


def reason(error: EvidenceError) -> str:
    """What was expected and what was found, without the place (a report names it already)."""
    return "; ".join(f"expected {fault.expected}, found {fault.found}" for fault in error.faults)


def malformed(where: str, expected: str, found: str, mend: str = "Take the object from a good copy.") -> Malformed:
    """The error for an object or member `where` that breaks its format."""
    return Malformed(Fault(Place(file=where), expected, found, mend))
