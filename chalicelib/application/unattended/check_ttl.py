"""Check that DynamoDB still deletes expired items: by the tables' settings, and by a canary item that has expired."""

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
        self.meter("TtlOff", self.probe.tables_without_ttl())
        now = self.clock()
        expired_at = self.probe.canary()
        if expired_at is None:
            self.probe.plant_canary(now)
            expired_at = now
        self.meter("TtlCanaryHours", (now - expired_at) // timedelta(hours=1))
