"""Merkle trees as certificate logs hash them (RFC 6962): their roots and their proofs.

A tree is read through a `NodeOf`, which gives the hash of a complete subtree. So a proof needs about as many hashes as
the tree has levels, however many leaves there are. RFC 9162, section 2.1, has the algorithms.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32

NodeOf = Callable[[int, int], bytes]
"""The hash of the complete subtree with 2**level leaves that comes at this index among those of its level."""


class BadProof(Exception):
    """The proof has too few or too many hashes, or is for another tree."""


def leaf_hash(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def nodes_of(leaves: Sequence[bytes]) -> NodeOf:
    """`leaves`: their hashes, in order."""
    levels = [list(leaves)]
    while len(below := levels[-1]) > 1:
        levels.append([node_hash(below[left], below[left + 1]) for left in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def root_of(node: NodeOf, size: int) -> bytes:
    return _subtree(node, 0, size) if size else sha256(b"").digest()


def inclusion_proof(node: NodeOf, index: int, size: int) -> list[bytes]:
    """Proves that the leaf at `index` is in the tree of `size` leaves."""
    return [*_inclusion(node, index, 0, size)]


def consistency_proof(node: NodeOf, old: int, new: int) -> list[bytes]:
    """Proves that the tree of `new` leaves begins with the tree of `old` leaves."""
    return [*_consistency(node, old, 0, new, is_known=True)] if 0 < old < new else []


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root of the tree that has this leaf at `index`. Raises BadProof."""
    if not 0 <= index < size:
        raise BadProof
    rest, last, root = index, size - 1, leaf
    for one in proof:
        if last == 0:
            raise BadProof
        if rest & 1 or rest == last:
            root = node_hash(one, root)
            while not rest & 1 and rest:
                rest, last = rest >> 1, last >> 1
        else:
            root = node_hash(root, one)
        rest, last = rest >> 1, last >> 1
    if last:
        raise BadProof
    return root


def leads_to(root: bytes, leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bool:
    """True if the proof shows that the tree of `size` leaves with this root has this leaf at `index`."""
    try:
        return root_by_inclusion(leaf, index, size, proof) == root
    except BadProof:
        return False


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """True if the proof shows that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 < old <= new:
        return False
    if old == new:
        return old_root == new_root and not proof
    hashes = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    try:
        return _roots(hashes, old - 1, new - 1) == (old_root, new_root)
    except BadProof:
        return False


def _roots(hashes: Sequence[bytes], rest: int, last: int) -> tuple[bytes, bytes]:
    """The old root and the new one that a consistency proof amounts to."""
    if not hashes:
        raise BadProof
    while rest & 1:
        rest, last = rest >> 1, last >> 1
    old = new = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            raise BadProof
        if rest & 1 or rest == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not rest & 1 and rest:
                rest, last = rest >> 1, last >> 1
        else:
            new = node_hash(new, one)
        rest, last = rest >> 1, last >> 1
    if last:
        raise BadProof
    return old, new


def _subtree(node: NodeOf, start: int, size: int) -> bytes:
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    left = _largest_power_below(size)
    return node_hash(_subtree(node, start, left), _subtree(node, start + left, size - left))


def _inclusion(node: NodeOf, index: int, start: int, size: int) -> Iterator[bytes]:
    if size == 1:
        return
    left = _largest_power_below(size)
    if index < left:
        yield from _inclusion(node, index, start, left)
        yield _subtree(node, start + left, size - left)
    else:
        yield from _inclusion(node, index - left, start + left, size - left)
        yield _subtree(node, start, left)


def _consistency(node: NodeOf, old: int, start: int, size: int, *, is_known: bool) -> Iterator[bytes]:
    """`is_known`: the verifier has the root of the old tree itself, so it is left out."""
    if old == size:
        if not is_known:
            yield _subtree(node, start, size)
        return
    left = _largest_power_below(size)
    if old <= left:
        yield from _consistency(node, old, start, left, is_known=is_known)
        yield _subtree(node, start + left, size - left)
    else:
        yield from _consistency(node, old - left, start + left, size - left, is_known=False)
        yield _subtree(node, start, left)


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def appended(peaks: Sequence[bytes], size: int, leaf: bytes) -> tuple[list[bytes], list[bytes]]:
    """Appends a leaf to a tree of `size` leaves.

    `peaks`: the roots of its largest complete subtrees, left to right. Returns those of the new tree, and the hashes
    of the subtrees that the leaf completes: of one leaf, of two, of four and so on.
    """
    rest, completed = [*peaks], [leaf]
    while size & 1:
        completed.append(node_hash(rest.pop(), completed[-1]))
        size >>= 1
    return [*rest, completed[-1]], completed


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    *others, root = peaks
    for peak in reversed(others):
        root = node_hash(peak, root)
    return root
