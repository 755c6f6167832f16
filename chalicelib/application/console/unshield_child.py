"""Lift a child's shield, under every number that the child has had. An operator does this after a review."""

from ...domain.access_records import SHIELDING_ACTS, Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import Refused
from ...domain.proposals import Work
from ...domain.values import Struct
from ..ports import AccessHistory, Pseudonyms
from ..recorder import Recorder
from ..store_errors import Conflict
from ..supersession import ChildKeys, Supersession
from .ports import Shields
from .proposals import Proposals, Proposed


class UnshieldChild(Struct, frozen=True, kw_only=True):
    """The proposal names everybody who requested the shield, because a lookup may show places as soon as it is
    lifted. It does not hold if somebody requests the shield again before it is carried out."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    shields: Shields
    recorder: Recorder
    history: AccessHistory
    proposals: Proposals

    def propose(self, nhs_number: NhsNumber, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        keys = self.supersession.keys_of(child)
        if not any(self.shields.exists(key) for key in keys.all):
            # Recorded although nothing changes, because the operator learns that the child has no shield.
            self.recorder.write(Act.FOUND_UNCHANGED, operator, keys.present)
            raise Refused("The child has no shield. Nothing was changed.")
        requests = self._shield_requests(keys)
        requested_by = ", ".join(requests) or "nobody whose access record can be read"
        would = (
            f"The child is shielded. The shield was requested by: {requested_by}. After this, a lookup would show who "
            "works with the child and where. That cannot be taken back."
        )
        return self.proposals.propose(_work(child, keys, requests), would, operator)

    def __call__(self, nhs_number: NhsNumber, code: str, operator: Operator) -> bool:
        """`code`: that of the proposal. Returns False if the child has no shield.

        Raises Refused, AlreadyCarriedOut or Unavailable.
        """
        child = self.pseudonyms.child_key(nhs_number)
        keys = self.supersession.keys_of(child)
        work = _work(child, keys, self._shield_requests(keys))
        proposal = self.proposals.check(work, code, operator)
        try:
            lifted = [self.shields.lift(key, self.recorder.make(Act.UNSHIELDED, operator, key)) for key in keys.all]
        except Conflict:
            raise Refused(
                "Somebody has shielded the child again, or set another review, at the same moment. Ask who and why "
                "before you propose it again."
            ) from None
        self.proposals.finish(work, proposal, operator)
        return any(lifted)

    def _shield_requests(self, keys: ChildKeys) -> list[str]:
        """The requests since the shield was last lifted, in order of time: `E09000014 on 2026-11-27`."""
        acts = sorted(
            (act for key in keys.all for act in self.history.acts_of(key) if act.at is not None),
            key=lambda act: (act.at, act.act == Act.UNSHIELDED),
        )
        requests: list[str] = []
        for act in acts:
            if act.act == Act.UNSHIELDED:
                requests.clear()
            elif act.act in SHIELDING_ACTS:
                requests.append(f"{act.authority_code or 'an operator'} on {act.at:%F}")
        return requests


def _work(child: ChildKey, keys: ChildKeys, requests: list[str]) -> Work:
    return Work(function="unshield_child", content=(*keys.all, *requests), child=child)
