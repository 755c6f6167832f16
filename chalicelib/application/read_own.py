"""Read one of the caller's own records, whole. That is recorded before it leaves."""

from ..domain.access_records import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.involvement import Involvement
from ..domain.values import Struct
from .conflicts import until_settled
from .own_records import read_live
from .ports import AccessLog, Clock, InvolvementStore, NewId


class ReadOwn(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, reference: str, caller: Caller) -> Involvement:
        """Raises Forbidden, NotFound, RecordUnreadable or Unavailable."""
        caller.require(Scope.REGISTER)
        now = self.clock()
        entry, involvement = until_settled(lambda: read_live(self.involvements, caller.authority.code, reference, now))
        record = ActRecord(
            id=self.new_id(),
            at=now,
            child=entry.child,
            actor=caller,
            act=Act.READ,
            reference=reference,
            version=involvement.version,
        )
        self.access_log.append_act(record)
        return involvement
