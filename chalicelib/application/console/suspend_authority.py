"""Suspend an authority: within a minute it can no longer call. Its records are still served."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.authority import Standing
from ...domain.values import Struct
from ..ports import Clock, NewId
from .find_authority import entered, unless_changed
from .ports import Authorities


class SuspendAuthority(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    clock: Clock
    new_id: NewId

    def __call__(self, code: str, operator: Operator) -> bool:
        """False if it is suspended. Raises OperationRefused or Unavailable."""
        entered(self.authorities, code)
        record = ActRecord(
            id=self.new_id(), at=self.clock(), child=None, actor=operator, act=Act.SUSPENDED, authority_code=code
        )
        with unless_changed(code):
            return self.authorities.set_standing(code, Standing.SUSPENDED, record)
