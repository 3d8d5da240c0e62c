"""Who may sign in: AIMS_GATE_USERS, a JSON object or the path of a file of mode 0600 that holds one.

{"ada-okafor": {"role": "owner", "hash": "scrypt$…", "name": "Ada Okafor"},
 "auditor":    {"role": "viewer", "hash": "scrypt$…"}}

The id of an owner is an id of people.yaml, so that an act names a person whom the registry knows.
"""

import json
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from governance.adapters.gate.passwords import well_formed
from governance.errors import ConfigurationError, Fault, Place
from governance.registry.access import Role
from governance.registry.acting import Visitor

VARIABLE = "AIMS_GATE_USERS"
HASH_MEND = "Make one with `aims gate hash`."


class User(BaseModel):
    """Somebody who may sign in; without a hash only through a trusted proxy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    hash: str = Field(default="", repr=False)
    name: str = ""

    @field_validator("hash")
    @classmethod
    def _readable(cls, hashed: str) -> str:
        if hashed and not well_formed(hashed):
            raise ValueError("expected a scrypt hash")
        return hashed

    def visitor(self, user: str) -> Visitor:
        """The visitor whom this user is, signed in."""
        return Visitor(user, self.role, self.name or user)


def read_users(given: str, owners: Collection[str]) -> dict[str, User]:
    """The users of the environment, by id.

    Args:
        given: what AIMS_GATE_USERS holds: JSON, or a path.
        owners: the ids of people.yaml.

    Raises:
        ConfigurationError: none given, a file that others may read, no JSON, an unknown role, a hash of another form,
            an owner whom people.yaml does not name. No message holds a hash.
    """
    text, place = _text(given)
    users: dict[str, User] = {}
    faults: list[Fault] = []
    for user, fields in _object(text, place).items():
        try:
            users[user] = User.model_validate(fields)
        except ValidationError as error:
            where = Place(
                file=place, column=f"{user}.{error.errors()[0]['loc'][0] if error.errors()[0]['loc'] else ''}"
            )
            faults.append(Fault(where, "role (viewer, owner, operator), hash, name", "something else", HASH_MEND))
            continue
        if users[user].role is Role.OWNER and user not in owners:
            mend = "Add the person there, or give another role."
            faults.append(Fault(Place(file=place, column=user), "an owner's id from people.yaml", "another id", mend))
    if faults:
        raise ConfigurationError(*faults)
    return users


def _text(given: str) -> tuple[str, str]:
    """The JSON text and the name of where it stands."""
    if given.lstrip().startswith("{"):
        return given, VARIABLE
    if not given:
        mend = "Set it to JSON or to the path of a file of mode 0600; see `aims gate run --help`."
        raise ConfigurationError(Fault(Place(), f"users in {VARIABLE}", "none", mend))
    path = Path(given)
    if not path.is_file():
        raise ConfigurationError(Fault(Place(file=given), "the file of users", "no file", f"Correct {VARIABLE}."))
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(Fault(Place(file=given), "mode 0600", "a file open to others", f"chmod 600 {given}"))
    return path.read_text("utf-8"), given


def _object(text: str, place: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict) and found:
        return found
    raise ConfigurationError(
        Fault(Place(file=place), "a JSON object: id -> role and hash", "something else", HASH_MEND)
    )
