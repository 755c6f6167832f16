"""Make the service data key of a new stage: once, before the first authority."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.values import Struct
from ..ports import Clock, NewId
from .ports import ServiceKeyMaker


class MakeServiceKey(Struct, frozen=True, kw_only=True):
    keys: ServiceKeyMaker
    clock: Clock
    new_id: NewId

    def __call__(self, operator: Operator) -> bool:
        """False if the stage has its key. Raises Unavailable."""
        record = ActRecord(id=self.new_id(), at=self.clock(), child=None, actor=operator, act=Act.SERVICE_KEY_MADE)
        return self.keys.make(record)
