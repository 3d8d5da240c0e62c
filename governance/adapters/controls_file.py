"""Reads deployments/controls.yaml: after how many days a record is stale, which records evidence a control."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from governance.cases.kind import Kind
from governance.compliance.evidence_request import Control
from governance.errors import ConfigurationError, Fault, Place
from governance.registry.load import read_record


class _Age(BaseModel):
    model_config = ConfigDict(extra="ignore")
    max_age_days: int = Field(ge=0)


class _Control(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str
    title: str
    evidence: tuple[str, ...] = ()


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="ignore")
    evidence_kinds: dict[str, _Age]
    clauses: tuple[_Control, ...] = ()
    annex_a: tuple[_Control, ...] = ()


def max_ages(home: Path) -> dict[str, int]:
    """Days by kind of record.

    Raises:
        ConfigurationError: the file is missing or says otherwise.
    """
    return {name: age.max_age_days for name, age in _read(home).evidence_kinds.items()}


def control(home: Path, wanted: str, kinds: Mapping[str, Kind]) -> Control:
    """A control of ISO/IEC 42001 with the kinds of record that evidence it: by the catalogue, and by the kinds.

    Raises:
        ConfigurationError: no such control, or no record of ours evidences it.
    """
    catalogue = _read(home)
    known = {one.id: one for one in (*catalogue.clauses, *catalogue.annex_a)}
    found = known.get(wanted)
    if found is None:
        close = get_close_matches(wanted, known, n=3, cutoff=0.5)
        mend = f"Did you mean {' or '.join(close)}?" if close else "Write a clause as 9.1, a control as A.6.2.6."
        expected = "a clause or control of ISO/IEC 42001 in controls.yaml"
        raise ConfigurationError(Fault(Place(column="--control"), expected, "another text", mend))
    by_kind = {name for name, kind in kinds.items() if wanted in kind.evidences.iso42001}
    evidenced = ({*found.evidence} | by_kind) - {"none"}
    if not evidenced:
        mend = "It is shown by documents and decisions elsewhere: ask the organisation for them."
        raise ConfigurationError(Fault(Place(column="--control"), "a control that records evidence", wanted, mend))
    return Control(found.id, found.title, frozenset(evidenced))


def _read(home: Path) -> _Catalogue:
    path = home / "controls.yaml"
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(Place("controls.yaml"), "a readable file of UTF-8", type(error).__name__, "Restore it.")
        raise ConfigurationError(fault) from None
    return read_record(text, "controls.yaml", _Catalogue)
