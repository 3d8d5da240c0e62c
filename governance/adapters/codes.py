"""One-time codes in the state folder: sent to one person alone, taken once, kept only as a hash.

A code is taken before the act and given back when the act is refused; a kill in between costs the code, no more.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from governance.adapters.notify import notify
from governance.adapters.workplace import Workplace
from governance.cases.act import CASE_ID
from governance.cases.case import Case
from governance.cases.kind_parts import Strength
from governance.cases.message import Message
from governance.cases.one_time_code import LIFE, TRIES, KeptCode, new_code
from governance.errors import ActRefused, ConfigurationError, Fault, Place
from governance.registry.people import People, Person


def send_code(here: Workplace, case: Case, by: str, now: datetime | None = None) -> None:
    """Send a new code for one case to an address of the person's own; an earlier code ends.

    Raises:
        ConfigurationError: no such person, they have no address of their own, or it could not be reached.
    """
    person, moment = _reachable(here.registry.people, by), now or datetime.now(UTC)
    code, kept = new_code(case.id, by, moment)
    minutes = int(LIFE.total_seconds() // 60)
    body = (
        f"Hello {person.name},\n\nyour code for case {case.id} is\n\n    {code[:4]}-{code[4:]}\n\n"
        f"It holds for {minutes} minutes, for one act, by you alone. Did you not ask for it? Tell {case.reviewer}.\n"
    )
    _write(_file(here, case.id, by), kept)
    sent = notify([Message(by, "", f"Your code for {case.id}", body)], here.registry.people, default="")
    if not any(one.ok for one in sent):
        reasons = "; ".join(sorted({one.reason for one in sent}))
        mend = "Correct `notify` in people.yaml, or act without a code."
        raise ConfigurationError(Fault(Place("people.yaml", column="notify"), "an address that answers", reasons, mend))


@contextmanager
def redeemed(here: Workplace, case: str, by: str, code: str, now: datetime | None = None) -> Iterator[Strength]:
    """The strength that an act has with this code: `code`, or `session` when none was typed.

    Raises:
        ActRefused: the code is not theirs for this case, too old, used, or was tried too often.
    """
    if not code.strip():
        yield Strength.SESSION
        return
    path = _file(here, case, by)
    taken = _take(path, case, by, code, now or datetime.now(UTC))
    try:
        yield Strength.CODE
    except ActRefused:
        _write(path, taken)
        raise


def _take(path: Path, case: str, by: str, code: str, now: datetime) -> KeptCode:
    """Take the kept code away, so that nobody takes it again. Raises ActRefused, with the wrong try counted."""
    claimed = path.with_suffix(".taken")
    try:
        path.replace(claimed)
        kept = KeptCode.model_validate_json(claimed.read_bytes())
        claimed.unlink()
    except (OSError, ValueError):
        raise _wrong(case) from None
    if kept.matches(case, by, code, now):
        return kept
    if now < kept.until and kept.wrong + 1 < TRIES:
        _write(path, kept.model_copy(update={"wrong": kept.wrong + 1}))
    raise _wrong(case)


def _wrong(case: str) -> ActRefused:
    """One refusal for every reason: whoever guesses learns nothing."""
    named = case if re.fullmatch(CASE_ID, case) else ""
    mend = f"Ask for a new one: `aims code {named or 'CASE'} --by YOU`, or choose it in the form."
    expected = "the code that was last sent to you for this case, not older than 15 minutes, not used"
    return ActRefused(Fault(Place(system=named, column="code"), expected, "another", mend))


def _reachable(people: People, by: str) -> Person:
    """The person, who has an address of their own."""
    person = people.get(by)
    if person is None:
        raise ConfigurationError(Fault(Place(column="by"), "an id of people.yaml", "somebody unknown", "Correct it."))
    if not person.notify:
        mend = f"Add `notify` to {by} in people.yaml: the default address is read by others too."
        raise ConfigurationError(Fault(Place("people.yaml", column="notify"), "an address of their own", "none", mend))
    return person


def _file(here: Workplace, case: str, by: str) -> Path:
    """Where the code of a person for a case is kept; only this account reads the folder."""
    return here.settings.state / "codes" / sha256(f"{case}\n{by}".encode("utf-8", "replace")).hexdigest()


def _write(path: Path, kept: KeptCode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(kept.model_dump_json())
    part.replace(path)
