"""Watch the access records: written once, never changed, and removed by TTL alone."""

from enum import Enum

from ...domain.values import Struct
from ..ports import Meter


class AccessChange(Enum):
    ADDED = "added"
    EXPIRED = "expired"
    TAMPERED = "tampered"


class WatchAccess(Struct, frozen=True, kw_only=True):
    meter: Meter

    def __call__(self, change: AccessChange) -> None:
        if change is AccessChange.TAMPERED:
            self.meter("AccessRecordsTampered")
