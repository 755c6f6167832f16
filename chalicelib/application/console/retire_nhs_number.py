"""Retire an NHS number that is no longer in use and that no other number replaces."""

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import Refused
from ...domain.proposals import Work
from ...domain.values import Struct
from ..ports import Clock, InvolvementStore, Pseudonyms
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..supersession import ChildKeys, Supersession
from .proposals import Proposals, Proposed
from .tracing import live_records, mark_for_tracing


class RetireNhsNumber(Struct, frozen=True, kw_only=True):
    """From then on new records under the number are refused. What is on record stays until it ends, and shields are
    still taken."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock
    proposals: Proposals

    def propose(self, nhs_number: NhsNumber, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        keys = self.supersession.keys_of(child)
        self._check(keys, child, operator)
        if keys.retired:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, child)
            raise Refused("The number is retired already. Nothing was changed.")
        count = live_records(self.involvements, child, self.clock())
        would = (
            f"Involvements on record: {count}. They would stay until they end, and their owners would get a notice to "
            "trace the number anew. New records under the number would be refused. No function undoes it, but the "
            "number could still be superseded by another."
        )
        return self.proposals.propose(_work(child), would, operator)

    def __call__(self, nhs_number: NhsNumber, code: str, operator: Operator) -> bool:
        """`code`: that of the proposal. Returns False if the number was retired before.

        Raises Refused, AlreadyCarriedOut or Unavailable.
        """
        child = self.pseudonyms.child_key(nhs_number)
        proposal = self.proposals.check(_work(child), code, operator)
        changed = self._retire(child, operator)
        mark_for_tracing(self.involvements, (child,), self.clock())
        self.proposals.finish(_work(child), proposal, operator)
        return changed

    @retry_on_conflict
    def _retire(self, child: ChildKey, operator: Operator) -> bool:
        keys = self.supersession.keys_of(child)
        self._check(keys, child, operator)
        if keys.retired:
            return False
        self.supersession.retire(child, self.recorder.make(Act.NUMBER_RETIRED, operator, child))
        return True

    def _check(self, keys: ChildKeys, child: ChildKey, operator: Operator) -> None:
        if keys.present != child:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, child)
            raise Refused("The number was superseded: it has a successor, and needs no retiring.")


def _work(child: ChildKey) -> Work:
    return Work(function="retire_nhs_number", content=(child,), child=child)
