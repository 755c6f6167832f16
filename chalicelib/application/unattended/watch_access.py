"""Watch the access records. They are written once, never changed, and deleted only by TTL."""

from ...domain.values import Struct
from ..ports import Meter


class WatchAccess(Struct, frozen=True, kw_only=True):
    meter: Meter

    def __call__(self, *, tampered: bool) -> None:
        if tampered:
            self.meter("AccessRecordsTampered")
