"""The sealed history: each minute's access records become the leaves of a tree, and its root goes into a checkpoint.

All minutes together are the leaves of another tree, the history. Each checkpoint is signed with the root of the history
so far. Somebody who has seen one can therefore prove whether a later history leaves anything out or alters it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from .merkle import HASH_BYTES, appended, leaf_hash, nodes_of, root_by_inclusion, root_of, root_of_peaks
from .values import Struct

SMALLEST_TREE = 1024
"""How many leaves a minute's tree has, unless more access records were written: its size must not show a quiet hour."""

_SEALED_BY_NOW = timedelta(minutes=10)
"""A lookup is sealed within two minutes, and leaves-late goes off after five."""

Padding = Callable[[int], bytes]
"""Makes one leaf that fills the tree up. Nobody without the audit key can distinguish it from a real one."""


class Leaf(Struct, frozen=True):
    """What the history keeps of one access record.

    `text`: what the asking authority may read of it, as JSON. `salt`: 32 bytes for this access record alone.
    `hidden`: commits to the rest of the access record without revealing it.
    """

    text: str
    salt: bytes
    hidden: bytes

    @property
    def hash(self) -> bytes:
        return leaf_hash(self.salt + self.hidden + self.text.encode())


class Minute(Struct, frozen=True):
    """The tree of one checkpoint. `number` counts checkpoints from 1."""

    number: int
    closed_at: datetime
    root: bytes

    @property
    def leaf(self) -> bytes:
        """Its leaf in the history."""
        return leaf_hash(f"known-to minute 1\n{self.number}\n{_time(self.closed_at)}\n{self.root.hex()}\n".encode())


class Checkpoint(Struct, frozen=True):
    """A minute, signed with the root of the history so far.

    `key_id`: the SHA-256 of the public key that verifies the signature, in hex. `signature`: ECDSA, as DER.
    """

    minute: Minute
    history: bytes
    key_id: str
    signature: bytes

    @property
    def number(self) -> int:
        return self.minute.number

    def may_follow(self, earlier: "Checkpoint") -> bool:
        """False if no history that ends with this one can contain the earlier one. True proves nothing."""
        return self.number > earlier.number or self == earlier

    @property
    def signed_text(self) -> str:
        return signed_text(self.minute, self.history, self.key_id)


def signed_text(minute: Minute, history: bytes, key_id: str) -> str:
    lines = ("known-to checkpoint 1", minute.number, _time(minute.closed_at), minute.root.hex(), history.hex(), key_id)
    return "".join(f"{line}\n" for line in lines)


class Head(Struct, frozen=True):
    """The end of the history. `peaks`: the roots of its largest complete subtrees, from which it grows."""

    checkpoint: Checkpoint
    peaks: tuple[bytes, ...]


class Closing(Struct, frozen=True):
    """The next minute, ready to be signed. `completed`: the subtrees of the history that it completes."""

    minute: Minute
    history: bytes
    peaks: tuple[bytes, ...]
    completed: tuple[bytes, ...]


class Place(Struct, frozen=True):
    """Where a leaf was sealed. `proof`: leads from the leaf at `index` to the root of the minute."""

    minute: Minute
    index: int
    proof: tuple[bytes, ...]


class SealedLookup(Struct, frozen=True):
    """`at`: when the lookup was made."""

    at: datetime
    leaf: Leaf

    def is_due(self, now: datetime) -> bool:
        """True if it should be in a checkpoint by now."""
        return now - self.at >= _SEALED_BY_NOW


class ExportedLookup(Struct, frozen=True):
    """`child`: a code that stands for the child within one export. `sealed`: None if the access record was forged or
    altered. `place`: None if it is in no checkpoint."""

    id: str
    child: str
    sealed: SealedLookup | None
    place: Place | None

    def is_missing(self, now: datetime) -> bool:
        """True if it is genuine and should be in a checkpoint by now."""
        return self.sealed is not None and self.place is None and self.sealed.is_due(now)


class LookupProof(Struct, frozen=True):
    """Proves that a lookup is in the history. `inclusion`: leads from its minute to the root of the latest history."""

    leaf: Leaf
    place: Place
    latest: Checkpoint
    inclusion: tuple[bytes, ...]


class HistoryProof(Struct, frozen=True):
    """Proves that the latest history begins with an earlier one. `public_key`: verifies `latest`; DER."""

    latest: Checkpoint
    consistency: tuple[bytes, ...]
    public_key: bytes


class Pending(Struct, frozen=True):
    """Leaves that wait for a checkpoint. `names`: of the items that hold them. `is_full`: more may wait."""

    names: tuple[str, ...]
    leaves: frozenset[bytes]
    is_full: bool


def close(head: Head | None, leaves: Iterable[bytes], padding: Padding, now: datetime) -> Closing:
    size = 0 if head is None else head.checkpoint.number
    closed_at = now if head is None else max(now, head.checkpoint.minute.closed_at)
    tree = tree_of(leaves, padding)
    minute = Minute(size + 1, closed_at, root_of(nodes_of(tree), len(tree)))
    peaks, completed = appended(() if head is None else head.peaks, size, minute.leaf)
    return Closing(minute, root_of_peaks(peaks), tuple(peaks), tuple(completed))


def tree_of(leaves: Iterable[bytes], padding: Padding) -> list[bytes]:
    """The leaves of a minute's tree. They are sorted by hash, so a place says nothing about the others."""
    own = {*leaves}
    size = max(SMALLEST_TREE, 1 << max(len(own) - 1, 0).bit_length())
    return sorted([*own, *(padding(number) for number in range(size - len(own)))])


def root_of_minute(leaf: bytes, index: int, proof: Sequence[bytes]) -> bytes:
    """The root of a minute's tree, which is always full. Raises BadProof."""
    return root_by_inclusion(leaf, index, 1 << len(proof), proof)


def split_hashes(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
