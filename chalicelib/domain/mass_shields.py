"""Which of many shields may be lifted together: those that one authority asked for in one stretch of time, and that
nobody else has asked for."""

from collections.abc import Iterable
from datetime import datetime

from .access_records import SHIELDING_ACTS, Act
from .values import Struct


class MassShield(Struct, frozen=True, kw_only=True):
    """`since`, `before`: from when, and until when, the authority shielded."""

    authority_code: str
    since: datetime
    before: datetime

    def made(self, request: "Request") -> bool:
        is_own = request.authority_code == self.authority_code
        return is_own and request.at is not None and self.since <= request.at < self.before


class Request(Struct, frozen=True, kw_only=True):
    """An act about a child's shield, as read from its access record. All fields are None if that is not genuine.
    `authority_code`: None for an operator."""

    act: str | None
    at: datetime | None
    authority_code: str | None


def is_of(mass: MassShield, first_asked_at: datetime | None, acts: Iterable[Request]) -> bool:
    """True if every request since the child was last unshielded is of this mass.

    `first_asked_at`: since when the shield stands. It outlives the access records, so it shows an older request whose
    access record has ended, and one that was written after a lift whose id is later: clocks differ. `acts`: of the
    child, oldest first. In doubt the shield stays.
    """
    if first_asked_at is None or first_asked_at < mass.since:
        return False
    requests: list[Request] = []
    for act in acts:
        if act.act is None:
            return False
        if act.act == Act.UNSHIELDED:
            requests = [request for request in requests if request.at is None or request.at >= first_asked_at]
        elif act.act in SHIELDING_ACTS:
            requests.append(act)
    return bool(requests) and all(mass.made(request) for request in requests)
