"""People with SSH keys who sign root files, and a time-stamping authority: real OpenSSH, real openssl."""

import subprocess
from pathlib import Path

from governance.adapters.timestamp import make_query
from governance.evidence import Root

PEOPLE = ("ada", "bob", "eve")


def make_people(folder: Path, kinds: tuple[str, str, str] = ("ed25519", "ecdsa", "rsa")) -> Path:
    """The folder, with an SSH key for each person, of these kinds."""
    for person, kind in zip(PEOPLE, kinds, strict=True):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / person)], check=True)
    return folder


def holders(people: Path) -> dict[str, str]:
    """Person to public key."""
    return {person: (people / f"{person}.pub").read_text() for person in PEOPLE}


def sign(people: Path, person: str, body: bytes, namespace: str = "aims-root") -> bytes:
    """What `ssh-keygen -Y sign` makes of it."""
    command = ["ssh-keygen", "-Y", "sign", "-f", str(people / person), "-n", namespace]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout


def signatures(people: Path, root: Root, *persons: str) -> dict[str, bytes]:
    """Signatures over a root file."""
    return {person: sign(people, person, root.to_bytes()) for person in persons}


def make_authority(folder: Path) -> Path:
    """The folder, with a time-stamping authority of openssl that has a certificate of its own."""
    (folder / "tsa.cnf").write_text(
        "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=Test TSA\n"
        "[ext]\nextendedKeyUsage=critical,timeStamping\n"
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\ndefault_policy=1.2.3.4.1\nsigner_digest=sha256\n"
        "digests=sha256\nordering=no\ntsa_name=no\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"
    )
    (folder / "serial").write_text("01\n")
    run(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tsa.key",
        "-out", "tsa.pem", "-days", "2", "-config", "tsa.cnf")  # fmt: skip
    return folder


def run(folder: Path, *arguments: str) -> None:
    """openssl, which must succeed."""
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def stamp(authority: Path, checkpoint_note: bytes) -> bytes:
    """The authority's token over a checkpoint."""
    return reply(authority, make_query(checkpoint_note))


def reply(authority: Path, query: bytes) -> bytes:
    """The authority's answer to a query."""
    (authority / "query").write_bytes(query)
    run(authority, "ts", "-reply", "-config", "tsa.cnf", "-section", "t", "-queryfile", "query", "-inkey", "tsa.key",
        "-signer", "tsa.pem", "-out", "token")  # fmt: skip
    return (authority / "token").read_bytes()
