"""Record whether whoever rang about an answer entry reached somebody. The access record is all that is written here:
`unattended/count_outcome.py` counts it for the owner."""

from datetime import date

from ..domain.access_records import FoundLookup
from ..domain.authority import Caller, Scope
from ..domain.errors import NotFound, OutcomeRecorded, SystemMayNotLookUp, TooLate
from ..domain.outcomes import RECORDED_WITHIN, ContactOutcome, EntryOutcome
from ..domain.values import Struct
from .ports import AccessLog, Clock, FoundLookups, Meter
from .recorder import Recorder
from .store_errors import Unreadable


class RecordOutcome(Struct, frozen=True, kw_only=True):
    lookups: FoundLookups
    access_log: AccessLog
    recorder: Recorder
    clock: Clock
    meter: Meter

    def __call__(self, lookup_id: str, days: tuple[date, ...], outcome: EntryOutcome, caller: Caller) -> bool:
        """`days`: on which the lookup may have been made. Returns False if the same outcome was recorded before.

        Raises Forbidden, NotFound, TooLate, OutcomeRecorded or Unavailable. Nothing here depends on what is registered
        or shielded now, so the answer shows no more than the lookup did.
        """
        caller.require(Scope.LOOKUP)
        if caller.is_system:
            raise SystemMayNotLookUp
        lookup = self._find(lookup_id, days, caller)
        if lookup is None or lookup.shown_in_full(outcome.entry) is None:
            raise NotFound
        if self.clock() - lookup.at > RECORDED_WITHIN:
            raise TooLate
        recorded = self.access_log.append_outcome(self.recorder.make_outcome(lookup, outcome, caller))
        if recorded is not None and recorded != outcome:
            raise OutcomeRecorded
        if recorded is None:
            reached = outcome.outcome is ContactOutcome.REACHED
            self.meter("OutcomesReached" if reached else "OutcomesNotReached")
        return recorded is None

    def _find(self, lookup_id: str, days: tuple[date, ...], caller: Caller) -> FoundLookup | None:
        try:
            return self.lookups.find(caller.authority.code, days, lookup_id)
        except Unreadable:
            return None
