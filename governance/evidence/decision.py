"""A decision signed with the person's own SSH key makes them a witness of the checkpoint that they had before them."""

from collections.abc import Mapping

from governance.evidence.bundle import Bundle
from governance.evidence.canonical import read_json
from governance.evidence.malformed import Malformed, reason
from governance.evidence.note import Checkpoint, parse_checkpoint
from governance.evidence.sshsig import DECISION_NAMESPACE, parse_ssh_signature
from governance.evidence.statement import DECISION

SUFFIX = ".sig"


def judge_decision(bundle: Bundle, holders: Mapping[str, str]) -> tuple[Checkpoint | None, bool, str]:
    """The checkpoint that the person saw and signed, whether the root file has their key, and what is wrong.

    The member `X.sig` must be an SSH signature over the member `X`, and `X` must state the same checkpoint as the
    statement: else we could put one into their mouth. A decision of lesser strength is our word: no witness.
    """
    if bundle.statement["predicateType"] != DECISION or bundle.predicate.get("strength") != "ssh":
        return None, False, ""
    names = [name for name in bundle.members if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in bundle.members]
    if len(names) != 1:
        return None, False, "it claims an SSH signature and holds none"
    try:
        signature = parse_ssh_signature(bundle.members[names[0]], names[0])
        message = bundle.members[names[0].removesuffix(SUFFIX)]
        if signature.namespace != DECISION_NAMESPACE or not signature.verifies(message):
            return None, False, f"{names[0]} is not a signature over its file"
        seen = _seen(bundle, message)
    except Malformed as error:
        return None, False, reason(error)
    vouched = holders.get(str(bundle.predicate.get("decidedBy")), "").split() == signature.key.split()
    return seen, vouched, ""


def _seen(bundle: Bundle, message: bytes) -> Checkpoint | None:
    said = bundle.predicate.get("checkpointSeen")
    if not isinstance(said, dict) or said not in read_json(message, "the signed act").values():
        return None
    return parse_checkpoint(f"{said.get('origin')}\n{said.get('size')}\n{said.get('root')}\n", "checkpointSeen")
