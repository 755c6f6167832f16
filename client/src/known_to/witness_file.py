"""The witness file: the checkpoints that this user has seen, as JSON. It is written whole or not at all.

It keeps the last checkpoint that was verified, and those that were seen since. The last one stands for all before it.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from .answers import Checkpoint
from .errors import FileError
from .guarded_files import read_secret
from .local_files import file_errors, write_whole

MOST_SEEN = 500
"""Beyond this number, the oldest unverified ones are dropped: run `known-to verify` more often."""

_MOST_BYTES = 1024 * 1024  # a full file has about 300 KB


class Witness(msgspec.Struct, frozen=True):
    """`key_id`: of the key that signed `verified`, or None before the first verification."""

    key_id: str | None = None
    verified: Checkpoint | None = None
    seen: tuple[Checkpoint, ...] = ()

    def with_seen(self, checkpoint: Checkpoint) -> "Witness":
        if checkpoint in (self.verified, *self.seen):
            return self
        return msgspec.structs.replace(self, seen=(*self.seen, checkpoint)[-MOST_SEEN:])

    @property
    def everything(self) -> tuple[Checkpoint, ...]:
        return self.seen if self.verified is None else (self.verified, *self.seen)


def witness_path(folder: Path, authority: str, service: str) -> Path:
    """`service`: what distinguishes it from others, such as its address."""
    return folder / f"witness-{authority}-{hashlib.sha256(service.encode()).hexdigest()[:8]}.json"


def read_witness(path: Path) -> Witness:
    """Empty if there is no file. Raises FileError, or UnsafeFile if others could have changed it."""
    with file_errors(path, "read"):
        if not path.exists():
            return Witness()
    content = read_secret(path, _MOST_BYTES)
    # Raised outside an except block, as everywhere: what is in the file is nobody's business.
    witness = _decoded(content)
    if witness is None:
        raise FileError(
            f"{path} is damaged, so the checkpoints in it cannot be verified any more. Move it away, and keep it: the "
            "next lookup begins a new one."
        )
    return witness


def _decoded(content: bytes) -> Witness | None:
    try:
        return msgspec.json.decode(content, type=Witness)
    except msgspec.MsgspecError:
        return None


def write_witness(path: Path, witness: Witness) -> None:
    """Raises FileError."""
    with file_errors(path.parent, "made"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, msgspec.json.encode(witness))


def read_checkpoint(sent: Any) -> Checkpoint | None:
    """The checkpoint of an answer. None if there is none, or if this client cannot read it."""
    try:
        return None if sent is None else msgspec.convert(sent, Checkpoint)
    except msgspec.ValidationError:
        return None
