"""DSSE v1 envelopes (secure-systems-lab/dsse, protocol.md) with one signature, in one spelling (RFC 8785)."""

import re
from dataclasses import dataclass

from governance.errors import Fault, KeyFault, Place
from governance.evidence import b64
from governance.evidence.malformed import malformed
from governance.evidence.signature import PublicKey
from governance.evidence.signer import StatementSigner

PAYLOAD_TYPE = "application/vnd.in-toto+json"
KEYID = re.compile(r"[A-Za-z0-9._:-]{1,200}")
_BASE64 = r"([A-Za-z0-9+/]*=*)"
_SIGNED = rf'"signatures":\[\{{"keyid":"({KEYID.pattern})","sig":"{_BASE64}"\}}\]'
_SPELLING = re.compile(rf'\{{"payload":"{_BASE64}","payloadType":"{re.escape(PAYLOAD_TYPE)}",{_SIGNED}\}}'.encode())


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True)
class Envelope:
    """An in-toto statement's bytes, the id of the key that signed them, and the signature (DER for P-256)."""

    payload: bytes
    keyid: str
    signature: bytes

    def to_bytes(self) -> bytes:
        """The envelope as canonical JSON (RFC 8785)."""
        payload, signature = (
            b64.encode(self.payload),
            b64.encode(self.signature),
        )  # no character of these needs escaping
        signed = f'"signatures":[{{"keyid":"{self.keyid}","sig":"{signature}"}}]'
        return f'{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}",{signed}}}'.encode()

    def signed_by(self, key: PublicKey) -> bool:
        """Whether this key made the signature."""
        return key.verifies(self.signature, pae(self.payload))


def sign_envelope(payload: bytes, signer: StatementSigner) -> Envelope:
    """The envelope around the payload. Raises KeyFault for a key id that cannot stand in it."""
    signature = signer.sign(pae(payload))
    if not KEYID.fullmatch(signature.keyid):
        fault = Fault(Place(), f"a key id like {KEYID.pattern}", "another", "Give the signer a plain key id.")
        raise KeyFault(fault)
    return Envelope(payload, signature.keyid, bytes.fromhex(signature.signature))


def parse_envelope(body: bytes, where: str) -> Envelope:
    """The envelope in `body`. Raises Malformed unless `Envelope.to_bytes` writes exactly these bytes."""
    match = _SPELLING.fullmatch(body)
    if not match:
        raise malformed(
            where, f"canonical JSON of payload, payloadType {PAYLOAD_TYPE} and one signature", "other bytes"
        )
    payload, keyid, signature = match.groups()
    return Envelope(b64.decode(payload, where), keyid.decode(), b64.decode(signature, where))
