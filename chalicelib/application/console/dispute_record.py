"""Mark a record as disputed, or remove the mark. Every answer that shows the record shows the mark."""

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import NotFound, RecordUnreadable, Refused
from ...domain.retention import Schedule
from ...domain.values import Struct, replace
from ..own_records import read_live
from ..ports import Clock, InvolvementStore, NewId, Pseudonyms
from ..recorder import Recorder
from ..register_entries import Write
from ..retries import retry_on_conflict
from ..supersession import Supersession


class Dispute(Struct, frozen=True, kw_only=True):
    """The record to mark. `nhs_number`: if it is given, the record must be about that child."""

    authority_code: str
    reference: str
    disputed: bool
    nhs_number: NhsNumber | None = None


class DisputeRecord(Struct, frozen=True, kw_only=True):
    """The mark is sealed with the record's details, so it stays and ends with the record. The entry keeps the digest of
    the body that the owner sent, so a feed that sends the same body again writes nothing and the mark stays."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock
    new_id: NewId
    schedule: Schedule

    def __call__(self, dispute: Dispute, operator: Operator) -> bool:
        """Returns False if nothing had to change. Raises Refused or Unavailable."""
        try:
            return self._attempt(dispute, operator)
        except NotFound:
            raise Refused(
                "There is no such record: it was withdrawn or erased, has expired or never existed. "
                "Nothing was changed."
            ) from None
        except RecordUnreadable:
            raise Refused("The record is unreadable: ask its owner to send it again. Nothing was changed.") from None

    @retry_on_conflict
    def _attempt(self, dispute: Dispute, operator: Operator) -> bool:
        now, code = self.clock(), dispute.authority_code
        entry, involvement = read_live(self.involvements, code, dispute.reference, now)
        if dispute.nhs_number is not None:
            keys = self.supersession.keys_of(self.pseudonyms.child_key(dispute.nhs_number))
            if involvement.child not in keys.all:
                self._found_unchanged(keys.present, dispute, operator)
                raise Refused("That record is about another child. Nothing was changed.")
        if involvement.details.disputed == dispute.disputed:
            self._found_unchanged(involvement.child, dispute, operator)
            return False
        version, details = self.new_id(), replace(involvement.details, disputed=dispute.disputed)
        access_record = self.recorder.make_change(
            Act.DISPUTED if dispute.disputed else Act.DISPUTE_CLEARED,
            operator,
            involvement.child,
            version,
            authority_code=code,
            reference=dispute.reference,
        )
        write = Write(
            involvement=replace(involvement, version=version, details=details),
            due_on=now.date()
            if entry.undecided_on
            else self.schedule.due_on(details, involvement.expires_at, now.date()),
            digest=entry.digest,
            before=entry,
            access_records=(access_record,),
            undecided_on=entry.undecided_on,
            trace_number_on=entry.trace_number_on,
        )
        self.involvements.save(write)
        return True

    def _found_unchanged(self, child: ChildKey, dispute: Dispute, operator: Operator) -> None:
        """Recorded although nothing changes, because the operator learns whether the record is about that child."""
        self.recorder.write(
            Act.FOUND_UNCHANGED, operator, child, authority_code=dispute.authority_code, reference=dispute.reference
        )
