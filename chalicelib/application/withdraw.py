"""Withdraw a record that was registered in error. Succeeds even if the record is already gone."""

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.errors import RecordUnreadable
from ..domain.values import Struct
from .own_records import check_version, is_row_lost
from .ports import Clock, InvolvementStore, Meter, Usage
from .recorder import Recorder
from .retries import retry_on_conflict
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
        self._attempt(reference, caller, if_match)
        self.usage.wrote(caller.authority.code)

    @retry_on_conflict
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
        row_is_lost = is_row_lost(self.involvements, authority, entry)
        access_record = self.recorder.make(
            Act.WITHDRAWN, caller, entry.child, reference=reference, version=entry.version
        )
        self.involvements.withdraw(authority, entry, access_record, row_is_lost=row_is_lost)
        self.meter("Withdrawals")
