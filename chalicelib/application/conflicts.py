"""What a use case does where another writer came between."""

from collections.abc import Callable
from typing import TypeVar

from ..domain.child import ChildKey
from ..domain.errors import Unavailable
from .store_errors import Conflict, Superseded

_TRIES = 4

Result = TypeVar("Result")


def until_settled(attempt: Callable[[], Result]) -> Result:
    """Tries again where another writer came between. Raises Unavailable when they never cease."""
    for _ in range(_TRIES):
        try:
            return attempt()
        except Conflict:
            continue
    raise Unavailable


def under_present_key(child: ChildKey, write: Callable[[ChildKey], Result]) -> Result:
    """Writes under the child's key or, where its number was superseded, under the present one. Raises Conflict."""
    try:
        return write(child)
    except Superseded as moved:
        present = moved.present
    try:
        return write(present)
    except Superseded:
        raise Conflict from None
