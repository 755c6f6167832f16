"""Who has looked up the child of one of the caller's involvements. That too is recorded before it leaves."""

from ..domain.access_records import Act, ActRecord, latest
from ..domain.authority import Caller, Scope
from ..domain.errors import AccessesWithheld
from ..domain.lookup_visibility import Accesses, may_be_told, may_know_of_lookups, told
from ..domain.values import Struct
from .conflicts import until_settled
from .own_records import read_live
from .ports import AccessLog, Clock, InvolvementStore, NewId, Registry, Supersession

LATEST = 25


class ReadAccesses(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    access_log: AccessLog
    supersession: Supersession
    registry: Registry
    clock: Clock
    new_id: NewId

    def __call__(self, reference: str, caller: Caller) -> Accesses:
        """The last 25 lookups, newest first.

        Raises Forbidden, NotFound, RecordUnreadable or Unavailable. AccessesWithheld does not say which rule
        withholds them: whether a child is shielded is nothing to find out here.
        """
        caller.require(Scope.ACCESSES)
        now = self.clock()
        entry, own = until_settled(lambda: read_live(self.involvements, caller.authority.code, reference, now))
        registry = self.registry.view()
        records = self.involvements.of_child(entry.child, registry.removed)
        if not (may_know_of_lookups(caller.authority) and may_be_told(own, records, now.date())):
            raise AccessesWithheld
        # A lookup is recorded under the number that was asked for, an old or a new one.
        keys = self.supersession.keys_of(entry.child)
        past = latest([self.access_log.latest_lookups(key, LATEST) for key in keys.all], LATEST)
        accesses = told(past, own, records, registry.authorities, now)
        record = ActRecord(
            id=self.new_id(),
            at=now,
            child=entry.child,
            actor=caller,
            act=Act.ACCESSES_READ,
            reference=reference,
            version=own.version,
        )
        self.access_log.append_act(record)
        return accesses
