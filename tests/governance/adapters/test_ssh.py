"""An act signed by somebody's own key is known to be theirs; anything else is refused."""

import subprocess
from pathlib import Path

import pytest

from governance.adapters.ssh import is_signed_by, require_signed_by, sign_with
from governance.errors import ActRefused
from governance.registry.people import Person

BODY = b'{"act":"accept"}'


def new_key(folder: Path, name: str, kind: str = "ed25519") -> tuple[Path, str]:
    """A fresh key pair: the private key's file and the public half."""
    file = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", str(file)], check=True)
    return file, file.with_suffix(".pub").read_text("utf-8").strip()


def person(public: str | None, name: str = "ada-okafor") -> Person:
    """Somebody with this key."""
    return Person(id=name, name="Ada Okafor", email="ada@example.org", ssh_key=public)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_signature_by_the_persons_key_is_theirs(tmp_path: Path, kind: str) -> None:
    """Whatever kind of key OpenSSH gave them."""
    file, public = new_key(tmp_path, "ada", kind)

    assert is_signed_by(person(public), BODY, sign_with(file, BODY))


def test_another_text_another_key_another_namespace_and_noise_are_refused(tmp_path: Path) -> None:
    """A signature is about these bytes, by this key, for this purpose."""
    file, public = new_key(tmp_path, "ada")
    other, _ = new_key(tmp_path, "mallory")
    message = tmp_path / "message"
    message.write_bytes(BODY)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(file), "-n", "git", str(message)], check=True)

    assert not is_signed_by(person(public), BODY + b" ", sign_with(file, BODY))
    assert not is_signed_by(person(public), BODY, sign_with(other, BODY))
    assert not is_signed_by(person(public), BODY, message.with_suffix(".sig").read_bytes())
    assert not is_signed_by(person(public), BODY, b"noise")
    assert not is_signed_by(person(None), BODY, sign_with(file, BODY))


def test_a_person_without_a_key_is_told_where_it_belongs(tmp_path: Path) -> None:
    """The refusal names the field of people.yaml."""
    file, _ = new_key(tmp_path, "ada")

    with pytest.raises(ActRefused, match=r'people.yaml, column "ada-okafor.ssh_key": expected the person'):
        require_signed_by(person(None), BODY, sign_with(file, BODY))


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    """No traceback, and nothing of the file's content."""
    (tmp_path / "notes.txt").write_text("my secret diary", "utf-8")

    with pytest.raises(ActRefused) as caught:
        sign_with(tmp_path / "notes.txt", BODY)

    assert "notes.txt" in str(caught.value)
    assert "diary" not in str(caught.value)
