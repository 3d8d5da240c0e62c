"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs, and their verification (RFC 9162, 2.1).

Hashes are 32 bytes of SHA-256. A leaf is H(00 | data), a node H(01 | left | right); a lone last node moves up as it is.
Verification answers False for every wrong proof, also for hashes that are not 32 bytes and for a tree of size 0.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf (RFC 6962, 2.1)."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962, 2.1)."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: at most 64 hashes, enough to append and to give the root."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._perfect: list[bytes] = []  # roots of the perfect subtrees, largest first
        for leaf in leaves:
            self.push(leaf)

    @classmethod
    def resumed(cls, size: int, hashes: Iterable[bytes]) -> "Frontier":
        """The frontier over `size` leaves that had these `hashes`."""
        frontier = cls()
        frontier.size, frontier._perfect = size, list(hashes)
        return frontier

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees, largest first."""
        return tuple(self._perfect)

    def copy(self) -> "Frontier":
        """Another one over the same leaves."""
        return self.resumed(self.size, self._perfect)

    def push(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        size = self.size
        while size & 1:
            leaf = node_hash(self._perfect.pop(), leaf)
            size >>= 1
        self._perfect.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._perfect:
            return EMPTY_ROOT
        root = self._perfect[-1]
        for left in reversed(self._perfect[:-1]):
            root = node_hash(left, root)
        return root


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Every level of the tree from the leaf hashes up to the root; [[]] for no leaves."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        row = rows[-1]
        rows.append([node_hash(*row[i : i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)])
    return rows


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaf hashes."""
    return levels(leaves)[-1][0] if leaves else EMPTY_ROOT


def inclusion_proof(rows: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The audit path of leaf `index` (from 0) in the tree whose `levels` are given (RFC 6962, 2.1.1)."""
    path = []
    for row in rows[:-1]:
        if index ^ 1 < len(row):
            path.append(row[index ^ 1])
        index >>= 1
    return path


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that the tree over the first `first` leaves is a prefix of the tree over all (RFC 6962, 2.1.2)."""
    return _subproof(leaves, first, whole=True) if 0 < first <= len(leaves) else []


def _subproof(leaves: Sequence[bytes], first: int, *, whole: bool) -> list[bytes]:
    size = len(leaves)
    if first == size:
        return [] if whole else [root_hash(leaves)]
    split = 1 << (size - 1).bit_length() - 1
    if first <= split:
        return [*_subproof(leaves[:split], first, whole=whole), root_hash(leaves[split:])]
    return [*_subproof(leaves[split:], first - split, whole=False), root_hash(leaves[:split])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf hash at `index` in the tree of `size` with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes(leaf, root, *proof):
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            at, last = _climb(at, last)
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> bool:
    """Whether the proof shows the tree of size `first` to be a prefix of that of size `second` (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second or not _hashes(root1, root2, *proof):
        return False
    if first == second:
        return not proof and root1 == root2
    path = [root1, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            at, last = _climb(at, last)
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return old == root1 and new == root2 and last == 0


def _climb(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
