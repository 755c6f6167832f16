"""Read who has looked up the child of one of the caller's involvements. The access record is written first."""

from ..domain.access_records import Act, latest
from ..domain.authority import Caller, Scope
from ..domain.errors import AccessesWithheld
from ..domain.hiding import HiddenLookup
from ..domain.lookup_visibility import Accesses, may_see_lookups, owner_may_see_lookups, visible_lookups
from ..domain.values import Struct
from .hidden_lookups import HiddenLookups
from .own_records import read_live_with_retries
from .ports import AccessLog, Clock, InvolvementStore, Registry
from .recorder import Recorder
from .supersession import Supersession

LATEST = 25
"""How many lookups a caller can see."""


class ReadAccesses(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    access_log: AccessLog
    supersession: Supersession
    hidden_lookups: HiddenLookups
    registry: Registry
    clock: Clock
    recorder: Recorder

    def __call__(self, reference: str, caller: Caller) -> Accesses:
        """The latest lookups, newest first.

        Raises Forbidden, NotFound, RecordUnreadable or Unavailable. AccessesWithheld does not depend on
        whether the child is shielded.
        """
        caller.require(Scope.ACCESSES)
        now = self.clock()
        entry, own = read_live_with_retries(self.involvements, caller.authority.code, reference, now)
        registry = self.registry.view()
        records = self.involvements.of_child(entry.child, registry.removed)
        if not (may_see_lookups(caller.authority) and owner_may_see_lookups(own, now.date())):
            raise AccessesWithheld
        # The access record of a lookup is stored under the number that the asker sent, an old or a new one.
        keys = self.supersession.keys_of(entry.child)
        past = latest([self.access_log.latest_lookups(key, LATEST, records.shielded_since) for key in keys.all], LATEST)
        hidden = [
            HiddenLookup(id=one.id, at=one.at, authority_code=one.authority_code, behind=one.behind)
            for one in past.lookups
            if one.sensitive
        ]
        named = self.hidden_lookups.named(entry.child, hidden)
        accesses = visible_lookups(past, own, records, registry.authorities, now, named=named)
        self.recorder.write(Act.ACCESSES_READ, caller, entry.child, reference=reference, version=own.version)
        return accesses
