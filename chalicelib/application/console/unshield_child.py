"""Lift a child's shield, under every number that the child has had. An operator does this after a review."""

from ...domain.access_records import SHIELDING_ACTS, Act, Operator
from ...domain.child import NhsNumber
from ...domain.errors import ConfirmationNeeded, Refused
from ...domain.values import Struct
from ..ports import AccessHistory, Clock, Pseudonyms, SameId
from ..recorder import Recorder
from ..store_errors import Conflict
from ..supersession import ChildKeys, Supersession
from .confirmation import confirmation_code
from .ports import Shields


class UnshieldChild(Struct, frozen=True, kw_only=True):
    """The first run names everybody who requested the shield, because a lookup may show places as soon as it is
    lifted."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    shields: Shields
    recorder: Recorder
    history: AccessHistory
    clock: Clock
    same_id: SameId

    def __call__(self, nhs_number: NhsNumber, confirm: str | None, operator: Operator) -> bool:
        """Returns False if the child has no shield. Raises Refused, ConfirmationNeeded or Unavailable."""
        keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
        if not any(self.shields.exists(key) for key in keys.all):
            # Recorded although nothing changes, because the operator learns that the child has no shield.
            self.recorder.write(Act.FOUND_UNCHANGED, operator, keys.present)
            return False
        self._check_confirmed(keys, confirm, operator)
        try:
            lifted = [self.shields.lift(key, self.recorder.make(Act.UNSHIELDED, operator, key)) for key in keys.all]
        except Conflict:
            raise Refused(
                "Somebody has shielded the child again, or set another review, at the same moment. Ask who and why "
                "before you run the event again."
            ) from None
        return any(lifted)

    def _check_confirmed(self, keys: ChildKeys, confirm: str | None, operator: Operator) -> None:
        requests = self._shield_requests(keys)
        code = confirmation_code(self.same_id, self.clock().date(), "unshield", *keys.all, *requests)
        if confirm == code:
            return
        self.recorder.write(Act.PREVIEWED, operator, keys.present)
        requested_by = ", ".join(requests) or "nobody whose access record can be read"
        raise ConfirmationNeeded(
            f"The child is shielded. The shield was requested by: {requested_by}. After this, a lookup would show who "
            "works with the child and where. That cannot be taken back.",
            code,
        )

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
