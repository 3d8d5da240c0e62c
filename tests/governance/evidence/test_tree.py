"""RFC 6962: our tree against the definition written down naively, and the refusals of the published vectors."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    levels,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

SIZES = range(1, 34)
LEAVES = [leaf_hash(b"%d" % number) for number in range(40)]


def mth(data: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\0" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return sha256(b"\1" + mth(data[:k]) + mth(data[k:])).digest()


def test_the_root_of_no_leaves_is_the_hash_of_nothing() -> None:
    """An empty log has a root too."""
    assert root_hash([]) == Frontier().root() == EMPTY_ROOT == mth([])


@pytest.mark.parametrize("size", SIZES)
def test_roots_agree_with_the_definition(size: int) -> None:
    """Levels and frontier give the root of RFC 6962."""
    data = [b"%d" % number for number in range(size)]

    assert root_hash(LEAVES[:size]) == Frontier(LEAVES[:size]).root() == mth(data)


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_verifies_at_its_index_and_nowhere_else(size: int) -> None:
    """A proof names one leaf at one index of one tree."""
    rows, root = levels(LEAVES[:size]), root_hash(LEAVES[:size])

    for index in range(size):
        proof = inclusion_proof(rows, index)
        verified = [at for at in range(size) if verify_inclusion(LEAVES[index], at, size, proof, root)]
        assert verified == [index]
        assert not verify_inclusion(LEAVES[index], index, size, [*proof, root], root)


@pytest.mark.parametrize("size", SIZES)
def test_every_consistency_proof_verifies_and_another_prefix_does_not(size: int) -> None:
    """A tree is a prefix of a larger one exactly when its root is."""
    root = root_hash(LEAVES[:size])

    for first in range(1, size + 1):
        proof = consistency_proof(LEAVES[:size], first)
        assert verify_consistency(first, size, proof, root_hash(LEAVES[:first]), root)
        assert not verify_consistency(first, size, proof, LEAVES[0][::-1], root)


def test_size_zero_and_short_hashes_are_refused() -> None:
    """The two refusals that the published vectors ask for beyond the RFC's text."""
    root = root_hash(LEAVES[:4])

    assert not verify_consistency(0, 4, [], EMPTY_ROOT, root)
    assert not verify_consistency(4, 4, [], root[:31], root[:31])
    assert not verify_inclusion(LEAVES[0][:31], 0, 1, [], LEAVES[0][:31])
    assert not verify_inclusion(LEAVES[0], 0, 0, [], LEAVES[0])


@given(
    st.integers(-2, 70),
    st.integers(-2, 70),
    st.lists(st.one_of(st.binary(max_size=33), st.sampled_from(LEAVES)), max_size=9),
)
def test_no_proof_raises(first: int, second: int, proof: list[bytes]) -> None:
    """Whatever is given, the answer is yes or no."""
    assert verify_inclusion(LEAVES[0], first, second, proof, LEAVES[1]) in (True, False)
    assert verify_consistency(first, second, proof, LEAVES[0], LEAVES[1]) in (True, False)
