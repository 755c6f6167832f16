"""The authority that an operator means: entered in the registry, and not removed for good."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...domain.authority import Authority, Standing
from ...domain.errors import Refused
from ..store_errors import Conflict
from .ports import Authorities


def entered(authorities: Authorities, code: str, *, also_removed: bool = False) -> Authority:
    """Raises Refused."""
    authority = authorities.find(code)
    if authority is None:
        raise Refused(f"{code} is not in the registry. Nothing was changed.")
    if authority.standing is Standing.REMOVED and not also_removed:
        raise Refused(f"{code} is removed, and its salt is gone: it cannot come back. Nothing was changed.")
    return authority


@contextmanager
def unless_changed(code: str) -> Iterator[None]:
    """Raises Refused where somebody else was quicker."""
    try:
        yield
    except Conflict:
        raise Refused(
            f"{code} was changed by somebody else at the same moment. Look at it, then run the event again."
        ) from None
