"""Lift a child's shield, under every number that it has had: an operator's act, after a review."""

from dataclasses import dataclass

from ...domain.access import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ..ports import Clock, NewId, Pseudonyms, Shields, Succession


@dataclass(frozen=True, slots=True, kw_only=True)
class UnshieldChild:
    pseudonyms: Pseudonyms
    succession: Succession
    shields: Shields
    clock: Clock
    new_id: NewId

    def __call__(self, nhs_number: NhsNumber, operator: Operator) -> bool:
        """False if the child has no shield. Raises Unavailable."""
        keys = self.succession.keys_of(self.pseudonyms.child_key(nhs_number))
        lifted = [self._lift(key, operator) for key in keys.all]
        return any(lifted)

    def _lift(self, key: ChildKey, operator: Operator) -> bool:
        record = ActRecord(id=self.new_id(), at=self.clock(), child=key, actor=operator, act=Act.UNSHIELDED)
        return self.shields.lift(key, record)
