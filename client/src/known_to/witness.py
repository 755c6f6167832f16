"""Verifies as a witness that today's history contains every checkpoint that was seen before."""

import time

from .answers import Checkpoint, HistoryProof
from .client import Client
from .errors import HistoryDiffers, Unreachable
from .history import Recorded, check_contains, check_lookup, check_signature
from .witness_file import Witness

_MOST_READS = 2000
"""Many more than a witness file holds: so many are needed only if the service shows ever newer checkpoints."""
_MOST_SECONDS = 1800
"""Otherwise a slow service could put the result off for days."""


class Verification:
    """`expected_key`: the id of the only key that may sign. None trusts the first one that the service shows."""

    def __init__(self, client: Client, witness: Witness, expected_key: str | None) -> None:
        self._client = client
        self._witness = witness
        self._key_id = expected_key or witness.key_id
        self._latest: HistoryProof | None = None
        self._waiting: list[Checkpoint] = []
        self._ends_at = time.monotonic() + _MOST_SECONDS

    def lookup(self, lookup_id: str) -> Recorded:
        """Raises HistoryDiffers, or what the client raises."""
        proof = self._client.lookup_proof(lookup_id)
        recorded = check_lookup(lookup_id, proof)
        self._waiting.append(proof.checkpoint)
        return recorded

    def history(self) -> Checkpoint:
        """Returns the latest checkpoint. Its history contains every checkpoint that was seen. Raises HistoryDiffers, or
        what the client raises."""
        self._take(self._client.history())
        # The kept ones come first: a service that shows ever newer ones must not put them off.
        self._waiting = [*self._witness.everything, *self._waiting]
        done: list[Checkpoint] = []
        # A minute may be closed between two reads. Then the checkpoint that was the latest must be contained too.
        while self._waiting:
            seen = self._waiting.pop(0)
            if seen in done:
                continue
            if len(done) == _MOST_READS:
                raise HistoryDiffers(
                    "THE VERIFICATION DID NOT END: this service showed a new checkpoint with almost every answer. It "
                    "closes one a minute. Keep the witness file, and report this to the operator."
                )
            if time.monotonic() > self._ends_at:
                raise Unreachable("The service answers too slowly to verify its history. Nothing is proved. Try again.")
            done.append(seen)
            self._check(seen)
        return self._known().checkpoint

    def _check(self, seen: Checkpoint) -> None:
        latest = self._known()
        check_signature(seen, latest.public_key)
        if seen == latest.checkpoint:
            return
        proof = self._client.history(seen.number)
        self._take(proof)
        check_contains(seen, proof)

    def _take(self, proof: HistoryProof) -> None:
        """Makes the proof's checkpoint the latest. Its history must contain the one before too."""
        key_id = self._key_id or proof.checkpoint.key_id
        if proof.checkpoint.key_id != key_id:
            raise HistoryDiffers(
                "THE KEY OF THE HISTORY HAS CHANGED. Ask the operator why, but not through this service. "
                f"Known to you: {key_id}. Shown now: {proof.checkpoint.key_id}."
            )
        self._key_id = key_id
        check_signature(proof.checkpoint, proof.public_key)
        before = self._latest
        if before is not None and before.checkpoint != proof.checkpoint:
            self._waiting.append(before.checkpoint)
        self._latest = proof

    def _known(self) -> HistoryProof:
        assert self._latest is not None
        return self._latest
