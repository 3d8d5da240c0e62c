"""An act becomes a bundle, and the archive decides between two that come at once.

1. The key of act n of a case is one key, whoever writes it (`<case>.<n>` under the hour of the case).
2. Of two people who act at once the first wins; the other is told who it was and when, and nothing of theirs is kept.
3. The same step told twice (a repeated run) is one act: the second teller is given the first record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from governance.cases.act import Act
from governance.cases.case import Case
from governance.cases.kind import Kind
from governance.cases.kind_parts import Strength
from governance.cases.page import case_page
from governance.cases.rules import apply
from governance.errors import ActRefused, Fault, Place
from governance.evidence import (
    Archive,
    Keys,
    Log,
    Receipt,
    Statement,
    build_bundle,
    bundle_key,
    decision_statement,
    read_bundle,
    store_bundle,
)
from governance.evidence.statement import utc_second
from governance.registry.people import People

ACT, PAGE, KIND, SIGNATURE = "act.json", "case.md", "kind.json", "act.json.sig"


@dataclass(frozen=True)
class Recorded:
    """The act that stands in the archive, the case after it, and where it stands."""

    act: Act
    case: Case
    receipt: Receipt


def act_id(act: Act) -> str:
    """`<case>.<number>`, the id of the act's bundle."""
    return f"{act.case}.{act.seq:04d}"


def act_key(act: Act, case: Case) -> str:
    """Where the act stands: under the hour of its case."""
    return bundle_key(act_id(act), case.hour)


def act_members(act: Act, kind: Kind, case: Case, signature: bytes = b"") -> dict[str, bytes]:
    """The payload: the act, its page, the kind in force, and the person's SSH signature of act.json if there is one."""
    members = {ACT: act.to_json(), PAGE: case_page(act, kind, case).encode(), KIND: kind.to_json()}
    return {**members, SIGNATURE: signature} if signature else members


def act_statement(
    act: Act, kind: Kind, case: Case, members: Mapping[str, bytes], *, origin: str, created: datetime
) -> Statement:
    """The decision that the bundle states, about act.json and the bundles that the act rests on."""
    seen = act.checkpoint_seen
    return decision_statement(
        archive=origin,
        key=act_key(act, case),
        created=created,
        action=act.verb,
        case=act.case,
        decided_by=act.by,
        decided_at=act.at,
        reason=act.why,
        strength=act.strength.value,
        subject={f"data/{ACT}": sha256(members[ACT]).hexdigest()} | {one.key: one.sha256 for one in act.rests_on},
        checkpoint_seen=seen.model_dump() if seen else None,
        kind=kind.name,
        system=case.subject or None,
    )


@dataclass(frozen=True)
class Recorder:
    """Writes acts: where to, under which keys, as whose archive, and until when they are locked."""

    archive: Archive
    keys: Keys
    origin: str
    people: People
    retain_until: datetime | None = None
    log: Log | None = None

    def record(self, kind: Kind, case: Case | None, act: Act, *, now: datetime, signature: bytes = b"") -> Recorded:
        """Check an act, sign it into a bundle, archive and seal it.

        Args:
            kind: the kind that the case was opened with.
            case: the case before the act; None for an opening.
            act: what is done.
            now: the claimed time of the bundle (UTC).
            signature: the person's SSH signature of `act.to_json()`; checked by the caller before.

        Raises:
            ActRefused: the act may not be done, or somebody else's was first.
            EvidenceError: the bundle could not be signed or stored; repeat.
        """
        if (act.strength is Strength.SSH) != bool(signature):
            found = "one without the other"
            mend = "Sign with `--sign`, or act without."
            raise ActRefused(Fault(Place(system=act.case), "the strength ssh exactly with a signature", found, mend))
        after = apply(kind, case, act, self.people)
        members = act_members(act, kind, after, signature)
        statement = act_statement(act, kind, after, members, origin=self.origin, created=now)
        signer = self.keys.statement
        body = build_bundle(bundle_id=act_id(act), members=members, statement=statement, signer=signer)
        receipt = self._store(act_key(act, after), body)
        if receipt.created:
            return Recorded(act, after, receipt)
        return self._first(kind, case, act, receipt)

    def _store(self, key: str, body: bytes) -> Receipt:
        """Put and seal the bundle, and sign the log's new head."""
        return store_bundle(
            self.archive, key, body, self.retain_until, log=self.log, log_signer=self.keys.log, origin=self.origin
        )

    def _first(self, kind: Kind, case: Case | None, act: Act, receipt: Receipt) -> Recorded:
        """What to do when the key was taken: the same step is ours; any other refuses this one."""
        bundle = read_bundle(self.archive.get(receipt.key), receipt.key)
        theirs = Act.from_json(bundle.members[ACT], f"{receipt.key}:{ACT}")
        if theirs.same_step(act):
            return Recorded(theirs, apply(kind, case, theirs, self.people), receipt)
        found = f"`{theirs.verb}` by {theirs.by} at {utc_second(theirs.at)}"
        mend = f"They were first. Look at `aims case {act.case}` and decide again."
        raise ActRefused(Fault(Place(system=act.case), f"act number {act.seq} to be free", found, mend))
