"""A witness of its own kind: `add-checkpoint` of c2sp.org/tlog-witness over HTTP, written from the text alone.

Nothing of the product is used: parsing, proof and signatures are done anew.
"""

import base64
import hashlib
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

Answer = tuple[int, str]


def rebuilt(m: int, n: int, proof: list[bytes], old: bytes, *, whole: bool = True) -> tuple[bytes, bytes]:
    """Both roots that SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2, leads to; takes hashes off the proof's end."""
    if m == n:
        part = old if whole else proof.pop()
        return part, part
    k = 1
    while k * 2 < n:
        k *= 2
    side = proof.pop()
    if m <= k:
        before, after = rebuilt(m, k, proof, old, whole=whole)
        return before, hashlib.sha256(b"\1" + after + side).digest()
    before, after = rebuilt(m - k, n - k, proof, old, whole=False)
    return hashlib.sha256(b"\1" + side + before).digest(), hashlib.sha256(b"\1" + side + after).digest()


def shows(m: int, n: int, proof: list[bytes], old: bytes, new: bytes) -> bool:
    """Whether the proof uses all its hashes and leads to both roots."""
    left = list(proof)
    try:
        return rebuilt(m, n, left, old) == (old, new) and not left
    except IndexError:
        return False


@dataclass
class LittleWitness:
    """Its name and keys, the logs that it knows (origin to raw Ed25519 key), and the newest checkpoint of each."""

    name: str
    logs: dict[str, bytes]
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    quantum: MLDSA44PrivateKey | None = None
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    clock_ahead: int = 0

    @property
    def vkeys(self) -> list[str]:
        """Its verifier keys: of Ed25519, and of ML-DSA-44 where it has one."""
        keys = [b"\4" + self.key.public_key().public_bytes_raw()]
        keys += [b"\6" + self.quantum.public_key().public_bytes_raw()] if self.quantum else []
        return [f"{self.name}+{self._id(key).hex()}+{base64.b64encode(key).decode()}" for key in keys]

    def add_checkpoint(self, body: str) -> Answer:
        """The rules of the text, in its order."""
        head, _, note = body.partition("\n\n")
        first, *hashes = head.split("\n")
        text = note.rpartition("\n\n")[0] + "\n"
        origin, size, root = text.split("\n")[:3]
        old, n, new = int(first.removeprefix("old ")), int(size), base64.b64decode(root)
        if origin not in self.logs:
            return 404, ""
        if not self._is_signed(origin, text, note):
            return 403, ""
        if old > n:
            return 400, ""
        known, before = self.seen.get(origin, (0, b""))
        if old != known or (known == n and before != new):
            return 409, f"{known}\n"
        proof = [base64.b64decode(line) for line in hashes]
        if (known and not shows(known, n, proof, before, new)) or (not known and proof):
            return 422, ""
        self.seen[origin] = n, new
        return 200, self._cosigned(text, origin, n, new)

    def _is_signed(self, origin: str, text: str, note: str) -> bool:
        public = Ed25519PublicKey.from_public_bytes(self.logs[origin])
        for line in note.rpartition("\n\n")[2].splitlines():
            try:
                public.verify(base64.b64decode(line.split()[2])[4:], text.encode())
            except InvalidSignature:
                continue
            return True
        return False

    def _cosigned(self, text: str, origin: str, size: int, root: bytes) -> str:
        now = int(time.time()) + self.clock_ahead
        raw = self.key.public_key().public_bytes_raw()
        signed = self.key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        lines = [self._id(b"\4" + raw) + struct.pack(">Q", now) + signed]
        if self.quantum:
            head = b"subtree/v1\n\0" + bytes([len(self.name)]) + self.name.encode() + struct.pack(">Q", now)
            body = head + bytes([len(origin)]) + origin.encode() + struct.pack(">QQ", 0, size) + root
            raw = self.quantum.public_key().public_bytes_raw()
            lines.append(self._id(b"\6" + raw) + struct.pack(">Q", now) + self.quantum.sign(body))
        return "".join(f"— {self.name} {base64.b64encode(line).decode()}\n" for line in lines)

    def _id(self, typed: bytes) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]


@contextmanager
def serving(witness: LittleWitness) -> Iterator[str]:
    """The submission prefix of a running witness."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, told = witness.add_checkpoint(body) if self.path == "/w/add-checkpoint" else (404, "")
            self.send_response(status)
            self.send_header("Content-Type", "text/x.tlog.size" if status == 409 else "text/plain")
            self.send_header("Content-Length", str(len(told.encode())))
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/w"
    finally:
        server.shutdown()
        server.server_close()
