"""Keys in a folder: ECDSA P-256 for statements, Ed25519 for the log. Made once; files 0600; optionally encrypted.

A passphrase comes from AIMS_KEY_PASSPHRASE. Demo keys carry DEMO in their name and in every root file that trusts them.

With AIMS_SIGNER the statement key is held elsewhere (see `governance.adapters.signers`), with `statement.pub` here.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_p256
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from governance.adapters.signers import SIGNER, open_signer
from governance.errors import Fault, KeyFault, Place
from governance.evidence.signature import MLDSA44, P256
from governance.evidence.signer import DEMO, Keys

PASSPHRASE = "AIMS_KEY_PASSPHRASE"  # noqa: S105  the name of the variable
STATEMENT_FILE, LOG_FILE = "statement.pem", "log.pem"
ANEW = "Run `aims keys init` with an empty folder."
ALSO_FILES = {P256: "log-p256.pem", MLDSA44: "log-ml-dsa-44.pem"}
PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey | MLDSA44PrivateKey


class FileNoteSigner:
    """A P-256 or ML-DSA-44 key that signs checkpoints as well. Satisfies `governance.evidence.signer.NoteSigner`."""

    def __init__(self, algorithm: str, key: EllipticCurvePrivateKey | MLDSA44PrivateKey) -> None:
        self.algorithm, self._key = algorithm, key

    @property
    def pem(self) -> str:
        """The public half in PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes) -> bytes:
        """The signature: DER of P-256, 2,420 bytes of ML-DSA-44."""
        if isinstance(self._key, MLDSA44PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ECDSA(SHA256()))


class FileLogSigner:
    """An Ed25519 log key held in memory. Satisfies `governance.evidence.LogSigner`."""

    def __init__(self, key: Ed25519PrivateKey, also: Sequence[FileNoteSigner] = ()) -> None:
        self._key, self.also = key, tuple(also)

    @property
    def pem(self) -> str:
        """The public half in PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def raw(self) -> bytes:
        """The public half, 32 bytes."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(message)


def create_keys(folder: Path, *, name: str = "", demo: bool = False, also: Iterable[str] = ()) -> Keys:
    """Make both keys in the folder and return them; keys that are there already stay as they are.

    Args:
        folder: made with mode 0700 when missing.
        name: what the root file calls the keys; the folder's name by default.
        demo: mark the keys as proving nothing: their file names and their name hold DEMO.
        also: algorithms of further keys that sign each checkpoint (`ml-dsa-44`, `ecdsa-sha2-nistp256`).

    Raises:
        KeyFault: the folder cannot be written, or holds keys that cannot be used.
    """
    mark = f"{DEMO}-" if demo else ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files: dict[str, Callable[[], PrivateKey]] = {
            STATEMENT_FILE: _new_p256,
            LOG_FILE: Ed25519PrivateKey.generate,
            **{ALSO_FILES[algorithm]: _NEW[algorithm] for algorithm in also},
        }
        for file, make in files.items():
            if file == STATEMENT_FILE and os.environ.get(SIGNER):
                continue  # it is held elsewhere
            _write_once(folder / f"{mark}{file}", make)
    except OSError as error:
        mend = "Choose another folder, or mend its permissions."
        raise _fault(folder, "a folder for keys", error.strerror or "an error", mend) from error
    return load_keys(folder, name=name)


def load_keys(folder: Path, *, name: str = "") -> Keys:
    """The keys in the folder; real ones before demo ones.

    Raises:
        KeyFault: a key is missing, readable by others, encrypted without a passphrase at hand, or of another kind; or
            AIMS_SIGNER names a key that cannot be used.
    """
    if uri := os.environ.get(SIGNER):
        return Keys(name or folder.absolute().name, open_signer(uri, folder), _log_signer(folder / LOG_FILE))
    mark = next((mark for mark in ("", f"{DEMO}-") if (folder / f"{mark}{STATEMENT_FILE}").exists()), "")
    path = folder / f"{mark}{STATEMENT_FILE}"
    statement, log = _load(path, "a P-256 key"), _log_signer(folder / f"{mark}{LOG_FILE}")
    if not isinstance(statement, EllipticCurvePrivateKey) or not isinstance(statement.curve, SECP256R1):
        raise _fault(path, "a P-256 key", "a key of another kind", ANEW)
    from securesystemslib.signer import CryptoSigner  # noqa: PLC0415  its package imports boto3

    return Keys(mark + (name or folder.absolute().name), CryptoSigner(statement), log)


def _log_signer(path: Path) -> FileLogSigner:
    key = _load(path, "an Ed25519 key")
    if not isinstance(key, Ed25519PrivateKey):
        raise _fault(path, "an Ed25519 key", "a key of another kind", ANEW)
    return FileLogSigner(key, [*_also(path)])


def _also(log: Path) -> Iterator[FileNoteSigner]:
    """The further keys of the log that lie beside its Ed25519 key."""
    for algorithm, file in ALSO_FILES.items():
        path = log.with_name(log.name.replace(LOG_FILE, file))
        if not path.exists():
            continue
        key = _load(path, f"a key of {algorithm}")
        if not isinstance(key, EllipticCurvePrivateKey | MLDSA44PrivateKey) or _algorithm_of(key) != algorithm:
            raise _fault(path, f"a key of {algorithm}", "a key of another kind", ANEW)
        yield FileNoteSigner(algorithm, key)


def _algorithm_of(key: EllipticCurvePrivateKey | MLDSA44PrivateKey) -> str:
    """How the evidence calls the key's algorithm; empty for a curve that it does not use."""
    if isinstance(key, MLDSA44PrivateKey):
        return MLDSA44
    return P256 if isinstance(key.curve, SECP256R1) else ""


def _new_p256() -> EllipticCurvePrivateKey:
    return generate_p256(SECP256R1())


_NEW: dict[str, Callable[[], PrivateKey]] = {P256: _new_p256, MLDSA44: MLDSA44PrivateKey.generate}


def _write_once(path: Path, make: Callable[[], PrivateKey]) -> None:
    """Write a new key unless the file is there: linked whole, so no reader ever meets half a key."""
    if path.exists():
        return
    pem = make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption())
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)


def _encryption() -> KeySerializationEncryption:
    passphrase = os.environ.get(PASSPHRASE)
    return BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()


def _load(path: Path, expected: str) -> object:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise _fault(path, "a file that only its owner can read (0600)", f"mode {mode:04o}", f"chmod 600 {path}")
        return _decrypt(path.read_bytes(), path)
    except OSError as error:
        raise _fault(path, expected, error.strerror or "an error", "Run `aims keys init`.") from error


def _decrypt(pem: bytes, path: Path) -> object:
    passphrase = os.environ.get(PASSPHRASE)
    is_encrypted = b"ENCRYPTED" in pem[:64]
    if is_encrypted and not passphrase:
        raise _fault(path, f"the passphrase in {PASSPHRASE}", "none", "Set it for this process only.")
    try:
        return load_pem_private_key(pem, passphrase.encode() if is_encrypted and passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = "another passphrase or a damaged file" if is_encrypted else "a damaged file"
        raise _fault(path, "a private key in PEM (PKCS#8)", found, "Restore it from its backup.") from None


def _fault(path: Path, expected: str, found: str, mend: str) -> KeyFault:
    return KeyFault(Fault(Place(file=str(path)), expected, found, mend))
