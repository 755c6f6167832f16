"""Report the coverage of each sector as metrics."""

from ...domain.values import Struct
from ..ports import Registry
from .ports import SectorMeter


class ReportCoverage(Struct, frozen=True, kw_only=True):
    registry: Registry
    meter_sector: SectorMeter

    def __call__(self) -> None:
        """Raises Unavailable."""
        for one in self.registry.view().coverage:
            self.meter_sector("AuthoritiesInSector", one.sector, one.authorities)
            self.meter_sector("AuthoritiesReporting", one.sector, one.reporting)
            self.meter_sector("AuthoritiesSilent", one.sector, len(one.silent))
