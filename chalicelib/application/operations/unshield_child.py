"""Lift a child's shield, under every number that it has had: an operator's act, after a review."""

from ...domain.access import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.values import Struct
from ..ports import AccessLog, Clock, NewId, Pseudonyms, Succession
from .ports import Shields


class UnshieldChild(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    succession: Succession
    shields: Shields
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, nhs_number: NhsNumber, operator: Operator) -> bool:
        """False if the child has no shield. Raises Unavailable."""
        keys = self.succession.keys_of(self.pseudonyms.child_key(nhs_number))
        lifted = [self.shields.lift(key, self._record(key, operator, Act.UNSHIELDED)) for key in keys.all]
        if not any(lifted):
            # That there is none is told of the child too.
            self.access_log.append_act(self._record(keys.present, operator, Act.FOUND_UNCHANGED))
        return any(lifted)

    def _record(self, key: ChildKey, operator: Operator, act: Act) -> ActRecord:
        return ActRecord(id=self.new_id(), at=self.clock(), child=key, actor=operator, act=act)
