"""Watch the access records: written once, never changed, and removed by TTL alone."""

from dataclasses import dataclass
from enum import Enum

from ..ports import Meter


class AccessChange(Enum):
    ADDED = "added"
    EXPIRED = "expired"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchAccess:
    meter: Meter

    def __call__(self, change: AccessChange) -> None:
        if change is AccessChange.TAMPERED:
            self.meter("AccessRecordsTampered")
