"""Find the authority that an operator named, and refuse if another operator changes it at the same moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...domain.authority import Authority, Standing
from ...domain.errors import Refused
from ..store_errors import Conflict
from .ports import Authorities


def find_authority(authorities: Authorities, code: str, *, also_removed: bool = False) -> Authority:
    """Raises Refused if the authority is not in the registry, or is removed and `also_removed` is false."""
    authority = authorities.find(code)
    if authority is None:
        raise Refused(f"{code} is not in the registry. Nothing was changed.")
    if authority.standing is Standing.REMOVED and not also_removed:
        raise Refused(f"{code} is removed and its salt is deleted: it cannot come back. Nothing was changed.")
    return authority


@contextmanager
def refuse_if_changed(code: str) -> Iterator[None]:
    """Turns a Conflict inside the `with` block into Refused."""
    try:
        yield
    except Conflict:
        raise Refused(
            f"{code} was changed by somebody else at the same moment. Look at it, then run the event again."
        ) from None
