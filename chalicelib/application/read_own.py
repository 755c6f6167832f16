"""Read one of the caller's own records with all its details. The access record is written first."""

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.involvement import Involvement
from ..domain.values import Struct
from .own_records import read_live_with_retries
from .ports import Clock, InvolvementStore
from .recorder import Recorder


class ReadOwn(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock

    def __call__(self, reference: str, caller: Caller) -> Involvement:
        """Raises Forbidden, NotFound, RecordUnreadable or Unavailable."""
        caller.require(Scope.REGISTER)
        now = self.clock()
        entry, involvement = read_live_with_retries(self.involvements, caller.authority.code, reference, now)
        self.recorder.write(Act.READ, caller, entry.child, reference=reference, version=involvement.version)
        return involvement
