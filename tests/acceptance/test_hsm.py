"""A statement key that never leaves its token: SoftHSM2 signs through PKCS#11, openssl verifies."""

import os
import subprocess
from pathlib import Path

import pkcs11
import pytest
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.errors import KeyFault
from governance.evidence import read_bundle, verify_archive
from governance.evidence.envelope import pae
from tests.evidence_builders import fill, make_run

LIBRARY = "/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keys folder whose statement key was made inside a token named `aims`, under the id 2."""
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")  # read when the library is loaded
    command = ["softhsm2-util", "--init-token", "--free", "--label", "aims", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run(command, check=True, capture_output=True)
    session = pkcs11.lib(LIBRARY).get_token(token_label="aims").open(rw=True, user_pin="1234")
    curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
    with session:
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        public, _ = parameters.generate_keypair(id=b"\2", label="aims", store=True)
        der = encode_ec_public_key(public)
    (folder / "der").write_bytes(der)
    (folder / "keys").mkdir(mode=0o700)
    command = [
        "openssl",
        "pkey",
        "-pubin",
        "-inform",
        "DER",
        "-in",
        folder / "der",
        "-out",
        folder / "keys/statement.pub",
    ]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture
def named(token: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a process that signs with the token."""
    for name, value in {"AIMS_SIGNER": "hsm:2?label=aims", "AIMS_KEY_PIN": "1234", "PYKCS11LIB": LIBRARY}.items():
        monkeypatch.setenv(name, value)
    return token


def test_a_bundle_signed_in_the_token_verifies_with_openssl(named: Path, tmp_path: Path) -> None:
    """And in the archive; no private statement key stands in the folder."""
    keys = create_keys(named / "keys", name="hsm-2026")
    archive = DirectoryArchive(tmp_path / "archive")

    _, stored, _ = fill(archive, keys, 2)

    envelope = read_bundle(archive.get(stored[0])).envelope
    (tmp_path / "pae").write_bytes(pae(envelope.payload))
    (tmp_path / "sig").write_bytes(envelope.signature)
    command = ["openssl", "dgst", "-sha256", "-verify", named / "keys/statement.pub", "-signature", "sig", "pae"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "Verified OK\n"
    assert verify_archive(archive).ok
    assert sorted(path.name for path in (named / "keys").iterdir()) == ["log.pem", "statement.pub"]


def test_a_wrong_pin_and_no_pin_are_key_faults_that_do_not_tell_it(
    named: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable, never its value."""
    keys = create_keys(named / "keys", name="hsm-2026")
    monkeypatch.setenv("AIMS_KEY_PIN", "9999")
    with pytest.raises(KeyFault, match="AIMS_KEY_PIN") as wrong:
        make_run(keys)
    monkeypatch.delenv("AIMS_KEY_PIN")
    with pytest.raises(KeyFault):
        make_run(keys)

    assert "9999" not in str(wrong.value)


def test_the_public_half_of_another_key_is_refused(
    named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signature that nobody could verify never enters a bundle."""
    command = "openssl ecparam -genkey -name prime256v1 -noout | openssl pkey -pubout -out statement.pub"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)  # noqa: S602  a fixed line

    keys = create_keys(tmp_path, name="other")

    with pytest.raises(KeyFault, match="public half"):
        make_run(keys)
