"""Users for a first try on one machine: everyone of people.yaml, an auditor who reads, an operator. Names say DEMO."""

import json
import os
import secrets
from pathlib import Path

from governance.adapters.gate.passwords import hash_password
from governance.registry.access import Role
from governance.registry.people import People

VIEWER, OPERATOR = "auditor-demo", "operator-demo"


def demo_users(folder: Path, people: People) -> tuple[Path, dict[str, str]]:
    """The file of users, made on the first start, and the passwords of those who are new: id -> password.

    Whoever is in the file stays as they are. Both files are of mode 0600; the passwords lie beside the hashes, in
    DEMO-passwords.txt, because a demo's password that nobody finds again helps nobody.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    users, passwords = folder / "users.json", folder / "DEMO-passwords.txt"
    known = json.loads(users.read_text("utf-8")) if users.exists() else {}
    wanted = {person.id: (Role.OWNER, person.name) for person in people.people}
    wanted |= {VIEWER: (Role.VIEWER, "Auditor"), OPERATOR: (Role.OPERATOR, "Operator")}
    new = {user: secrets.token_urlsafe(9) for user in wanted.keys() - known.keys()}
    for user, password in new.items():
        role, name = wanted[user]
        known[user] = {"role": role, "hash": hash_password(password), "name": f"{name} (DEMO)"}
    if new:
        before = passwords.read_text("utf-8") if passwords.exists() else ""
        write_private(passwords, before + "".join(f"{user}\t{word}\n" for user, word in sorted(new.items())))
        write_private(users, json.dumps(known, indent=1, sort_keys=True) + "\n")
    return users, new


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all or nothing."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
