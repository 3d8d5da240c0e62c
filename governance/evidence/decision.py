"""A decision signed with the person's own SSH key makes them a witness of the checkpoint that they had before them."""

from collections.abc import Mapping
from datetime import datetime

from governance.evidence.bundle import Bundle
from governance.evidence.canonical import read_json
from governance.evidence.malformed import Malformed, reason
from governance.evidence.note import Checkpoint, parse_checkpoint
from governance.evidence.sshsig import DECISION_NAMESPACE, parse_ssh_signature
from governance.evidence.statement import DECISION, parse_utc_second

SUFFIX = ".sig"


def judge_decision(bundle: Bundle, people: Mapping[str, str]) -> tuple[Checkpoint | None, bool, str]:
    """The checkpoint that the person saw and signed, whether `people` has their key, and what is wrong.

    The member `X.sig` must be an SSH signature over the member `X`, and `X` must state the same checkpoint as the
    statement: else we could put one into their mouth. A decision of lesser strength is our word: no witness.
    """
    if bundle.statement["predicateType"] != DECISION or bundle.predicate.get("strength") != "ssh":
        return None, False, ""
    name = _signed_member(bundle)
    if not name:
        return None, False, "it claims an SSH signature and holds none"
    try:
        signature = parse_ssh_signature(bundle.members[name + SUFFIX], name + SUFFIX)
        message = bundle.members[name]
        if signature.namespace != DECISION_NAMESPACE or not signature.verifies(message):
            return None, False, f"{name}{SUFFIX} is not a signature over its file"
        seen = _seen(bundle, message)
    except Malformed as error:
        return None, False, reason(error)
    vouched = people.get(str(bundle.predicate.get("decidedBy")), "").split() == signature.key.split()
    return seen, vouched, ""


def signed_at(bundle: Bundle) -> datetime | None:
    """When the person says that they acted, in the file that they signed; None when it does not say."""
    try:
        said = read_json(bundle.members[_signed_member(bundle)], "the signed act").get("at")
    except (KeyError, Malformed):
        return None
    return parse_utc_second(said) if isinstance(said, str) else None


def _signed_member(bundle: Bundle) -> str:
    """The one member that has a signature beside it; empty for none or several."""
    names = [name for name in bundle.members if name + SUFFIX in bundle.members]
    return names[0] if len(names) == 1 else ""


def _seen(bundle: Bundle, message: bytes) -> Checkpoint | None:
    said = bundle.predicate.get("checkpointSeen")
    if not isinstance(said, dict) or said not in read_json(message, "the signed act").values():
        return None
    return parse_checkpoint(f"{said.get('origin')}\n{said.get('size')}\n{said.get('root')}\n", "checkpointSeen")
