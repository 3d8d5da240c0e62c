"""Reads from deployments/controls.yaml after how many days a record is stale."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from governance.errors import ConfigurationError, Fault, Place
from governance.registry.load import read_record


class _Age(BaseModel):
    model_config = ConfigDict(extra="ignore")
    max_age_days: int = Field(ge=0)


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="ignore")
    evidence_kinds: dict[str, _Age]


def max_ages(home: Path) -> dict[str, int]:
    """Days by kind of record.

    Raises:
        ConfigurationError: the file is missing or says otherwise.
    """
    path = home / "controls.yaml"
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(Place("controls.yaml"), "a readable file of UTF-8", type(error).__name__, "Restore it.")
        raise ConfigurationError(fault) from None
    found = read_record(text, "controls.yaml", _Catalogue)
    return {name: age.max_age_days for name, age in found.evidence_kinds.items()}
