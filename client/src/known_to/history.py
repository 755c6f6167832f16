"""The sealed history, as a witness checks it: checkpoints, and the proofs that lead from one to another.

The trees are those of certificate logs (RFC 9162, section 2.1). docs/api.md has the texts that are hashed and signed.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .answers import Checkpoint, HistoryProof, LookupProof
from .errors import HistoryDiffers
from .strict_json import read_json
from .times import as_utc

REPORT = (
    "Keep the witness file, and report this to the operator, to your authority's guardian and to other authorities."
)
_LONGEST_PROOF = 64
"""Hashes: enough for more leaves than there are grains of sand. More would keep this machine busy for hours."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the history holds of a lookup, and the checkpoint that it is in."""

    fields: dict[str, Any]
    number: int
    closed_at: datetime


def check_signature(checkpoint: Checkpoint, public_key: str) -> None:
    """Raises HistoryDiffers unless that key signed the checkpoint, and is the key that it names."""
    try:
        der = base64.b64decode(public_key, validate=True)
        key, signature = load_der_public_key(der), base64.b64decode(checkpoint.signature, validate=True)
        if hashlib.sha256(der).hexdigest() != checkpoint.key_id or not isinstance(key, EllipticCurvePublicKey):
            raise ValueError
        key.verify(signature, _signed_text(checkpoint).encode(), ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise HistoryDiffers(
            f"Checkpoint {checkpoint.number} is not signed with the key of the history. {REPORT}"
        ) from None


def check_contains(seen: Checkpoint, proof: HistoryProof) -> None:
    """Raises HistoryDiffers unless the history of the proof's checkpoint begins with the one that was seen."""
    latest = proof.checkpoint
    if not _is_consistent(
        seen.number, _hash(seen.history), latest.number, _hash(latest.history), _hashes(proof.consistency)
    ):
        raise HistoryDiffers(
            f"THE HISTORY WAS CHANGED. It does not contain checkpoint {seen.number}, which this service has shown to "
            f"you before. {REPORT}"
        )


def check_lookup(lookup_id: str, proof: LookupProof) -> Recorded:
    """Raises HistoryDiffers unless the lookup is in the history of the proof's checkpoint."""
    minute, latest = proof.minute, proof.checkpoint
    if len(minute.proof) > _LONGEST_PROOF:
        raise HistoryDiffers(f"The proof of lookup {lookup_id} is too long to be one. {REPORT}")
    leaf = _leaf(_hash(proof.salt) + _hash(proof.hidden) + proof.record.encode())
    root = _root(leaf, minute.index, 1 << len(minute.proof), _hashes(minute.proof))
    text = f"known-to minute 1\n{minute.number}\n{_time(minute.closed_at)}\n{minute.root}\n"
    history = _root(_leaf(text.encode()), minute.number - 1, latest.number, _hashes(proof.inclusion))
    fields = _fields(proof.record)
    if root != _hash(minute.root) or history != _hash(latest.history) or fields.get("id") != lookup_id:
        raise HistoryDiffers(f"The proof does not show that lookup {lookup_id} is in the history. {REPORT}")
    return Recorded(fields, minute.number, minute.closed_at)


def _fields(record: str) -> dict[str, Any]:
    try:
        fields = read_json(record.encode())
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _signed_text(checkpoint: Checkpoint) -> str:
    lines = ("known-to checkpoint 1", checkpoint.number, _time(checkpoint.closed_at))
    return "".join(f"{line}\n" for line in (*lines, checkpoint.root, checkpoint.history, checkpoint.key_id))


def _time(at: datetime) -> str:
    return f"{as_utc(at):%Y-%m-%dT%H:%M:%SZ}"


def _hash(text: str) -> bytes:
    """An unreadable hash fits nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _hashes(texts: Sequence[str]) -> list[bytes]:
    return [_hash(text) for text in texts]


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root of the tree that has this leaf at `index`. None if the proof does not fit such a tree."""
    if not 0 <= index < size:
        return None
    rest, last, root = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return None
        if rest & 1 or rest == last:
            root = _node(one, root)
            while rest and not rest & 1:
                rest, last = rest >> 1, last >> 1
        else:
            root = _node(root, one)
        rest, last = rest >> 1, last >> 1
    return None if last else root


def _is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    if not 0 < old <= new:
        return False
    if old == new:
        return old_root == new_root
    hashes = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    if not hashes:
        return False
    rest, last = old - 1, new - 1
    while rest & 1:
        rest, last = rest >> 1, last >> 1
    made_old = made_new = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if rest & 1 or rest == last:
            made_old, made_new = _node(one, made_old), _node(one, made_new)
            while rest and not rest & 1:
                rest, last = rest >> 1, last >> 1
        else:
            made_new = _node(made_new, one)
        rest, last = rest >> 1, last >> 1
    return last == 0 and (made_old, made_new) == (old_root, new_root)
