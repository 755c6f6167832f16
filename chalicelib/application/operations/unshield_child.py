"""Lift a child's shield: an operator's act, after a review."""

from dataclasses import dataclass

from ...domain.access import Act, ActRecord, Operator
from ...domain.child import NhsNumber
from ..ports import Clock, NewId, Pseudonyms, Shields


@dataclass(frozen=True, slots=True, kw_only=True)
class UnshieldChild:
    pseudonyms: Pseudonyms
    shields: Shields
    clock: Clock
    new_id: NewId

    def __call__(self, nhs_number: NhsNumber, operator: Operator) -> bool:
        """False if the child has no shield. Raises Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        record = ActRecord(id=self.new_id(), at=self.clock(), child=child, actor=operator, act=Act.UNSHIELDED)
        return self.shields.lift(child, record)
