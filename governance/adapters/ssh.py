"""Signatures of people with their own SSH keys, by OpenSSH's `ssh-keygen -Y` (PROTOCOL.sshsig).

Anyone can check one later:

    ssh-keygen -Y verify -f allowed_signers -I PERSON -n aims-decision -s act.json.sig < act.json
"""

import subprocess
import tempfile
from pathlib import Path

from governance.errors import ActRefused, Fault, Place
from governance.evidence import Malformed
from governance.evidence.sshsig import parse_ssh_signature
from governance.registry.people import Person

NAMESPACE = "aims-decision"


def sign_with(key_file: Path, body: bytes) -> bytes:
    """The armoured signature over `body` with a private key (or the public half of one that an agent holds).

    Raises:
        ActRefused: OpenSSH is not there, or the key cannot be used.
    """
    done = _run("-Y", "sign", "-f", str(key_file), "-n", NAMESPACE, body=body)
    if done is not None and done.returncode == 0 and done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        return done.stdout
    found = "no ssh-keygen" if done is None else "one that OpenSSH could not use"
    mend = "Name your private key file, readable by you alone, and install OpenSSH 8.2 or newer."
    raise ActRefused(Fault(Place(file=key_file.name), "an SSH key to sign with", found, mend))


def require_signed_by(person: Person, body: bytes, signature: bytes) -> None:
    """Make sure that a person's key of people.yaml made the signature.

    Raises:
        ActRefused: the person has no key there, or another key signed.
    """
    place = Place(file="people.yaml", column=f"{person.id}.ssh_key")
    if person.ssh_key is None:
        raise ActRefused(Fault(place, "the person's SSH public key", "none", "Add it, reviewed by a second person."))
    if not is_signed_by(person, body, signature):
        raise ActRefused(Fault(place, "a signature by this key", "one by another", "Sign with the person's own key."))


def is_signed_by(person: Person, body: bytes, signature: bytes) -> bool:
    """Whether the person's key signed `body` in our namespace, by OpenSSH's verification and by ours.

    Ours is the stricter one: a security key (`sk-…`) must have been touched.
    """
    if person.ssh_key is None or not _is_verifiable(body, signature):
        return False
    with tempfile.TemporaryDirectory() as folder:
        allowed, sig = Path(folder) / "allowed_signers", Path(folder) / "act.json.sig"
        allowed.write_text(f'{person.id} namespaces="{NAMESPACE}" {person.ssh_key}\n', encoding="utf-8")
        sig.write_bytes(signature)
        known = ("-f", str(allowed), "-I", person.id, "-n", NAMESPACE, "-s", str(sig))
        done = _run("-Y", "verify", *known, body=body)
    return done is not None and done.returncode == 0


def _is_verifiable(body: bytes, signature: bytes) -> bool:
    """Whether `aims verify` will take the signature, years later."""
    try:
        return parse_ssh_signature(signature, "the signature").verifies(body)
    except Malformed:
        return False


def _run(*arguments: str, body: bytes) -> "subprocess.CompletedProcess[bytes] | None":
    """ssh-keygen with `body` as its input; None when it is not installed."""
    try:
        return subprocess.run(["ssh-keygen", *arguments], input=body, capture_output=True, check=False, timeout=120)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
