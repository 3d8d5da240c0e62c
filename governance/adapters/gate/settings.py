"""What the gate is told by its environment. No secret is printed.

AIMS_GATE_USERS         JSON, or the path of a 0600 file: who may sign in (see users.py)
AIMS_GATE_ADDRESS       the address in people's browsers      (default: http://127.0.0.1:4200)
AIMS_GATE_UPSTREAM      Prefect's server on loopback          (default: http://127.0.0.1:4210)
AIMS_GATE_TRUST_HEADER  a header that names the signed-in id, believed from loopback peers only (default: none)
PREFECT_API_AUTH_STRING the server's authentication string    (never leaves for a browser)
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from governance.adapters.gate.users import VARIABLE, User, read_users
from governance.adapters.registry_files import load_registry
from governance.adapters.settings import Settings
from governance.errors import ConfigurationError, Fault, Place

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class GateSettings:
    """The gate's settings in force."""

    users: Mapping[str, User] = field(repr=False)
    address: str
    upstream: str
    authentication: str = field(repr=False)
    pages: Path
    trust_header: str = ""

    @classmethod
    def from_environment(cls) -> "GateSettings":
        """What the environment says. Raises ConfigurationError for users, addresses or a registry that are wrong."""
        env = os.environ.get
        here = Settings.from_environment()
        owners = {person.id for person in load_registry(here.home).people.people}
        return cls(
            users=read_users(env(VARIABLE) or "", owners),
            address=_address("AIMS_GATE_ADDRESS", env("AIMS_GATE_ADDRESS") or "http://127.0.0.1:4200"),
            upstream=_address("AIMS_GATE_UPSTREAM", env("AIMS_GATE_UPSTREAM") or "http://127.0.0.1:4210"),
            authentication=env("PREFECT_API_AUTH_STRING") or "",
            pages=here.state / "reports",
            trust_header=(env("AIMS_GATE_TRUST_HEADER") or "").lower(),
        )

    @property
    def secure(self) -> bool:
        """Whether people reach the gate by https, so that cookies are kept to it."""
        return self.address.startswith("https://")

    @property
    def origins(self) -> frozenset[str]:
        """The origins of the gate's own pages; on loopback both of its names."""
        parts = urlsplit(self.address)
        names = LOOPBACK - {"::1"} if parts.hostname in LOOPBACK else {parts.hostname}
        port = f":{parts.port}" if parts.port else ""
        return frozenset(f"{parts.scheme}://{name}{port}" for name in names)

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser of ours sends as Host; another one is a name made to point here."""
        return frozenset(origin.split("://")[1] for origin in self.origins)


def _address(name: str, given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}:
        return f"{parts.scheme}://{parts.netloc}"
    expected = "an address such as https://aims.example.org"
    raise ConfigurationError(Fault(Place(file=name), expected, "something else", "Give scheme and host, no path."))
