"""Puts right a record whose NHS number was a slip: withdraws it and registers its row anew.

A PUT of another child's number is refused, because only a person knows whether it is a slip.
"""

from dataclasses import dataclass

from .answers import OwnInvolvement, Receipt
from .client import Client
from .errors import Conflict, FieldError, InvalidRequest, NotFound, UnreadableFile, VersionMismatch
from .feed_file import FeedFile, Survey
from .feed_rows import Row


@dataclass(frozen=True, slots=True, repr=False)
class Correction:
    """`on_record` is None if the record is withdrawn already, because an earlier run was cut off."""

    row: Row
    on_record: OwnInvolvement | None

    def withdraw(self, client: Client) -> None:
        """Raises Conflict if somebody has changed the record since it was read, and what the client raises."""
        if self.on_record is None:
            return
        try:
            client.withdraw(self.on_record.reference, self.on_record.version)
        except VersionMismatch as error:
            raise Conflict(
                error.code,
                error.status,
                "The record has changed since it was read",
                "Nothing was withdrawn. Run the same command again, and look at it anew.",
                correlation_id=error.correlation_id,
            ) from None

    def register(self, client: Client) -> Receipt:
        record = {name: value for name, value in self.row.record.items() if name != "reference"}
        return client.register(str(self.row.reference), record)


def row_of(feed: FeedFile, survey: Survey, reference: str) -> Row:
    """Raises UnreadableFile if no row has the reference, or InvalidRequest if the row cannot be sent as it is."""
    row = next((one for one in feed.rows(survey) if one.reference == reference), None)
    if row is None:
        raise UnreadableFile(f"No row of {feed.path.name} has this reference.")
    if row.errors:
        detail = f"Row {row.number} cannot be sent as it is. Correct it first."
        errors = tuple(FieldError(survey.title(one.field), one.problem) for one in row.errors)
        raise InvalidRequest("invalid_request", 400, "Nothing was changed", detail, errors=errors)
    return row


def plan(client: Client, row: Row) -> Correction:
    """Reads what is on record. Raises what the client raises."""
    try:
        return Correction(row, client.read_own(str(row.reference)))
    except NotFound:
        return Correction(row, None)
