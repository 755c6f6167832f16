"""Lift a child's shield, under every number that it has had: an operator's act, after a review."""

from ...domain.access_records import SHIELDING_ACTS, Act, Operator
from ...domain.child import NhsNumber
from ...domain.errors import ConfirmationNeeded, Refused
from ...domain.values import Struct
from ..ports import AccessHistory, ChildKeys, Clock, Pseudonyms, SameId, Supersession
from ..recorder import Recorder
from ..store_errors import Conflict
from .confirming import confirm_code
from .ports import Shields


class UnshieldChild(Struct, frozen=True, kw_only=True):
    """The first run names who has asked for the shield: what a lookup shows afterwards cannot be taken back."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    shields: Shields
    recorder: Recorder
    history: AccessHistory
    clock: Clock
    same_id: SameId

    def __call__(self, nhs_number: NhsNumber, confirm: str | None, operator: Operator) -> bool:
        """False if the child has no shield. Raises Refused, ConfirmationNeeded or Unavailable."""
        keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
        if not any(self.shields.stands(key) for key in keys.all):
            # That there is none is told of the child too.
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
        asked = self._who_asked(keys)
        code = confirm_code(self.same_id, self.clock().date(), "unshield", *keys.all, *asked)
        if confirm == code:
            return
        self.recorder.write(Act.PREVIEWED, operator, keys.present)
        who = ", ".join(asked) or "nobody whose record can be read"
        raise ConfirmationNeeded(
            f"The child is shielded. It was asked for by: {who}. From then on a lookup would show who works with the "
            "child and where. That cannot be taken back.",
            code,
        )

    def _who_asked(self, keys: ChildKeys) -> list[str]:
        """Since it was last lifted, in order of time: `E09000014 on 2026-11-27`."""
        acts = sorted(
            (past for key in keys.all for past in self.history.acts_of(key) if past.at is not None),
            key=lambda past: (past.at, past.act == Act.UNSHIELDED),
        )
        asked: list[str] = []
        for past in acts:
            if past.act == Act.UNSHIELDED:
                asked.clear()
            elif past.act in SHIELDING_ACTS:
                asked.append(f"{past.authority_code or 'an operator'} on {past.at:%F}")
        return asked
