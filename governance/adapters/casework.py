"""Doing acts: read how a case stands, check and archive the act, and bring the index up to date.

Personal text is encrypted before anything is signed or archived. An erasure is archived first, then the key destroyed:
a kill in between is made up for by the next erasure, the hourly follow-up, or `aims rebuild`.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from governance.adapters.case_index import CaseIndex
from governance.adapters.personal_text import PersonalText
from governance.adapters.ssh import require_signed_by, sign_with
from governance.cases.act import CASE_ID, Act, CheckpointSeen, make_act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import Strength
from governance.cases.opening import Subject, opening_act
from governance.cases.record import Recorded, Recorder
from governance.cases.reminder import Notice, lapsed, notices
from governance.errors import ConfigurationError, Fault, Place
from governance.evidence import Archive, Log, b64
from governance.evidence.checkpoint import newest_checkpoint
from governance.registry.registry import Registry
from governance.registry.system import Roles


@dataclass(frozen=True)
class Casework:
    """One installation's cases: registry, kinds, the index over the archive's acts, personal text.

    `recorder` makes the one that writes acts; only who writes needs signing keys.
    """

    registry: Registry
    kinds: Mapping[str, Kind]
    index: CaseIndex
    personal: PersonalText
    archive: Archive
    log: Log
    recorder: Callable[[], Recorder]

    def sync(self) -> int:
        """Read what the archive holds since; return the number of new acts."""
        return self.index.sync(self.archive, log=self.log)

    def case(self, case_id: str) -> tuple[Case, Kind]:
        """A case as it stands and the kind it was opened with.

        Raises:
            ConfigurationError: no such case; a close id is proposed.
        """
        self.sync()
        if not re.fullmatch(CASE_ID, case_id):
            expected = "the id of a case: letters, digits, dots and hyphens"
            raise ConfigurationError(Fault(Place(column="case"), expected, "another form", "See `aims cases`."))
        if found := self.index.case(case_id):
            return found, self.index.kind(case_id)
        known = [case.id for case in self.index.cases()]
        close = get_close_matches(case_id, known, n=1, cutoff=0.4)
        mend = f"Did you mean {close[0]}?" if close else "See `aims cases`."
        raise ConfigurationError(
            Fault(Place(column="case"), "the id of a case", "an id that the archive does not know", mend)
        )

    def act(
        self,
        case_id: str,
        verb: str,
        *,
        by: str,
        why: str,
        fields: Mapping[str, str] | None = None,
        strength: Strength = Strength.SESSION,
        key_file: Path | None = None,
    ) -> Recorded:
        """Do an act on a case now. With `key_file` the person's SSH key signs it, and its strength is `ssh`.

        Raises:
            ActRefused: it may not be done, or somebody was first.
        """
        case, kind = self.case(case_id)
        strength = Strength.SSH if key_file else strength
        act = make_act(
            case=case.id,
            seq=case.seq + 1,
            verb=verb,
            by=by,
            at=datetime.now(UTC),
            why=why,
            strength=strength,
            fields=dict(fields or {}),
            checkpoint_seen=self.checkpoint_seen(),
        )
        return self.record(kind, case, act, key_file=key_file)

    def open(
        self,
        kind_name: str,
        *,
        system: str,
        title: str,
        severity: str,
        by: str,
        why: str,
        verb: str = "",
        roles: Roles | None = None,
        fields: Mapping[str, str] | None = None,
        key_file: Path | None = None,
    ) -> Recorded:
        """Open a case now; the roles are the system's unless given.

        Raises:
            ConfigurationError: no such kind or system, or no roles for the organisation.
            ActRefused: it may not be done.
        """
        kind = self._kind(kind_name)
        subject = self._subject(system, roles)
        act = opening_act(
            kind,
            subject,
            verb=verb or next(verb for verb, rule in kind.acts.items() if rule.opens),
            title=title,
            severity=severity or next(iter(kind.clock.due)),
            by=by,
            at=datetime.now(UTC),
            why=why,
            token=secrets.token_hex(3),
            fields=fields,
            strength=Strength.SSH if key_file else Strength.SESSION,
        )
        return self.record(kind, None, act.model_copy(update={"checkpoint_seen": self.checkpoint_seen()}), key_file)

    def erase(
        self,
        case_id: str,
        *,
        by: str,
        why: str,
        fields: Mapping[str, str] | None = None,
        strength: Strength = Strength.SESSION,
        key_file: Path | None = None,
    ) -> Recorded | None:
        """Archive who erases a case's personal text and why, then destroy its key. None: it was erased before.

        Raises:
            ActRefused: this person may not.
            ConfigurationError: no such case, or its kind keeps no personal text.
            KeyFault: the key could not be destroyed; repeat.
        """
        case, kind = self.case(case_id)
        verb = next((verb for verb, rule in kind.acts.items() if rule.erases), "")
        if not verb:
            place, mend = Place(system=case_id), "Its acts cannot be erased; personal data should not be in them."
            raise ConfigurationError(Fault(place, "a kind that keeps personal text", kind.name, mend))
        if not case.erased:
            return self.act(case_id, verb, by=by, why=why, fields=fields, strength=strength, key_file=key_file)
        self.personal.keys.destroy(case_id)
        return None

    def record(self, kind: Kind, case: Case | None, act: Act, key_file: Path | None = None) -> Recorded:
        """Archive an act, signed by the person's key if one is given, and bring the index up to date."""
        act, signature = self.personal.encrypted(kind, case, act), b""
        if key_file and (person := self.registry.people.get(act.by)):
            signature = sign_with(key_file, act.to_json())
            require_signed_by(person, act.to_json(), signature)
        recorded = self.recorder().record(kind, case, act, now=datetime.now(UTC), signature=signature)
        if recorded.case.erased:
            self.personal.keys.destroy(act.case)
        self.sync()
        return recorded

    def record_all(self, acts: Iterable[Act]) -> list[Recorded]:
        """Archive acts of the system one after the other; an opening's kind is the one in force."""
        done = []
        for act in acts:
            case = self.index.case(act.case)
            kind = self.index.kind(act.case) if case else self._kind(act.opening.kind if act.opening else "")
            done.append(self.record(kind, case, act))
        return done

    def lapse(self, now: datetime) -> list[Recorded]:
        """Do what the system does when a date has passed in a state that lapses (an acceptance, a proof).

        Keys of erased cases that have come back are destroyed again.
        """
        self.sync()
        self.personal.destroy_erased(self.index)
        due = [(case, self.index.kind(case.id)) for case in self.index.open_cases()]
        acts = [(kind, case, act) for case, kind in due if (act := lapsed(case, kind, now))]
        return [self.record(kind, case, act) for kind, case, act in acts]

    def notices(self, now: datetime) -> list[Notice]:
        """Whom to tell of which case today: reminders, delays, escalations."""
        self.sync()
        return [one for case in self.index.open_cases() for one in notices(case, self.index.kind(case.id), now)]

    def checkpoint_seen(self) -> CheckpointSeen | None:
        """The newest checkpoint: whoever acts now has it before them."""
        self.log.refresh(self.archive)
        seen = newest_checkpoint(self.archive, len(self.log))
        return CheckpointSeen(origin=seen.origin, size=seen.size, root=b64.encode(seen.root)) if seen else None

    def _kind(self, name: str) -> Kind:
        if found := self.kinds.get(name):
            return found
        known = ", ".join(sorted(self.kinds)) or "none"
        fault = Fault(Place(column="kind"), f"a kind of case ({known})", "another word", "Name one of them.")
        raise ConfigurationError(fault)

    def _subject(self, system: str, roles: Roles | None) -> Subject:
        """What a new case is about: a system with its roles, or the organisation with the roles given."""
        if system and roles is None:
            roles = self.registry.system(system).people
        roles = roles or self.registry.people.organisation
        if roles is None:
            mend = "Give --roles, or name them in people.yaml as `organisation`."
            expected = "an owner, a deputy, a reviewer and an escalation for a case about the organisation"
            raise ConfigurationError(Fault(Place(), expected, "none", mend))
        people, owner = self.registry.people, self.registry.people.get(roles.owner)
        return Subject(system, roles, owner.zone if owner else "UTC", partial(people.days_off, roles.owner))
