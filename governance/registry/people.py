"""People: who can be named as owner, deputy, reviewer or in an escalation (deployments/people.yaml).

ISO/IEC 42001 A.3.2: roles and responsibilities; 5.3.
"""

from datetime import date
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from governance.registry.calendar import public_holidays
from governance.registry.system import Name, Record, Roles


class Person(Record):
    """Someone who can be told and can act. `notify` holds Apprise addresses; ${NAME} is taken from the environment.

    `ssh_key` is the person's public key in OpenSSH's one-line form, for acts signed by their own hand.
    `holidays` is the country or region whose public holidays are no working days of theirs.
    """

    id: Name
    name: str = Field(min_length=2)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    notify: tuple[str, ...] = ()
    zone: str = "UTC"
    holidays: str = Field(default="", pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")
    ssh_key: Annotated[str, Field(pattern=r"^(ssh-|ecdsa-|sk-)\S+ \S+( .*)?$")] | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("expected an IANA time zone such as Europe/Vienna")
        return zone

    @field_validator("holidays")
    @classmethod
    def _listed(cls, region: str) -> str:
        if region:
            public_holidays(region)
        return region


class People(Record):
    """Everyone in people.yaml, by id.

    `closed` are days on which nobody works, beside public holidays. `organisation` says who answers for what is about
    no one system; without it, each such case names its people.
    """

    people: tuple[Person, ...]
    closed: tuple[date, ...] = ()
    organisation: Roles | None = None

    def get(self, person: str) -> Person | None:
        """The person with this id, or None."""
        return next((someone for someone in self.people if someone.id == person), None)

    def days_off(self, person: str, first: date, last: date) -> tuple[date, ...]:
        """The Mondays to Fridays from `first` to `last` (both included) on which a person does not work, sorted."""
        known = self.get(person)
        public = (
            public_holidays(known.holidays, tuple(range(first.year, last.year + 1)))
            if known and known.holidays
            else frozenset[date]()
        )
        return tuple(sorted(day for day in {*public, *self.closed} if first <= day <= last and day.weekday() < 5))

    @property
    def ssh_keys(self) -> dict[str, str]:
        """The SSH public keys of those who have one, by id: their signed acts make them witnesses of the log."""
        return {someone.id: someone.ssh_key for someone in self.people if someone.ssh_key}
