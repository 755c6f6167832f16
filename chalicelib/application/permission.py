"""Deny by default: what the token and the registry do not both grant is refused."""

from ..domain.authority import Caller, Scope
from ..domain.errors import ScopeNotGranted


def require(caller: Caller, scope: Scope) -> None:
    """Raises ScopeNotGranted."""
    if scope not in caller.scopes:
        raise ScopeNotGranted
