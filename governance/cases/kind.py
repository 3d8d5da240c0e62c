"""A kind of case, as one YAML file states it (deployments/kinds/<name>.yaml): states, acts, clock, what it evidences.

Rules
1. The engine knows no kind by name: all it does follows from these fields.
2. Frozen, unknown keys are errors, and a state that nobody can reach or leave is an error (cases/kind_faults.py).
3. Each case keeps the kind it was opened with, so a later change of the file changes no earlier case.

ISO/IEC 42001 10.2 (nonconformity and corrective action), A.3.2 (roles); EU AI Act Art. 26(5), 72, 73.
"""

from typing import Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from governance.cases.kind_faults import faults_of
from governance.cases.kind_parts import KindParts, Word
from governance.evidence.canonical import canonical_json
from governance.evidence.malformed import malformed
from governance.registry.load import read_record


class Kind(KindParts):
    """A kind of case."""

    name: Word
    title: str = Field(min_length=3)
    prefix: str = Field(pattern=r"^[A-Z]{2,5}$", description="case ids begin with it")
    purpose: str = Field(min_length=20, description="in plain words: why such a case is kept")
    subject: Literal["system", "organisation", "any"]

    @model_validator(mode="after")
    def _sound(self) -> "Kind":
        found = [
            InitErrorDetails(type=PydanticCustomError("value_error", "{error}", {"error": text}), loc=where, input=None)
            for where, text in faults_of(self)
        ]
        if found:
            raise ValidationError.from_exception_data("Kind", found)
        return self

    def to_json(self) -> bytes:
        """RFC 8785 canonical JSON, the form in which a case keeps its kind."""
        return canonical_json(self.model_dump(mode="json", by_alias=True))


def read_kind(text: str, file: str) -> Kind:
    """The kind in a YAML file.

    Raises:
        ConfigurationError: with every fault, each with file and line.
    """
    return read_record(text, file, Kind)


def kind_from_json(body: bytes, where: str) -> Kind:
    """The kind that a case keeps in its bundles. Raises Malformed for anything that `Kind.to_json` does not write."""
    try:
        kind = Kind.model_validate_json(body)
    except ValidationError:
        raise malformed(where, "a kind of case", "another JSON value") from None
    if kind.to_json() != body:
        raise malformed(where, "canonical JSON (RFC 8785)", "another spelling")
    return kind
