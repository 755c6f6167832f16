"""Prove to an authority that one of its lookups is in the history, as it was recorded."""

from datetime import date

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.errors import NotFound, NotInHistory, NotSealedYet
from ..domain.history import LookupProof
from ..domain.values import Struct
from .ports import Clock, HistoryProofs, Meter, SealedLookups
from .recorder import Recorder


class ProveLookup(Struct, frozen=True, kw_only=True):
    lookups: SealedLookups
    proofs: HistoryProofs
    recorder: Recorder
    clock: Clock
    meter: Meter

    def __call__(self, lookup_id: str, days: tuple[date, ...], caller: Caller) -> LookupProof:
        """`days`: on which the lookup may have been made.

        Raises Forbidden, NotFound, NotSealedYet, NotInHistory or Unavailable. Only the asking authority gets a proof.
        """
        caller.require(Scope.LOOKUP)
        lookup = self.lookups.find(caller.authority.code, days, lookup_id)
        if lookup is None:
            raise NotFound
        leaf = lookup.leaf.hash
        place = self.proofs.places({leaf: lookup.at}).get(leaf)
        if place is None and lookup.is_due(self.clock()):
            self.meter("LeavesMissing")
            raise NotInHistory
        latest = None if place is None else self.proofs.latest()
        if place is None or latest is None:
            raise NotSealedYet
        proof = LookupProof(lookup.leaf, place, latest, self.proofs.inclusion(place.minute, latest))
        self.recorder.write(Act.PROOF_READ, caller, reference=lookup_id)
        return proof
