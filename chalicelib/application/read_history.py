"""Prove to a witness that the history of today contains the checkpoint that it saw."""

from ..domain.authority import Caller, Scope
from ..domain.errors import NotSealedYet
from ..domain.history import HistoryProof
from ..domain.values import Struct
from .ports import HistoryProofs


class ReadHistory(Struct, frozen=True, kw_only=True):
    proofs: HistoryProofs

    def __call__(self, number: int | None, caller: Caller) -> HistoryProof:
        """`number`: of the checkpoint that the witness saw. Without it, only the latest one is read.

        Raises Forbidden, NotSealedYet or Unavailable. It reads nothing about anybody, so it leaves no access record.
        """
        caller.require(Scope.LOOKUP)
        latest = self.proofs.latest()
        if latest is None:
            raise NotSealedYet
        proof = () if number is None else self.proofs.consistency(number, latest)
        return HistoryProof(latest, proof, self.proofs.public_key(latest.key_id))
