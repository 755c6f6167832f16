"""Make the service data key of a new stage: once, before the first authority."""

from dataclasses import dataclass

from ...domain.access import Act, ActRecord, Operator
from ..ports import Clock, NewId, ServiceKeyMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeServiceKey:
    keys: ServiceKeyMaker
    clock: Clock
    new_id: NewId

    def __call__(self, operator: Operator) -> bool:
        """False if the stage has its key. Raises Unavailable."""
        record = ActRecord(id=self.new_id(), at=self.clock(), child=None, actor=operator, act=Act.SERVICE_KEY_MADE)
        return self.keys.make(record)
