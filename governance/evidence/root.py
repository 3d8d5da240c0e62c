"""The root file: which keys may sign for an archive, from where to where in its log, and how objects are locked.

Validity is counted in log positions, not in clock time: whoever steals a key can set a clock, but cannot insert lines.
The sha256 of version 1 is what people write down on paper (audit letter, board minutes).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from governance.evidence.address import root_key
from governance.evidence.archive import Archive, MissingObject
from governance.evidence.canonical import canonical_json, read_json
from governance.evidence.malformed import malformed
from governance.evidence.note_key import parse_vkey
from governance.evidence.signature import ED25519, PublicKey
from governance.evidence.signer import DEMO, Keys
from governance.evidence.statement import parse_utc_second


@dataclass(frozen=True)
class TrustedKey:
    """A public key and the half-open range of log positions in which it may sign; `until` None means still valid.

    For statements the position is the index of the bundle's line; for checkpoints it is the size of the log.
    """

    name: str
    keyid: str
    algorithm: str
    pem: str
    start: int = 0
    until: int | None = None

    def valid_at(self, position: int) -> bool:
        """Whether it may sign there."""
        return self.start <= position and (self.until is None or position < self.until)

    @property
    def is_demo(self) -> bool:
        """Whether its name says that it proves nothing."""
        return DEMO in self.name


@dataclass(frozen=True)
class LockRule:
    """How objects must be locked: mode COMPLIANCE for `days` from storing; mode "" where the store cannot lock."""

    mode: str = ""
    days: int = 0


@dataclass(frozen=True)
class Move:
    """The first `size` entries had been copied into another store by `at` (UTC, to the second, `…Z`)."""

    size: int
    at: str


LATER = ("signers", "witnesses", "moves")
"""Fields that came after the first archives."""


@dataclass(frozen=True)
class Root:
    """One version of the root file.

    `holders` are the people (id to SSH public key) of whom `threshold` must sign the next version; `signers` those
    whose signed acts make them witnesses, as the holders' do. `files`: the sha256 in hex of every other trust file.
    `witnesses`: verifier keys (c2sp.org/signed-note) of those who cosign the log. `moves`: into other stores.
    """

    archive: str
    version: int
    statement: tuple[TrustedKey, ...]
    log: tuple[TrustedKey, ...]
    lock: LockRule = LockRule()
    heartbeat_seconds: int | None = None
    threshold: int = 0
    holders: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    signers: Mapping[str, str] = field(default_factory=dict)
    witnesses: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()

    def to_bytes(self) -> bytes:
        """The file: canonical JSON; without an empty field of `LATER`, as the first archives were written."""
        return canonical_json({name: value for name, value in asdict(self).items() if value or name not in LATER})

    @property
    def people(self) -> dict[str, str]:
        """Everyone whose signature on an act counts: signers and holders, id to SSH public key."""
        return {**self.signers, **self.holders}

    @property
    def digest(self) -> str:
        """The sha256 of the file in hex: what is pinned on paper."""
        return sha256(self.to_bytes()).hexdigest()

    @property
    def is_demo(self) -> bool:
        """Whether any of its keys is a demo key."""
        return any(key.is_demo for key in (*self.statement, *self.log))


def trusted_keys(keys: Keys) -> tuple[TrustedKey, TrustedKey]:
    """The statement key and the log key as a root file holds them, valid from position 0."""
    public = keys.statement.public_key
    statement = TrustedKey(keys.name, public.keyid, public.scheme, public.keyval["public"])
    log = TrustedKey(keys.name, sha256(keys.log.raw).hexdigest(), ED25519, keys.log.pem)
    return statement, log


def log_keys(keys: Keys) -> tuple[TrustedKey, ...]:
    """Every key that signs checkpoints as a root file holds it: the Ed25519 key first, then those of `also`."""
    _, log = trusted_keys(keys)
    also = ((each.algorithm, each.pem) for each in keys.log.also)
    more = [TrustedKey(keys.name, PublicKey.from_pem(pem, keys.name).digest, kind, pem) for kind, pem in also]
    return (log, *more)


def parse_root(body: bytes, where: str) -> Root:
    """The root in `body`. Raises Malformed unless `Root.to_bytes` writes exactly these bytes and each key loads."""
    value = read_json(body, where)
    try:
        root = _root(value)
        is_ours = root.to_bytes() == body
    except (KeyError, TypeError, AttributeError, ValueError):
        is_ours = False
    if not is_ours:
        raise malformed(where, "a root file (docs/formats/log.md)", "another JSON object")
    for key in (*root.statement, *root.log):
        if PublicKey.from_pem(key.pem, where).algorithm != key.algorithm:
            raise malformed(where, f"a key of {key.algorithm}", "a key of another algorithm")
    for text in root.witnesses:
        parse_vkey(text, where)
    if not all(parse_utc_second(move.at) for move in root.moves):
        raise malformed(where, "moves with a time in UTC", "another text")
    return root


def load_root(archive: Archive) -> Root:
    """The newest version of the root file, as the archive has it: whether to trust it is for `verify` to say.

    Raises:
        MissingObject: the archive was never initialised.
        Malformed: the file is no root file.
    """
    root = parse_root(archive.get(root_key(1)), root_key(1))
    while True:
        key = root_key(root.version + 1)
        try:
            root = parse_root(archive.get(key), key)
        except MissingObject:
            return root


def _root(value: Mapping[str, Any]) -> Root:
    rest = {name: value[name] for name in ("archive", "version", "heartbeat_seconds", "threshold")}
    root = Root(
        **rest,
        statement=tuple(TrustedKey(**key) for key in value["statement"]),
        log=tuple(TrustedKey(**key) for key in value["log"]),
        lock=LockRule(**value["lock"]),
        holders=dict(value["holders"]),
        files=dict(value["files"]),
        signers=dict(value.get("signers", {})),
        witnesses=tuple(value.get("witnesses", ())),
        moves=tuple(Move(**move) for move in value.get("moves", ())),
    )
    _typed(root)
    return root


def _typed(root: Root) -> None:
    """Refuse values of other types: what is not text or a whole number here would fail later, and elsewhere."""
    keys = (*root.statement, *root.log)
    texts = [root.archive, root.lock.mode, *root.people, *root.files, *root.files.values()]
    texts += [*root.holders.values(), *root.signers.values(), *root.witnesses, *(move.at for move in root.moves)]
    texts += [text for key in keys for text in (key.name, key.keyid, key.algorithm, key.pem)]
    numbers = [root.version, root.threshold, root.lock.days, root.heartbeat_seconds or 0]
    numbers += [move.size for move in root.moves]
    numbers += [number for key in keys for number in (key.start, key.until or 0)]
    if not all(type(text) is str for text in texts) or not all(type(number) is int for number in numbers):
        raise TypeError("type")
