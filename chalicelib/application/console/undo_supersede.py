"""Undo a supersede that was made by mistake: the old number and the new one are two children again."""

from collections.abc import Sequence

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import ConfirmationNeeded, Refused
from ...domain.involvement import Involvement
from ...domain.values import Struct
from ..ports import AccessHistory, Clock, InvolvementStore, PastAct, Pseudonyms, SameId
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..supersession import ChildKeys, Pointer, Supersession
from .confirmation import confirmation_code
from .ports import Shields
from .tracing import unmark_for_tracing


class UndoSupersede(Struct, frozen=True, kw_only=True):
    """A record is stored under the number that its owner sent, so nearly all of them are where they belong as soon as
    the link is gone. In doubt are those under the new number that came from the old one, or were first registered,
    since the two were linked: only their owners know of which child they are. The function refuses until they are
    withdrawn."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    shields: Shields
    history: AccessHistory
    recorder: Recorder
    clock: Clock
    same_id: SameId

    def __call__(self, old: NhsNumber, new: NhsNumber, confirm: str | None, operator: Operator) -> None:
        """Raises Refused, ConfirmationNeeded or Unavailable."""
        self._attempt(self.pseudonyms.child_key(old), self.pseudonyms.child_key(new), confirm, operator)

    @retry_on_conflict
    def _attempt(self, old: ChildKey, new: ChildKey, confirm: str | None, operator: Operator) -> None:
        pointer, keys = self.supersession.pointer(old), self.supersession.keys_of(new)
        try:
            if pointer is None or old == new or pointer.leads_to != new or keys.present != new:
                raise Refused("The old number is not superseded by the new one. Nothing was changed.")
            self._check_shields(keys)
            self._check_records(old, new, pointer)
        except Refused:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, old)
            raise
        self._check_confirmed(old, keys, confirm, operator)
        make = self.recorder.make
        records = [
            make(Act.SUPERSEDE_UNDONE, operator, old, present=new),
            make(Act.SUPERSEDE_UNDONE, operator, new),
        ]
        self.supersession.undo(old, pointer, keys, records)
        unmark_for_tracing(self.involvements, old, self.clock())

    def _check_shields(self, keys: ChildKeys) -> None:
        """A shield covers every number of the child. Afterwards it covers only the number that it is stored under."""
        shielded = {self.shields.exists(key) for key in keys.all}
        if len(shielded) > 1:
            raise Refused(
                "A shield is stored under one of the numbers only, and would no longer cover the other. Shield every "
                "number with shield_child, or lift the shield, and run the event again. Nothing was changed."
            )

    def _check_records(self, old: ChildKey, new: ChildKey, pointer: Pointer) -> None:
        records, now = self.involvements.of_child(old, frozenset()), self.clock()
        if records.unreadable:
            raise Refused(
                "A record under one of the numbers does not open, so nobody can say of which child it is. Have it "
                "repaired first. Nothing was changed."
            )
        acts = [
            *(act for act in self.history.acts_of(old) if act.act == Act.RENUMBERED),
            *(act for act in self.history.acts_of(new) if act.act == Act.REGISTERED and _is_since(act, pointer)),
        ]
        in_doubt = {(act.authority_code, act.reference) for act in acts}
        doubtful = [
            row
            for row in records.involvements
            if row.child == new and row.is_live(now) and (row.authority_code, row.reference) in in_doubt
        ]
        if doubtful:
            raise Refused(_ask_owners(doubtful))

    def _check_confirmed(self, old: ChildKey, keys: ChildKeys, confirm: str | None, operator: Operator) -> None:
        code = confirmation_code(self.same_id, self.clock().date(), "undo supersede", old, keys.present)
        if confirm == code:
            return
        self.recorder.write(Act.PREVIEWED, operator, old)
        others = len(keys.former) - 1
        raise ConfirmationNeeded(
            "After this, a lookup under either number shows only the records under that number. What lookups, notices "
            f"and reports have shown meanwhile cannot be taken back. Other former numbers of the new one: {others}. "
            "They stay linked to it: undo each that is wrong too.",
            code,
        )


def _is_since(act: PastAct, pointer: Pointer) -> bool:
    """In doubt, such as within the same second, it is."""
    return act.at is None or act.at >= pointer.made_at.replace(microsecond=0)


def _ask_owners(doubtful: Sequence[Involvement]) -> str:
    names = ", ".join(sorted(f"{row.authority_code} {row.reference}" for row in doubtful))
    return (
        "These records came under the new number while the two were linked, and only their owners know of which child "
        f"they are: {names}. Ask each owner to withdraw its record, and run the event again. Once it is done, the "
        "owners register them anew under the right number. Nothing was changed."
    )
