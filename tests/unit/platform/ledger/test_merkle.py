"""Merkle trees: the published vectors, and a twin that follows RFC 6962's recursion literally."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftward_platform.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_from_inclusion,
    root_of,
)

# The leaves and roots of the certificate-transparency reference tests (merkletree tests, RFC 6962).
VECTOR_LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
VECTOR_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaves_strategy = st.integers(1, 70).map(
    lambda count: [leaf_hash(str(index).encode()) for index in range(count)]
)


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as written there; leaves are hashed already."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    pair = naive_root(leaves[:split]) + naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + pair).digest()


def test_roots_are_those_of_the_published_vectors() -> None:
    """The first eight trees of the certificate-transparency tests have the published roots."""
    leaves = [leaf_hash(bytes.fromhex(text)) for text in VECTOR_LEAVES]

    roots = [root_of(leaves[:size]).hex() for size in range(1, 9)]

    assert roots == VECTOR_ROOTS


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    """RFC 6962 defines the root of no leaves as SHA-256 of the empty string."""
    assert root_of([]) == EMPTY_ROOT == naive_root([])


@given(leaves_strategy)
def test_the_frontier_gives_the_root_of_the_recursion(leaves: list[bytes]) -> None:
    """Appending one by one gives the root that the definition gives, after a round trip too."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)

    again = Frontier.from_bytes(frontier.size, frontier.to_bytes())

    assert frontier.root() == again.root() == naive_root(leaves)


@given(leaves_strategy, st.data())
def test_an_inclusion_proof_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    """Each leaf's proof leads to the root, and no other leaf's hash does with it."""
    index = data.draw(st.integers(0, len(leaves) - 1))

    proof = inclusion_proof(leaves, index)

    root = naive_root(leaves)
    assert root_from_inclusion(leaves[index], index, len(leaves), proof) == root
    assert root_from_inclusion(leaf_hash(b"other"), index, len(leaves), proof) != root


@given(leaves_strategy, st.data())
def test_an_inclusion_proof_of_a_wrong_length_is_refused(
    leaves: list[bytes], data: st.DataObject
) -> None:
    """One hash more or less than the place needs is an error, not a root."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(leaves, index)

    with pytest.raises(ValueError, match="too long"):
        root_from_inclusion(leaves[index], index, len(leaves), [*proof, leaves[0]])
    if proof:
        with pytest.raises(ValueError, match="too short"):
            root_from_inclusion(leaves[index], index, len(leaves), proof[:-1])


@given(leaves_strategy, st.data())
def test_a_consistency_proof_holds_for_what_was_only_appended(
    leaves: list[bytes], data: st.DataObject
) -> None:
    """The old root is a part of the new one; a changed old leaf makes the proof fail."""
    old_size = data.draw(st.integers(1, len(leaves)))
    old_root, new_root = naive_root(leaves[:old_size]), naive_root(leaves)
    changed_root = naive_root([leaf_hash(b"other"), *leaves[1:old_size]])

    proof = consistency_proof(leaves, old_size)

    assert is_consistent(old_size, old_root, len(leaves), new_root, proof)
    assert not is_consistent(old_size, changed_root, len(leaves), new_root, proof)
    assert not is_consistent(old_size, old_root, len(leaves), changed_root, proof) or (
        changed_root == new_root
    )
    assert not is_consistent(old_size, old_root, len(leaves), new_root, [*proof, old_root])


def test_a_frontier_refuses_roots_that_do_not_fit_its_size() -> None:
    """A damaged checkpoint row is noticed before a wrong root is signed."""
    with pytest.raises(ValueError, match="2 subtree roots"):
        Frontier.from_bytes(3, leaf_hash(b"only one"))


@pytest.mark.parametrize("index", [-1, 3])
def test_a_place_outside_the_tree_has_no_proof(index: int) -> None:
    """Asking for a leaf that is not there is an error."""
    leaves = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")]

    with pytest.raises(ValueError, match="not in a tree of 3"):
        inclusion_proof(leaves, index)
