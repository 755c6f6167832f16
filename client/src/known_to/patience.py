"""How long to wait before the next try. All calls may be repeated: the same reference makes that safe."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """`attempts` in all, each of which waits `reply_within_seconds`.

    A `Retry-After` beyond `longest_wait_seconds` is not waited for, but handed to the caller.
    """

    attempts: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30
    reply_within_seconds: float = 30

    def wait_seconds(self, failures: int, retry_after: float | None) -> float | None:
        """Seconds to wait after so many failures, None to give up. Jittered, so that callers come apart."""
        if failures >= self.attempts or (retry_after or 0) > self.longest_wait_seconds:
            return None
        spread = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (failures - 1))
        return (retry_after or 0) + random.uniform(0, spread)  # noqa: S311 - spreads load, hides nothing


FOR_A_FEED = Patience(attempts=11, longest_wait_seconds=300)
"""Nobody waits at night: minutes, before a person has to look."""
FOR_A_PERSON = Patience(attempts=3, longest_wait_seconds=5, reply_within_seconds=10)
"""Somebody waits for the answer of a lookup, and has a duty team to ring."""
FOR_A_WATCH = Patience(attempts=2, first_wait_seconds=1)
"""Who follows the notices hears of an outage soon, and goes on."""
