"""The receipt of a write, which says what is on record now."""

from datetime import date, datetime

from ..domain.values import Struct
from .register_entries import RegisterEntry, Write


class Receipt(Struct, frozen=True, kw_only=True):
    """The state of a record after a write.

    `created`: no live record had the reference before.
    `trace_number`: the number that was sent is no longer in use, and its present one should be sent.
    """

    reference: str
    version: str
    confirmed_on: date
    expires_at: datetime
    created: bool = False
    trace_number: bool = False


def unchanged_receipt(entry: RegisterEntry) -> Receipt:
    """The receipt of a record that stays as it is."""
    return Receipt(
        reference=entry.reference,
        version=entry.version,
        confirmed_on=entry.confirmed_on,
        expires_at=entry.expires_at,
        trace_number=entry.trace_number_on is not None,
    )


def receipt_of(write: Write) -> Receipt:
    """The receipt of a record as it was written."""
    involvement = write.involvement
    return Receipt(
        reference=involvement.reference,
        version=involvement.version,
        confirmed_on=involvement.details.confirmed_on,
        expires_at=involvement.expires_at,
        trace_number=write.trace_number_on is not None,
    )
