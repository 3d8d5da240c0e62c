"""Published test vectors (tests/data/vectors/README.md): one standard test of each kind over our own verification."""

import base64
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from governance.evidence import Malformed
from governance.evidence.signature import ED25519, MLDSA44, P256, PublicKey
from governance.evidence.sshsig import parse_ssh_signature, signed_by
from governance.evidence.tree import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    levels,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[2] / "data/vectors"
TREE = json.loads((VECTORS / "merkle.json").read_text("utf-8"))
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in TREE["leaves"]]
ROOTS = [bytes.fromhex(root) for root in TREE["roots"]]
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
EMPTY = sha256(b"").digest()
Inclusion = tuple[int, int, bytes, bytes, list[bytes]]
Consistency = tuple[int, int, bytes, bytes, list[bytes]]


def hashes(case: dict[str, Any]) -> list[bytes]:
    """The proof of a vector."""
    return [bytes.fromhex(text) for text in case["proof"]]


def flipped(proof: list[bytes], at: int, bit: int) -> list[bytes]:
    """The proof with one bit of one hash turned."""
    return [*proof[:at], bytes([proof[at][0] ^ bit, *proof[at][1:]]), *proof[at + 1 :]]


def corrupted_inclusion(index: int, size: int, root: bytes, leaf: bytes, proof: list[bytes]) -> dict[str, Inclusion]:
    """The corruptions that the names of transparency-dev/merkle's testdata/inclusion state."""
    cases: dict[str, Inclusion] = {
        "leafIndex - 1": (index - 1, size, root, leaf, proof),
        "leafIndex + 1": (index + 1, size, root, leaf, proof),
        "leafIndex ^ 2": (index ^ 2, size, root, leaf, proof),
        "treeSize * 2": (index, size * 2, root, leaf, proof),
        "treeSize / 2": (index, size // 2, root, leaf, proof),
        "wrong leaf": (index, size, root, b"WrongLeaf", proof),
        "empty root": (index, size, EMPTY, leaf, proof),
        "random root": (index, size, SOME_HASH, leaf, proof),
        "trailing garbage": (index, size, root, leaf, [*proof, b""]),
        "trailing root": (index, size, root, leaf, [*proof, root]),
        "preceding garbage": (index, size, root, leaf, [b"", *proof]),
        "preceding root": (index, size, root, leaf, [root, *proof]),
    }
    for at in range(len(proof)):
        cases[f"modified proof[{at}] bit 3"] = (index, size, root, leaf, flipped(proof, at, 8))
    if proof:
        cases["removed component"] = (index, size, root, leaf, proof[:-1])
    if len(proof) > 1:
        cases["inserted component"] = (index, size, root, leaf, [proof[0], SOME_HASH, *proof[1:]])
    return cases


def corrupted_consistency(
    first: int, second: int, root1: bytes, root2: bytes, proof: list[bytes]
) -> dict[str, Consistency]:
    """The corruptions that the names of transparency-dev/merkle's testdata/consistency state."""
    cases: dict[str, Consistency] = {
        "size1 - 1": (first - 1, second, root1, root2, proof),
        "size1 + 1": (first + 1, second, root1, root2, proof),
        "size1 ^ 2": (first ^ 2, second, root1, root2, proof),
        "size2 * 2": (first, second * 2, root1, root2, proof),
        "size2 / 2": (first, second // 2, root1, root2, proof),
        "wrong root1": (first, second, b"WrongRoot", root2, proof),
        "wrong root2": (first, second, root1, b"WrongRoot", proof),
        "swapped roots": (first, second, root2, root1, proof),
        "empty proof": (first, second, root1, root2, []),
        "trailing garbage": (first, second, root1, root2, [*proof, b""]),
        "trailing root1": (first, second, root1, root2, [*proof, root1]),
        "trailing root2": (first, second, root1, root2, [*proof, root2]),
        "preceding garbage": (first, second, root1, root2, [b"", *proof]),
        "preceding root1": (first, second, root1, root2, [root1, *proof]),
        "preceding root2": (first, second, root1, root2, [root2, *proof]),
        "preceding proof[0]": (first, second, root1, root2, [proof[0], *proof]),
        "truncated proof": (first, second, root1, root2, proof[:-1]),
    }
    for at in range(len(proof)):
        cases[f"modified proof[{at}] bit 4"] = (first, second, root1, root2, flipped(proof, at, 16))
    return cases


def refused(verify: Callable[[Any], bool], cases: dict[str, Any]) -> list[str]:
    """The names of the cases that verify says no to."""
    return [name for name, case in cases.items() if verify(case) is False]


def takes_inclusion(case: Inclusion) -> bool:
    """Our verification, its arguments in the vectors' order."""
    index, size, root, leaf, proof = case
    return verify_inclusion(leaf, index, size, proof, root)


def takes_consistency(case: Consistency) -> bool:
    """Our verification, its arguments in the vectors' order."""
    first, second, root1, root2, proof = case
    return verify_consistency(first, second, proof, root1, root2)


def test_our_tree_has_the_published_roots() -> None:
    """The reference tree of Certificate Transparency, grown leaf by leaf."""
    assert [root_hash(LEAVES[: size + 1]) for size in range(len(LEAVES))] == ROOTS


@pytest.mark.parametrize("case", TREE["inclusion"], ids=lambda case: f"{case['index']} of {case['size']}")
def test_a_published_inclusion_proof_is_ours_and_each_corruption_of_it_is_refused(case: dict[str, Any]) -> None:
    """What the vectors take we take and make; what they refuse we refuse."""
    index, size, proof = case["index"], case["size"], hashes(case)
    root, leaf = ROOTS[size - 1], LEAVES[index]
    cases = corrupted_inclusion(index, size, root, leaf, proof)

    assert takes_inclusion((index, size, root, leaf, proof))
    assert inclusion_proof(levels(LEAVES[:size]), index) == proof
    assert refused(takes_inclusion, cases) == list(cases)


@pytest.mark.parametrize(
    ("index", "size", "root", "leaf"),
    [
        (index, size, root, leaf)
        for index, size in ((0, 0), (1, 0), (2, 1))
        for root, leaf in ((b"", SOME_HASH), (EMPTY, b""), (EMPTY, SOME_HASH))
    ]
    + [(0, 1, LEAVES[0], b""), (0, 1, b"", LEAVES[0]), (0, 1, b"", b"")],
)
def test_an_inclusion_in_no_tree_is_refused(index: int, size: int, root: bytes, leaf: bytes) -> None:
    """The vectors without a happy path: empty trees, indices beyond, hashes of no size."""
    assert not verify_inclusion(leaf, index, size, [], root)


@pytest.mark.parametrize("case", TREE["consistency"], ids=lambda case: f"{case['size1']} to {case['size2']}")
def test_a_published_consistency_proof_is_ours_and_each_corruption_of_it_is_refused(case: dict[str, Any]) -> None:
    """What the vectors take we take and make; what they refuse we refuse."""
    first, second, proof = case["size1"], case["size2"], hashes(case)
    good = (first, second, ROOTS[first - 1], ROOTS[second - 1], proof)
    cases = corrupted_consistency(*good) if proof else {}

    assert takes_consistency(good)
    assert consistency_proof(LEAVES[:second], first) == proof
    assert refused(takes_consistency, cases) == list(cases)


@pytest.mark.parametrize(
    ("first", "second", "root1", "root2", "proof"),
    [
        (0, 0, b"don't care 1", b"don't care 2", []),
        (1, 1, b"don't care 1", b"don't care 2", []),
        (1, 0, SOME_HASH, EMPTY, []),
        (2, 1, SOME_HASH, EMPTY, []),
        (1, 2, SOME_HASH, EMPTY, []),
        (0, 0, EMPTY, SOME_HASH, []),
        (1, 1, EMPTY, SOME_HASH, []),
        (0, 0, EMPTY, EMPTY, [EMPTY]),
        (0, 1, EMPTY, EMPTY, [EMPTY]),
        (1, 1, EMPTY, EMPTY, [EMPTY]),
    ],
)
def test_a_consistency_that_proves_nothing_is_refused(
    first: int, second: int, root1: bytes, root2: bytes, proof: list[bytes]
) -> None:
    """Time travel, an empty proof, other roots. We refuse size 0 throughout: our checkpoints have at least one line."""
    assert not verify_consistency(first, second, proof, root1, root2)


def signatures(name: str, decode: Callable[[str], bytes]) -> Iterator[Any]:
    """The rows of a Wycheproof file, each with its key, as pytest parameters."""
    for group in json.loads((VECTORS / f"wycheproof-{name}.json").read_text("utf-8")):
        key = decode(group["publicKey"])
        for case, result, flags, _, message, signature in group["tests"]:
            yield pytest.param(key, decode(message), decode(signature), result, id=f"{case} {flags} {result}")


def key_of(der: bytes) -> PublicKey:
    """The key of a vector."""
    body = base64.encodebytes(der).decode()
    return PublicKey.from_pem(f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n", "vector")


def judged(cases: Iterator[Any], algorithm: str) -> list[tuple[str, str, bool]]:
    """Name, published result and our answer for each case; "acceptable" ones need no more than an answer."""
    found = []
    for case in cases:
        der, message, signature, result = case.values
        key = key_of(der)
        assert key.algorithm == algorithm
        found.append((case.id, result, key.verifies(signature, message)))
    return found


@pytest.mark.parametrize(
    ("name", "algorithm", "decode", "least"),
    [
        ("p256", P256, bytes.fromhex, 200),
        ("ed25519", ED25519, bytes.fromhex, 90),
        ("mldsa44", MLDSA44, base64.b64decode, 14),
    ],
)
def test_our_signature_check_agrees_with_wycheproof(
    name: str, algorithm: str, decode: Callable[[str], bytes], least: int
) -> None:
    """Malleable, truncated, badly encoded and out-of-range signatures are refused, edge cases that are right taken."""
    found = judged(signatures(name, decode), algorithm)

    assert len(found) >= least
    assert [case for case, result, ours in found if result != "acceptable" and ours != (result == "valid")] == []


SSHSIG = json.loads((VECTORS / "sshsig.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["ed25519", "ecdsa", "rsa", "ed25519_sk", "ecdsa_sk"])
def test_our_ssh_signatures_agree_with_openssh(name: str) -> None:
    """OpenSSH's own samples, two of them made by security keys."""
    known, body = {"ada": SSHSIG["signatures"][name]["key"]}, SSHSIG["signatures"][name]["signature"].encode()
    message, namespace = SSHSIG["message"].encode(), SSHSIG["namespace"]

    assert signed_by(body, message, namespace, known, name) == "ada"
    assert signed_by(body, message + b"!", namespace, known, name) is None
    assert signed_by(body, message, "file", known, name) is None
    assert signed_by(body, message, namespace, {"ada": known["ada"].split()[0] + " AAAA"}, name) is None


def test_a_signature_made_by_a_browser_is_not_taken() -> None:
    """WebAuthn signs over JSON of the browser (PROTOCOL.u2f): we do not read that, and say so by our error."""
    with pytest.raises(Malformed):
        parse_ssh_signature(SSHSIG["signatures"]["ecdsa_sk_webauthn"]["signature"].encode(), "webauthn")
