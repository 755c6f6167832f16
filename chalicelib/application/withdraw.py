"""Withdraw a record made in error. Repeatable: what is not there is withdrawn."""

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.errors import RecordUnreadable
from ..domain.values import Struct
from .conflicts import until_settled
from .own_records import check_row_stands, check_version
from .ports import Clock, InvolvementStore, Meter, Usage
from .recorder import Recorder
from .store_errors import Unreadable


class Withdraw(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    usage: Usage
    clock: Clock
    recorder: Recorder
    meter: Meter

    def __call__(self, reference: str, caller: Caller, if_match: str | None = None) -> None:
        """Raises Forbidden, VersionMismatch, RecordUnreadable or Unavailable."""
        caller.require(Scope.REGISTER)
        until_settled(lambda: self._attempt(reference, caller, if_match))
        self.usage.wrote(caller.authority.code)

    def _attempt(self, reference: str, caller: Caller, if_match: str | None) -> None:
        now = self.clock()
        authority = caller.authority.code
        try:
            entry = self.involvements.entry(authority, reference)
        except Unreadable:
            raise RecordUnreadable from None
        if entry is None or entry.erased:
            return
        if entry.is_live(now):
            check_version(entry, if_match, now)
        check_row_stands(self.involvements, authority, entry)
        record = self.recorder.make(Act.WITHDRAWN, caller, entry.child, reference=reference, version=entry.version)
        self.involvements.withdraw(authority, entry, record)
        self.meter("Withdrawals")
