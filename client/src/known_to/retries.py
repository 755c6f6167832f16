"""How often a call is tried, and how long to wait between tries.

Every call may be repeated: an involvement has a reference, so sending it again does not register it twice.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` tries. Each must be over in `reply_within_seconds`, from finding the address to the last byte.

    All tries and waits together are over in `done_within_seconds`. If `Retry-After` asks for more than
    `longest_wait_seconds`, or for more than is left, the call is not tried again: its error goes to the caller.
    """

    attempts: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30
    reply_within_seconds: float = 30
    done_within_seconds: float = 120

    def wait_seconds(self, failures: int, retry_after: float | None) -> float | None:
        """Seconds to wait after that many failures, or None to give up.

        The wait is random, so that callers who failed together do not return together.
        """
        if failures >= self.attempts or (retry_after or 0) > self.longest_wait_seconds:
            return None
        spread = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (failures - 1))
        return (retry_after or 0) + random.uniform(0, spread)  # noqa: S311 - spreads load, protects no secret


FEED_RETRIES = RetryPolicy(attempts=11, longest_wait_seconds=300, done_within_seconds=1800)
"""A feed runs at night, when nobody waits for it. It keeps trying for minutes before a person has to look."""
LOOKUP_RETRIES = RetryPolicy(attempts=3, longest_wait_seconds=5, reply_within_seconds=10, done_within_seconds=30)
"""A person waits for the answer of a lookup, and can ring the duty team instead."""
FOLLOW_RETRIES = RetryPolicy(attempts=2, first_wait_seconds=1)
"""`notices --follow` soon reports an outage, and then goes on trying."""
