"""Signing keys in a folder."""

import stat
from pathlib import Path

import pytest

from governance.adapters.keys import PASSPHRASE, create_keys, load_keys
from governance.errors import KeyFault
from governance.evidence.root import trusted_keys


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    """Making them again gives the same keys."""
    first, second = create_keys(tmp_path / "k"), create_keys(tmp_path / "k")

    assert trusted_keys(first) == trusted_keys(second)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "k").iterdir()} == {0o600}
    assert [key.algorithm for key in trusted_keys(first)] == ["ecdsa-sha2-nistp256", "ed25519"]


def test_demo_keys_say_so_in_their_name_and_in_their_files(tmp_path: Path) -> None:
    """An insecure stand-in cannot be mistaken."""
    keys = create_keys(tmp_path / "k", demo=True)

    assert keys.is_demo
    assert trusted_keys(keys)[0].is_demo
    assert all(path.name.startswith("DEMO-") for path in (tmp_path / "k").iterdir())


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The message tells the mode and the mend."""
    create_keys(tmp_path)
    (tmp_path / "log.pem").chmod(0o640)

    with pytest.raises(KeyFault, match=r"mode 0640.*chmod 600"):
        load_keys(tmp_path)


def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None, a wrong one, the right one; the message never holds it."""
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    made = trusted_keys(create_keys(tmp_path))
    assert b"ENCRYPTED" in (tmp_path / "statement.pem").read_bytes()

    assert trusted_keys(load_keys(tmp_path)) == made
    monkeypatch.setenv(PASSPHRASE, "wrong pony")
    with pytest.raises(KeyFault, match="another passphrase") as wrong:
        load_keys(tmp_path)
    assert "wrong pony" not in str(wrong.value)
    monkeypatch.delenv(PASSPHRASE)
    with pytest.raises(KeyFault, match=PASSPHRASE):
        load_keys(tmp_path)


def test_a_missing_a_damaged_and_a_swapped_key_are_key_faults(tmp_path: Path) -> None:
    """Each says what to do."""
    with pytest.raises(KeyFault, match="aims keys init"):
        load_keys(tmp_path)
    create_keys(tmp_path)
    log = (tmp_path / "log.pem").read_bytes()
    (tmp_path / "statement.pem").write_bytes(log)
    with pytest.raises(KeyFault, match="another kind"):
        load_keys(tmp_path)
    (tmp_path / "statement.pem").write_bytes(log[:-40])
    with pytest.raises(KeyFault, match="damaged"):
        load_keys(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_key_fault(tmp_path: Path) -> None:
    """A file stands in its place."""
    (tmp_path / "k").write_bytes(b"")

    with pytest.raises(KeyFault):
        create_keys(tmp_path / "k")
