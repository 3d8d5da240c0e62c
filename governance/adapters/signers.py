"""The statement key in a cloud KMS or an HSM, named by AIMS_SIGNER; it never leaves there. Through securesystemslib.

awskms:<key id or ARN>                         needs boto3 (there) and the rights kms:Sign, kms:GetPublicKey
gcpkms:projects/…/cryptoKeyVersions/1          needs google-cloud-kms
azurekms://<vault>.vault.azure.net/keys/<name>/<version>  needs azure-identity, azure-keyvault-keys
hsm:<id>?label=<token>                         needs the extra `hsm` and PYKCS11LIB; the PIN comes from AIMS_KEY_PIN

Its public half must stand in the keys folder as `statement.pub` (PEM), as each of these exports it: a signature that
this key does not verify never enters a bundle. The log key stays a file: witnesses ask for Ed25519, which few of
these sign.
"""

import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from governance.errors import Fault, KeyFault, Place

SIGNER, PIN = "AIMS_SIGNER", "AIMS_KEY_PIN"
PUBLIC_FILE = "statement.pub"
SCHEMES = ("awskms", "gcpkms", "azurekms", "hsm")


class HeldElsewhere:
    """A signer behind a URI, a `governance.evidence.StatementSigner`; every foreign error becomes a KeyFault."""

    def __init__(self, uri: str, signer: Any) -> None:
        self._scheme, self._signer = uri.partition(":")[0], signer

    @property
    def public_key(self) -> Any:
        """The public half, a securesystemslib SSlibKey."""
        return self._signer.public_key

    def sign(self, payload: bytes) -> Any:
        """A securesystemslib Signature, verified under the public half before anyone sees it."""
        try:
            signature = self._signer.sign(payload)
            self.public_key.verify_signature(signature, payload)
        except Exception as error:  # each of the four libraries has an error tree of its own
            mend = f"Check that it answers, the rights or {PIN}, and that {PUBLIC_FILE} is this key's public half."
            found = type(error).__name__
            raise KeyFault(Fault(Place(system=self._scheme), "a signature by the key", found, mend)) from error
        return signature


def open_signer(uri: str, folder: Path) -> HeldElsewhere:
    """The signer that a URI names, with the public half in the folder.

    Raises:
        KeyFault: another scheme, no public half, one of another kind, or the library for it is not installed.
    """
    scheme = uri.partition(":")[0]
    if scheme not in SCHEMES:
        expected = f"{SIGNER} to begin with one of {', '.join(f'{each}:' for each in SCHEMES)}"
        raise KeyFault(Fault(Place(), expected, "another scheme", f"Correct {SIGNER}, or unset it for key files."))
    from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, SSlibKey  # noqa: PLC0415  its package imports boto3

    public = SSlibKey.from_crypto(_public_half(folder / PUBLIC_FILE))
    try:
        return HeldElsewhere(uri, SIGNER_FOR_URI_SCHEME[scheme].from_priv_key_uri(uri, public, lambda _: _pin()))
    except Exception as error:
        mend = "Install what `governance/adapters/signers.py` names for this scheme, and check the address."
        raise KeyFault(Fault(Place(system=scheme), "a key to sign with", type(error).__name__, mend)) from error


def _pin() -> str:
    pin = os.environ.get(PIN, "")
    if not pin:
        raise KeyFault(Fault(Place(), f"the PIN in {PIN}", "none", "Set it for this process only."))
    return pin


def _public_half(path: Path) -> EllipticCurvePublicKey:
    place, mend = Place(file=str(path)), "Export the public key from where the key is held, as PEM."
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise KeyFault(Fault(place, "the public half of the key", error.strerror or "an error", mend)) from error
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFault(Fault(place, "a public key in PEM", "other bytes", mend)) from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise KeyFault(Fault(place, "a P-256 key", "a key of another kind", mend))
    return key
