"""Merkle trees: the test vectors of certificate logs, and any tree against the definition in RFC 6962, section 2.1."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.merkle import (
    BadProof,
    appended,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    nodes_of,
    root_by_inclusion,
    root_of,
    root_of_peaks,
)

# The vectors of certificate-transparency-go and of RFC 9162 implementations: eight leaves, and the roots of each size.
CONTENTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(content)) for content in CONTENTS]
INCLUSIONS = [
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
]  # fmt: skip
CONSISTENCIES = [
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip


def in_hex(proof: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in proof]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_certificate_logs(size: int) -> None:
    assert root_of(nodes_of(LEAVES[:size]), size).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_the_inclusion_proofs_are_those_of_certificate_logs(index: int, size: int, proof: list[str]) -> None:
    made = inclusion_proof(nodes_of(LEAVES), index, size)
    assert in_hex(made) == proof
    assert root_by_inclusion(LEAVES[index], index, size, made).hex() == ROOTS[size]


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCIES)
def test_the_consistency_proofs_are_those_of_certificate_logs(old: int, new: int, proof: list[str]) -> None:
    made = consistency_proof(nodes_of(LEAVES), old, new)
    assert in_hex(made) == proof
    assert is_consistent(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), made)


def by_definition(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def some_leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


TREES = st.integers(1, 70).flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new)))


@given(TREES)
def test_every_proof_holds_and_its_root_is_that_of_the_definition(sizes: tuple[int, int]) -> None:
    old, new = sizes
    leaves = some_leaves(new)
    node, root = nodes_of(leaves), by_definition(leaves)
    assert root_of(node, new) == root
    assert root_by_inclusion(leaves[old - 1], old - 1, new, inclusion_proof(node, old - 1, new)) == root
    assert is_consistent(old, by_definition(leaves[:old]), new, root, consistency_proof(node, old, new))


@given(TREES, st.data())
def test_a_history_that_was_altered_is_not_consistent(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, new = sizes
    leaves = some_leaves(new)
    altered = data.draw(st.integers(0, old - 1))
    others = [*leaves[:altered], leaf_hash(b"another"), *leaves[altered + 1 :]]
    proof = consistency_proof(nodes_of(others), old, new)
    assert not is_consistent(old, by_definition(leaves[:old]), new, by_definition(others), proof)


@given(TREES, st.data())
def test_a_proof_with_a_hash_too_many_or_too_few_or_altered_is_refused(
    sizes: tuple[int, int], data: st.DataObject
) -> None:
    old, new = sizes
    leaves = some_leaves(new)
    node, root = nodes_of(leaves), by_definition(leaves)
    old_root = by_definition(leaves[:old])
    included, consistent = inclusion_proof(node, old - 1, new), consistency_proof(node, old, new)
    for proof in _altered(included):
        assert not _includes(leaves[old - 1], old - 1, new, proof, root)
    for proof in _altered(consistent):
        assert not is_consistent(old, old_root, new, root, proof)


def _altered(proof: list[bytes]) -> Iterator[list[bytes]]:
    yield [*proof, leaf_hash(b"")]
    for index in range(len(proof)):
        yield [*proof[:index], *proof[index + 1 :]]
        yield [*proof[:index], leaf_hash(b"another"), *proof[index + 1 :]]


def _includes(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    try:
        return root_by_inclusion(leaf, index, size, proof) == root
    except BadProof:
        return False


@given(st.integers(1, 200))
def test_a_tree_grown_leaf_by_leaf_has_the_same_nodes_and_root(count: int) -> None:
    leaves = some_leaves(count)
    node = nodes_of(leaves)
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        peaks, completed = appended(peaks, size, leaf)
        for level, one in enumerate(completed):
            assert one == node(level, size >> level)
        assert root_of_peaks(peaks) == by_definition(leaves[: size + 1])
