"""Undo a supersede that was made by mistake: the old number and the new one are two children again."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.disclosure import ChildRecords
from ...domain.errors import Refused
from ...domain.involvement import Involvement
from ...domain.proposals import Work
from ...domain.values import Struct
from ..ports import AccessHistory, Clock, InvolvementStore, PastAct, Pseudonyms
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..store_errors import Unreadable
from ..supersession import ChildKeys, Pointer, Supersession
from .ports import Shields
from .proposals import Proposals, Proposed
from .tracing import unmark_for_tracing


class _Linked(Struct, frozen=True):
    """What leads from the old number to the new one, and the acts under the old one."""

    pointer: Pointer
    keys: ChildKeys
    acts: Sequence[PastAct]


class UndoSupersede(Struct, frozen=True, kw_only=True):
    """A record is stored under the number that its owner sent, so nearly all of them are where they belong as soon as
    the link is gone. In doubt are those under the new number that came from the old one, or were first registered,
    since the two were linked, and those whose owner last sent a former number: only their owners know of which child
    they are. The function refuses until they are withdrawn."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    shields: Shields
    history: AccessHistory
    recorder: Recorder
    clock: Clock
    proposals: Proposals

    def propose(self, old: NhsNumber, new: NhsNumber, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        of_old, of_new = self.pseudonyms.child_key(old), self.pseudonyms.child_key(new)
        others = len(self._linked(of_old, of_new, operator).keys.former) - 1
        would = (
            "After this, a lookup under either number shows only the records under that number. What lookups, notices "
            f"and reports have shown meanwhile cannot be taken back. Other former numbers of the new one: {others}. "
            "They stay linked to it. Undo each that belongs to the old number's child, and supersede it by the old "
            "number."
        )
        return self.proposals.propose(_work(of_old, of_new), would, operator)

    def __call__(self, old: NhsNumber, new: NhsNumber, code: str, operator: Operator) -> None:
        """`code`: that of the proposal. Raises Refused, AlreadyCarriedOut or Unavailable."""
        of_old, of_new = self.pseudonyms.child_key(old), self.pseudonyms.child_key(new)
        work = _work(of_old, of_new)
        proposal = self.proposals.check(work, code, operator)
        self._undo(of_old, of_new, operator)
        self.proposals.finish(work, proposal, operator)

    @retry_on_conflict
    def _undo(self, old: ChildKey, new: ChildKey, operator: Operator) -> None:
        linked = self._linked(old, new, operator)
        make = self.recorder.make
        access_records = [
            make(Act.SUPERSEDE_UNDONE, operator, old, present=new, version=linked.pointer.version),
            make(Act.SUPERSEDE_UNDONE, operator, new, version=linked.keys.version),
        ]
        # A number that was retired before is no longer in use after the undo either.
        if any(act.act == Act.NUMBER_RETIRED for act in linked.acts):
            access_records.append(make(Act.NUMBER_RETIRED, operator, old))
            self.supersession.undo(old, linked.pointer, linked.keys, access_records, retired=True)
        else:
            self.supersession.undo(old, linked.pointer, linked.keys, access_records)
            unmark_for_tracing(self.involvements, old, self.clock())

    def _linked(self, old: ChildKey, new: ChildKey, operator: Operator) -> _Linked:
        """Raises Refused unless the link can be undone now."""
        pointer, keys = self.supersession.pointer(old), self.supersession.keys_of(new)
        try:
            if pointer is None or old == new or pointer.leads_to != new or keys.present != new:
                raise Refused("The old number is not superseded by the new one. Nothing was changed.")
            self._check_shields(keys)
            records = self.involvements.of_child(old, frozenset())
            # Read after the records, so that it has the act by which each of them came.
            acts = self.history.acts_of(old)
            self._check_records(records, acts, old, keys)
        except Refused:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, old)
            raise
        return _Linked(pointer, keys, acts)

    def _check_shields(self, keys: ChildKeys) -> None:
        """A shield covers every number of the child. Afterwards it covers only the number that it is stored under."""
        shielded = {self.shields.exists(key) for key in keys.all}
        if len(shielded) > 1:
            raise Refused(
                "A shield is stored under one of the numbers only, and would no longer cover the other. Shield every "
                "number with shield_child, or lift the shield, and run the event again. Nothing was changed."
            )

    def _check_records(
        self, records: ChildRecords, acts_of_old: Sequence[PastAct], old: ChildKey, keys: ChildKeys
    ) -> None:
        now = self.clock()
        if records.unreadable:
            raise Refused(
                "A record under one of the numbers does not open, so nobody can say of which child it is. Have it "
                "repaired first. Nothing was changed."
            )
        since = _linked_since(acts_of_old)
        acts = [act for act in acts_of_old if act.act == Act.RENUMBERED]
        for key in keys.all:
            if key == old:
                continue
            of_key = self.history.acts_of(key)
            # Only such a number can have been the present one of the old number's child.
            if any(act.act == Act.SUPERSEDES for act in of_key):
                acts += [act for act in of_key if act.act == Act.REGISTERED and _is_since(act, since)]
        in_doubt = {(act.authority_code, act.reference) for act in acts}
        doubtful = [
            row
            for row in records.involvements
            if row.child != old
            and row.is_live(now)
            and (
                (row.authority_code, row.reference) in in_doubt
                or (row.child == keys.present and self._was_sent_under_old_number(row))
            )
        ]
        if doubtful:
            raise Refused(_ask_owners(doubtful))

    def _was_sent_under_old_number(self, row: Involvement) -> bool:
        """True if its owner last sent a number that must be traced anew, though the record is under the present one."""
        try:
            entry = self.involvements.entry(row.authority_code, row.reference)
        except Unreadable:
            return True
        return entry is not None and entry.child == row.child and entry.trace_number_on is not None


def _work(old: ChildKey, new: ChildKey) -> Work:
    return Work(function="undo_supersede", content=(old, new), child=old)


def _linked_since(acts_of_old: Sequence[PastAct]) -> datetime | None:
    """When the old number was first superseded since the last undo. A later supersede of the new number writes the
    pointer again, so its own version does not say. None if an access record has no readable time."""
    acts = [act for act in acts_of_old if act.act in (Act.SUPERSEDED, Act.SUPERSEDE_UNDONE)]
    times = [act.at for act in acts if act.at is not None]
    if len(times) < len(acts):
        return None
    undone = [act.at for act in acts if act.at is not None and act.act == Act.SUPERSEDE_UNDONE]
    after = max(undone, default=datetime.min.replace(tzinfo=UTC))
    return min((at for at in times if at >= after), default=None)


def _is_since(act: PastAct, since: datetime | None) -> bool:
    """In doubt, such as within the same second, it is."""
    return act.at is None or since is None or act.at >= since


def _ask_owners(doubtful: Sequence[Involvement]) -> str:
    names = ", ".join(sorted(f"{row.authority_code} {row.reference}" for row in doubtful))
    return (
        "These records came under the new number while the two were linked, and only their owners know of which child "
        f"they are: {names}. Ask each owner to withdraw its record, and run the event again. Once it is done, the "
        "owners register them anew under the right number. Nothing was changed."
    )
