"""Anchoring a checkpoint outside: time stamps of the authorities, cosignatures of the witnesses that are configured.

AIMS_TIMESTAMP_AUTHORITIES   name=address, … (RFC 3161 over HTTP); their certificates are trust/tsa.pem of the archive
AIMS_WITNESSES               address#verifier-key, … (c2sp.org/tlog-witness)

Each is asked by itself. Who does not answer leaves the checkpoint good and the entries PROVISIONAL: it is reported, and
the next checkpoint asks again.
"""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from governance.adapters.timestamp import request_token, verify_token
from governance.adapters.workplace import Workplace
from governance.errors import AimsError, ArchiveUnavailable, ConfigurationError, EvidenceError, Fault, Place
from governance.evidence import store_anchor
from governance.evidence.cosigning import WitnessServer, cosign
from governance.evidence.initialise import AUTHORITIES
from governance.evidence.note import parse_checkpoint, parse_note
from governance.evidence.note_key import parse_vkey
from governance.evidence.witness import CLOCK_SLACK

SECONDS = 20
MAX_ANSWER = 100_000


def anchor_checkpoint(here: Workplace, note: bytes, retain_until: datetime) -> tuple[list[str], list[str]]:
    """Have a checkpoint of the archive anchored by all who are configured: the keys stored, and what went wrong.

    Raises:
        ConfigurationError: a setting is not of its form.
        ArchiveUnavailable: the store did not answer.
    """
    here.log.refresh(here.archive)
    stored, faults = [], []
    for anchor in (*_authorities(here, note, retain_until), *_witnesses(here, note, retain_until)):
        try:
            stored.append(anchor())
        except ArchiveUnavailable:
            raise
        except AimsError as error:
            faults += [str(fault) for fault in error.faults]
    return stored, faults


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """The status and body that answer a POST, whatever the status. Raises EvidenceError when nobody answers."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310  the operator configured it
            return int(answer.status), bytes(answer.read(MAX_ANSWER))
    except urllib.error.HTTPError as error:
        return error.code, bytes(error.read(MAX_ANSWER))
    except (urllib.error.URLError, OSError, ValueError) as error:
        mend = "Check the address; the next checkpoint asks again."
        raise EvidenceError(Fault(Place(system=url), "an answer of the witness", type(error).__name__, mend)) from error


def _authorities(here: Workplace, note: bytes, keep: datetime) -> Iterator[Callable[[], str]]:
    size = parse_checkpoint(parse_note(note, "checkpoint").text, "checkpoint").size
    for each in _listed(here.settings.timestamp_authorities):
        name, _, url = each.partition("=")
        if not name.isalnum() or not url:
            raise _misspelt("AIMS_TIMESTAMP_AUTHORITIES", "name=address, …")

        def stamp(name: str = name, url: str = url) -> str:
            token = request_token(url, note)
            _refuse_wrong_time(verify_token(note, token, here.archive.get(AUTHORITIES)), url)
            return store_anchor(here.archive, size, name, token, log=here.log, retain_until=keep)

        yield stamp


def _refuse_wrong_time(told: datetime, url: str) -> None:
    if abs(told - datetime.now(UTC)) > CLOCK_SLACK:
        mend = "Compare the clocks: a wrong time in the log stays for good."
        raise EvidenceError(Fault(Place(system=url), "a time stamp of now", "one of another time", mend))


def _witnesses(here: Workplace, note: bytes, keep: datetime) -> Iterator[Callable[[], str]]:
    for each in _listed(here.settings.witnesses):
        url, _, vkey = each.partition("#")
        if not url or not vkey:
            raise _misspelt("AIMS_WITNESSES", "address#verifier-key, …")
        witness = WitnessServer(url, parse_vkey(vkey, "AIMS_WITNESSES"))

        def ask(witness: WitnessServer = witness) -> str:
            return cosign(here.archive, here.log, note, witness, post, retain_until=keep)

        yield ask


def _listed(setting: str) -> list[str]:
    return [each.strip() for each in setting.split(",") if each.strip()]


def _misspelt(name: str, form: str) -> ConfigurationError:
    return ConfigurationError(Fault(Place(), f"{name} as {form}", "another text", "Correct it, or unset it."))
