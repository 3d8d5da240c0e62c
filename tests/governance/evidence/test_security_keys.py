"""SSH keys held in a security key (FIDO `sk-…`): signatures made by the text of PROTOCOL.u2f with a key in software.

OpenSSH's own two samples are in `test_vectors.py`; here every field is turned.
"""

import base64
import struct
import subprocess
import textwrap
from dataclasses import dataclass
from hashlib import sha256, sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.adapters.ssh import is_signed_by
from governance.evidence import Malformed
from governance.evidence.sshsig import parse_ssh_signature, signed_by
from governance.registry.people import Person

ACT, NAMESPACE = b'{"verb":"accept-risk"}', "aims-decision"
TOUCHED, VERIFIED = 0x01, 0x04


def string(data: bytes) -> bytes:
    """RFC 4251, section 5."""
    return struct.pack(">I", len(data)) + data


def mpint(number: int) -> bytes:
    """RFC 4251, section 5."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


@dataclass
class Authenticator:
    """A security key in software: it signs for one application, counts, and says whether it was touched."""

    key: Ed25519PrivateKey | EllipticCurvePrivateKey
    application: bytes = b"ssh:"
    counter: int = 41

    @property
    def kind(self) -> bytes:
        """The name of the key's type, and of its signatures."""
        is_ed25519 = isinstance(self.key, Ed25519PrivateKey)
        return b"sk-ssh-ed25519@openssh.com" if is_ed25519 else b"sk-ecdsa-sha2-nistp256@openssh.com"

    @property
    def public(self) -> bytes:
        """The public key as OpenSSH encodes it, with the application."""
        if isinstance(self.key, Ed25519PrivateKey):
            point = string(self.key.public_key().public_bytes_raw())
        else:
            raw = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            point = string(b"nistp256") + string(raw)
        return string(self.kind) + point + string(self.application)

    @property
    def line(self) -> str:
        """As it stands in people.yaml."""
        return f"{self.kind.decode()} {base64.b64encode(self.public).decode()} ada@laptop"

    def sign(self, act: bytes, *, flags: int = TOUCHED, **lies: bytes) -> bytes:
        """An armoured signature. `lies` may name other `touch` or `application` than those that are signed."""
        self.counter += 1
        head = [string(NAMESPACE.encode()), string(b""), string(b"sha512")]
        wrapped = b"SSHSIG" + b"".join(head) + string(sha512(act).digest())
        touch = struct.pack(">BI", flags, self.counter)
        message = sha256(self.application).digest() + touch + sha256(wrapped).digest()
        if isinstance(self.key, Ed25519PrivateKey):
            made = self.key.sign(message)
        else:
            made = b"".join(map(mpint, decode_dss_signature(self.key.sign(message, ECDSA(SHA256())))))
        signature = string(self.kind) + string(made) + lies.get("touch", touch)
        blob = b"SSHSIG" + struct.pack(">I", 1) + string(self.public) + b"".join(head) + string(signature)
        lines = textwrap.wrap(base64.b64encode(blob).decode(), 70)
        armour = ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]
        return "\n".join(armour).encode()


@pytest.fixture(params=["ed25519", "ecdsa"])
def token(request: pytest.FixtureRequest) -> Authenticator:
    """One of each kind."""
    key = Ed25519PrivateKey.generate() if request.param == "ed25519" else generate_private_key(SECP256R1())
    return Authenticator(key)


def taken(token: Authenticator, signature: bytes, act: bytes = ACT) -> bool:
    """Whether we take it as Ada's."""
    return signed_by(signature, act, NAMESPACE, {"ada": token.line}, "act.json.sig") == "ada"


@pytest.mark.parametrize("flags", [TOUCHED, TOUCHED | VERIFIED])
def test_a_signature_by_a_touched_security_key_is_the_persons(token: Authenticator, flags: int, tmp_path: Path) -> None:
    """With or without a PIN; OpenSSH takes it too."""
    signature = token.sign(ACT, flags=flags)
    (tmp_path / "sig").write_bytes(signature)
    (tmp_path / "allowed").write_text(f"ada {token.line}\n")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "ada", "-n", NAMESPACE, "-s", "sig"]
    openssh = subprocess.run(command, cwd=tmp_path, input=ACT, capture_output=True, check=False)

    assert taken(token, signature)
    assert not taken(token, signature, ACT + b" ")
    assert openssh.returncode == 0, openssh.stderr


@pytest.mark.parametrize("flags", [0, VERIFIED, 0x80])
def test_a_signature_that_nobody_touched_the_key_for_is_refused(token: Authenticator, flags: int) -> None:
    """Software on the laptop could have asked for it."""
    signature = token.sign(ACT, flags=flags)

    assert not parse_ssh_signature(signature, "s").is_user_present
    assert not taken(token, signature)


def test_flags_and_counter_are_signed(token: Authenticator) -> None:
    """Nobody can say afterwards that it was touched, or give it another count."""
    untouched = token.sign(ACT, flags=0, touch=struct.pack(">BI", TOUCHED, token.counter + 1))
    recounted = token.sign(ACT, touch=struct.pack(">BI", TOUCHED, 7))

    assert not taken(token, untouched)
    assert not taken(token, recounted)


def test_a_key_made_for_another_application_is_another_key(token: Authenticator) -> None:
    """The application stands in the key's line, and is signed."""
    other = Authenticator(token.key, application=b"ssh:shop")

    assert not taken(token, other.sign(ACT))
    assert taken(other, other.sign(ACT))


def test_a_web_sites_key_signs_no_acts(token: Authenticator) -> None:
    """An application of OpenSSH begins with `ssh:`."""
    other = Authenticator(token.key, application=b"https://shop.example")

    assert not taken(other, other.sign(ACT))


def test_an_act_signed_without_a_touch_is_refused_at_the_door(token: Authenticator) -> None:
    """`ssh-keygen -Y verify` takes it; a record that verification would refuse for good must not be made."""
    ada = Person(id="ada-okafor", name="Ada Okafor", email="ada@example.org", ssh_key=token.line)

    assert is_signed_by(ada, ACT, token.sign(ACT))
    assert not is_signed_by(ada, ACT, token.sign(ACT, flags=0))


@pytest.mark.parametrize("touch", [b"", b"\1", struct.pack(">BI", 1, 42) + b"\0"])
def test_a_signature_without_flags_and_counter_or_with_more_is_malformed(token: Authenticator, touch: bytes) -> None:
    """The form is exact."""
    with pytest.raises(Malformed):
        parse_ssh_signature(token.sign(ACT, touch=touch), "act.json.sig")
