"""People: who can be named as owner, deputy, reviewer or in an escalation (deployments/people.yaml).

ISO/IEC 42001 A.3.2: roles and responsibilities; 5.3.
"""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from governance.registry.system import Name, Record


class Person(Record):
    """Someone who can be told and can act. `notify` holds Apprise addresses; ${NAME} is taken from the environment.

    `ssh_key` is the person's public key in OpenSSH's one-line form, for acts signed by their own hand.
    """

    id: Name
    name: str = Field(min_length=2)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    notify: tuple[str, ...] = ()
    zone: str = "UTC"
    ssh_key: Annotated[str, Field(pattern=r"^(ssh-|ecdsa-|sk-)\S+ \S+( .*)?$")] | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("expected an IANA time zone such as Europe/Vienna")
        return zone


class People(Record):
    """Everyone in people.yaml, by id."""

    people: tuple[Person, ...]

    def get(self, person: str) -> Person | None:
        """The person with this id, or None."""
        return next((someone for someone in self.people if someone.id == person), None)

    @property
    def ssh_keys(self) -> dict[str, str]:
        """The SSH public keys of those who have one, by id: their signed acts make them witnesses of the log."""
        return {someone.id: someone.ssh_key for someone in self.people if someone.ssh_key}
