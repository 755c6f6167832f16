"""Watch the access records: written once, never changed, and removed by TTL alone."""

from ...domain.values import Struct
from ..ports import Meter


class WatchAccess(Struct, frozen=True, kw_only=True):
    meter: Meter

    def __call__(self, *, tampered: bool) -> None:
        if tampered:
            self.meter("AccessRecordsTampered")
