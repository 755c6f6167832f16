"""What the values of every layer are made of. Not dataclasses: those write and compile their methods at every cold
start, 0.4 ms for each of a hundred classes; a Struct takes a fortieth of that (docs/adr/0015)."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

__all__ = ["Hidden", "Struct", "field", "replace"]


class Hidden(Struct, frozen=True):
    """A value whose text form tells nothing, so that no log or traceback can."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []
