"""Check that DynamoDB still deletes expired items, by a canary item that has expired. Whether TTL is on is a setting
(`check_settings`)."""

from datetime import timedelta

from ...domain.values import Struct
from ..ports import Clock, Meter
from .ports import TtlProbe


class CheckTtl(Struct, frozen=True, kw_only=True):
    probe: TtlProbe
    clock: Clock
    meter: Meter

    def __call__(self) -> None:
        """Raises Unavailable."""
        now = self.clock()
        expired_at = self.probe.canary()
        if expired_at is None:
            self.probe.plant_canary(now)
            expired_at = now
        self.meter("TtlCanaryHours", (now - expired_at) // timedelta(hours=1))
