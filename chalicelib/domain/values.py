"""The base classes of the values in every layer.

They are msgspec Structs, not dataclasses. A dataclass generates and compiles its methods at every cold start, which
takes 0.4 ms for each of a hundred classes. A Struct takes a fortieth of that (docs/adr/0015).
"""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

__all__ = ["Hidden", "Struct", "field", "replace"]


class Hidden(Struct, frozen=True):
    """A value whose text form hides its fields, so no log or traceback can show them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []
