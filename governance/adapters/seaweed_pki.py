"""A private certificate authority for one embedded SeaweedFS: only processes that read its folder can speak gRPC."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DAYS = 3650


def write_pki(folder: Path) -> None:
    """Write `ca.crt`, `weed.crt` and `weed.key` (0600). The authority's own key is kept nowhere."""
    authority, leaf = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    key = leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files = {
        "ca.crt": _certificate("aims-weed-ca", authority, authority).public_bytes(Encoding.PEM),
        "weed.key": key,
        "weed.crt": _certificate("weed", leaf, authority).public_bytes(Encoding.PEM),
    }
    for name, body in files.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(body)


def _certificate(name: str, key: EllipticCurvePrivateKey, authority: EllipticCurvePrivateKey) -> x509.Certificate:
    is_authority = key is authority
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("aims-weed-ca"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        loopback = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
        builder = builder.add_extension(x509.SubjectAlternativeName(loopback), critical=False)
    return builder.sign(authority, SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
