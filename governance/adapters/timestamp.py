"""RFC 3161 time stamps by `openssl ts`: asking an authority, and verifying its tokens years later."""

import subprocess
import tempfile
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from governance.errors import EvidenceError, Fault, Place
from governance.evidence.malformed import malformed

SECONDS = 20
MAX_TOKEN = 100_000


def make_query(checkpoint: bytes) -> bytes:
    """The TimeStampReq over the checkpoint (SHA-256, nonce, certificate asked for). Raises EvidenceError."""
    done = _openssl("ts", "-query", "-data", "note", "-sha256", "-cert", files={"note": checkpoint})
    if done.returncode:
        raise EvidenceError(Fault(Place(), "a query by openssl ts", "an error", "Install openssl 1.1 or newer."))
    return done.stdout


def request_token(url: str, checkpoint: bytes) -> bytes:
    """The answer of a time-stamping authority over HTTP (RFC 3161, 3.4).

    Raises:
        EvidenceError: the authority did not answer, or with something else. The checkpoint is good without it.
    """
    headers = {"Content-Type": "application/timestamp-query"}
    request = urllib.request.Request(url, data=make_query(checkpoint), headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  the operator configured it
            return bytes(answer.read(MAX_TOKEN))
    except (urllib.error.URLError, OSError, ValueError) as error:
        mend = "Check the address; the next checkpoint asks again."
        raise EvidenceError(Fault(Place(system=url), "a time stamp", type(error).__name__, mend)) from error


def verify_token(checkpoint: bytes, token: bytes, authorities: bytes) -> datetime:
    """The time in the token, once it verifies over the checkpoint under the authorities' certificates.

    It is judged at the token's own time (`-attime`): a certificate that has expired since does no harm.

    Raises:
        Malformed: the token does not verify, or openssl is missing.
    """
    files = {"note": checkpoint, "token": token, "ca.pem": authorities}
    text = _openssl("ts", "-reply", "-in", "token", "-text", files=files).stdout.decode("utf-8", "replace")
    time = _time(text)
    arguments = ("-data", "note", "-in", "token", "-CAfile", "ca.pem", "-attime", str(int(time.timestamp())))
    if _openssl("ts", "-verify", *arguments, files=files).returncode:
        raise malformed("time stamp", "a token over this checkpoint by a known authority", "another token")
    return time


def _time(text: str) -> datetime:
    for line in text.splitlines():
        if line.startswith("Time stamp: "):
            spelled = line.removeprefix("Time stamp: ").split(".")[0].removesuffix(" GMT")
            try:
                return datetime.strptime(spelled, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
            except ValueError:
                break
    raise malformed("time stamp", "a token with a time (RFC 3161)", "other bytes")


def _openssl(*arguments: str, files: dict[str, bytes]) -> "subprocess.CompletedProcess[bytes]":
    """Run openssl in a folder of its own that holds the files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, body in files.items():
            (Path(folder) / name).write_bytes(body)
        try:
            return subprocess.run(
                ["openssl", *arguments], cwd=folder, capture_output=True, check=False, timeout=SECONDS
            )
        except (FileNotFoundError, subprocess.TimeoutExpired):
            raise malformed("time stamp", "the program openssl", "none that answers", "Install openssl.") from None
