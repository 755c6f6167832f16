"""Notice if the broker desk cannot read what owners of a shielded child are not shown."""

from ...domain.authority import Scope, Standing
from ...domain.values import Struct
from ..ports import Meter, Notices, Registry


class CheckBrokerDesk(Struct, frozen=True, kw_only=True):
    registry: Registry
    notices: Notices
    meter: Meter
    code: str | None

    def __call__(self) -> None:
        """Raises Unavailable."""
        if self.code is not None and not self._is_ready(self.code):
            self.meter("BrokerDeskMissing")

    def _is_ready(self, code: str) -> bool:
        desk = self.registry.view().authorities.get(code)
        reads_notices = desk is not None and desk.standing is Standing.ACTIVE and Scope.NOTICES in desk.scopes
        return reads_notices and self.notices.can_receive(code)
