"""Maps AWS errors to ours, here and nowhere else. The text of an AWS error never leaves this module."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..domain.errors import Unavailable
from .telemetry import meter

# The SDK retries a throttled call. It does not retry a transaction that was cancelled because one item was throttled.
_CONFLICTS = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
_REFUSALS = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})


class ConditionRefused(Exception):
    """A condition did not hold. `found` is the item that was stored, or None if there was none."""

    def __init__(self, found: dict[str, Any] | None) -> None:
        super().__init__()
        self.found = found


class Contended(Exception):
    """A transaction conflicted with another one, or met a throttled item. It is safe to try the same one again."""


@contextmanager
def aws_errors(service: str) -> Iterator[None]:
    """Raises ConditionRefused, Contended or Unavailable in place of any AWS error, and counts each Unavailable."""
    try:
        yield
    except ClientError as error:
        codes = _codes(error)
        if codes & _CONFLICTS:
            raise Contended from None
        if codes & _REFUSALS:
            raise ConditionRefused(_found(error)) from None
        meter(f"{service}Failures")
        raise Unavailable from None
    except BotoCoreError:
        meter(f"{service}Failures")
        raise Unavailable from None


def _codes(error: ClientError) -> set[str]:
    reasons = error.response.get("CancellationReasons", [])
    return {error.response["Error"]["Code"], *(reason.get("Code", "None") for reason in reasons)}


def _found(error: ClientError) -> dict[str, Any] | None:
    if "Item" in error.response:
        return dict(error.response["Item"])
    for reason in error.response.get("CancellationReasons", []):
        if reason.get("Code") in _REFUSALS:
            found: dict[str, Any] | None = reason.get("Item")
            return found
    return None
