"""The access record that a record has expired. Whoever finds it out writes the same one, so a repeat is no second."""

from datetime import datetime

from ..domain.access_records import Act, ActRecord, Unattended
from ..domain.child import ChildKey
from ..domain.values import Struct
from .ports import SameId


class Ended(Struct, frozen=True, kw_only=True):
    """An involvement at its last version, and its end."""

    child: ChildKey
    authority_code: str
    reference: str
    version: str
    expires_at: datetime


def expired(ended: Ended, same_id: SameId) -> ActRecord:
    """`at` is the end itself, from which on the record existed for nobody, and not when its row was removed."""
    words = (ended.child, ended.authority_code, ended.reference, ended.version)
    return ActRecord(
        id=same_id(ended.expires_at, Act.EXPIRED, *words),
        at=ended.expires_at,
        child=ended.child,
        actor=Unattended.SERVICE,
        act=Act.EXPIRED,
        authority_code=ended.authority_code,
        reference=ended.reference,
        version=ended.version,
    )
