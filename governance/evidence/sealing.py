"""Writing to the log: put a bundle, seal it, sweep up what a killed writer left. Any process may do each of these.

1. The bundle is put under a key that its subject decides: of two writers, the first wins.
2. The seal is put under the number of lines before it: of two sealers, the first wins; the other reads and repeats.
A kill between 1 and 2 leaves a bundle outside the log: whoever repeats the work, or the sweep, seals it, once.
"""

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from governance.errors import ArchiveUnavailable, EvidenceError, Fault, Place
from governance.evidence.address import BUNDLES, bundle_id, seal_key
from governance.evidence.archive import Archive
from governance.evidence.bundle import Bundle, read_bundle
from governance.evidence.checkpoint import checkpoint
from governance.evidence.log import Entry, Log, entry_of, print_seal
from governance.evidence.malformed import Malformed
from governance.evidence.signer import LogSigner

ATTEMPTS = 1000
SEAL_LINES = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 2.0  # seconds


@dataclass(frozen=True)
class Receipt:
    """Where a bundle stands: its key, the sha256 and index in the log, the newest checkpoint, and whether it was ours.

    `created` False: someone was first, and `sha256` is theirs. `checkpoint` is a signed note, None without a log key.
    """

    key: str
    sha256: str
    index: int
    checkpoint: str | None
    created: bool


def store_bundle(
    archive: Archive,
    key: str,
    body: bytes,
    retain_until: datetime | None = None,
    *,
    log: Log | None = None,
    log_signer: LogSigner | None = None,
    origin: str = "",
) -> Receipt:
    """Put a bundle, seal it, and (with a log key) sign the log's new head. Repeating it changes nothing.

    Args:
        archive: where to.
        key: made by `bundle_key`.
        body: made by `build_bundle`.
        retain_until: until when bundle and seal are locked (UTC); None leaves it to the store's default.
        log: what the caller knows of the log already; it is brought up to date.
        log_signer: the log key; give `origin`, the archive's name in its checkpoints, with it.
        origin: see `log_signer`.

    Raises:
        ArchiveUnavailable: the store did not answer; the bundle may or may not be there: repeat.
        EvidenceError: the key is no bundle's.
    """
    if bundle_id(key) is None:
        raise EvidenceError(Fault(Place(file=key), "a key made by bundle_key", "another key", "Call bundle_key."))
    created = archive.put_new(key, body, retain_until=retain_until)
    log = Log.load(archive) if log is None else log
    known = {key: entry_of(key, body)} if created else {}
    _seal(archive, [key], known, log, retain_until)
    head = checkpoint(archive, log_signer, origin, log=log, retain_until=retain_until) if log_signer else None
    index = log.index(key)
    return Receipt(key, log.entries[index].digest, index, head.decode() if head else None, created)


def seal(archive: Archive, keys: Iterable[str], *, log: Log | None = None, retain_until: datetime | None = None) -> Log:
    """Bring the objects into the log, each once; return the log.

    Raises:
        MissingObject: the archive holds no object under a key.
        Malformed: a seal in the archive is not one, or the log may not hold a key.
        ArchiveUnavailable: the store did not answer, or others were always faster.
    """
    log = Log.load(archive) if log is None else log
    _seal(archive, list(keys), {}, log, retain_until)
    return log


def _seal(archive: Archive, keys: list[str], known: dict[str, Entry], log: Log, retain_until: datetime | None) -> None:
    lost = 0
    while lost < ATTEMPTS:
        _pause(lost)
        with log.guard:
            log.refresh(archive)
            new = [key for key in dict.fromkeys(keys) if key not in log][:SEAL_LINES]
            if not new:
                return
            for key in new:
                known.setdefault(key, entry_of(key, archive.get(key)))
            entries = [known[key] for key in new]
            if archive.put_new(seal_key(len(log)), print_seal(entries), retain_until=retain_until):
                log.append(entries)
                lost = 0
            else:
                lost += 1
    fault = Fault(Place(file=keys[0], system=archive.name), "a free slot in the log", "other sealers first", "Repeat.")
    raise ArchiveUnavailable(fault)


def _pause(lost: int) -> None:
    """Full jitter: whoever lost a slot waits, the longer the more often, so that a crowd of sealers thins out."""
    if lost:
        time.sleep(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**lost)))  # noqa: S311  no secret


def sweep(archive: Archive, *, log: Log | None = None, retain_until: datetime | None = None) -> list[str]:
    """Seal every well-formed bundle that the log lacks; return the keys of those that are no bundles and stay outside.

    A stray is a bundle whose writer was killed before it sealed. What does not read as the bundle its key names was
    put there by someone else: it is left for `verify` to report.
    """
    log = Log() if log is None else log
    log.refresh(archive)
    strays = [key for key in archive.list(BUNDLES) if key not in log]
    whole = {key: entry for key in strays if (entry := _whole(archive, key))}
    _seal(archive, [*whole], whole, log, retain_until)
    return sorted({*strays} - {*whole})


def _whole(archive: Archive, key: str) -> Entry | None:
    """The entry of the bundle under a key; None when its bytes are not the bundle that the key names."""
    body = archive.get(key)
    try:
        return entry_of(key, body) if read_bundle(body, key).aims["key"] == key else None
    except Malformed:
        return None


def iter_bundles(
    archive: Archive, since_index: int = 0, *, log: Log | None = None
) -> Iterator[tuple[int, str, Bundle]]:
    """Every bundle of the log from `since_index` on, in order: its index, key and content.

    Raises:
        Malformed: a bundle's record is not what the log says, or is no bundle.
        MissingObject: it is gone.
    """
    log = Log.load(archive) if log is None else log
    for index in range(since_index, len(log)):
        entry = log.entries[index]
        if entry.key.startswith(BUNDLES):
            yield index, entry.key, read_logged(archive, entry)


def read_logged(archive: Archive, entry: Entry) -> Bundle:
    """The bundle of a log entry, its bytes checked against the entry's digest."""
    body = archive.get(entry.key)
    if entry_of(entry.key, body) != entry:
        raise Malformed(Fault(Place(file=entry.key), "the bytes in the log", "others", "Run `aims verify`."))
    return read_bundle(body, entry.key)
